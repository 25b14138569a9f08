#!/bin/sh
# weir on top of Debian: its files (image/rootfs), its users, its package, and which units start.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

tar -C / --no-overwrite-dir --keep-directory-symlink -xf /tmp/weir/rootfs.tar
systemd-sysusers
# No password anywhere: admin's comes from the document, root has none.
usermod --lock root
usermod --lock admin

dpkg --install /tmp/weir/weir.deb

# What a document takes the place of, for the way back to a machine without one (/usr/lib/weir/restore).
mkdir -p /usr/share/factory/etc/default
cp -a /etc/hostname /etc/localtime /usr/share/factory/etc
cp -a /etc/default/keyboard /usr/share/factory/etc/default

mkdir -p /data
ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
# What starts is said in one place: weir's preset file, which rootfs brings.
systemctl --quiet preset-all --preset-mode=full
systemctl --quiet set-default multi-user.target
