#!/bin/sh
# What building leaves behind and no machine needs. What belongs to the one machine that was built (keys, its id, its network)
# is taken out by image/seal.
set -eu
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache
rm -rf /tmp/weir /tmp/stage.tar /usr/sbin/policy-rc.d /etc/cron.daily/apt-compat /usr/share/doc-base
find /var/log -type f -delete
