#!/bin/sh
# Debian's packages, with all security updates. Everything is fetched and installed in one go.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# What the appliance does.
serving='haproxy keepalived nftables nodejs socat'
# What it stands on: the network, time, names, logs, the console.
system='iproute2 ethtool systemd-resolved chrony rsyslog rsyslog-openssl tzdata openssh-server console-setup kbd bash-completion less login'
# What its disk needs.
disk='e2fsprogs systemd-repart'
# Firmware of network cards; dpkg.cfg keeps the rest of these packages out:
# ice's DDP package, Broadcom bnx2 and bnx2x, QLogic qed and NetXen, Chelsio, Netronome, LiquidIO, Myricom, Realtek.
firmware='firmware-intel-misc firmware-bnx2 firmware-bnx2x firmware-qlogic firmware-netxen firmware-misc-nonfree
  firmware-netronome firmware-cavium firmware-myricom firmware-realtek'

apt-get -q update
# shellcheck disable=SC2086 # lists of words
apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io --no-install-recommends --with-new-pkgs upgrade
# shellcheck disable=SC2086
apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io --no-install-recommends install $serving $system $disk $firmware
