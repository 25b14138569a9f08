#!/bin/sh
# The initramfs, made once from everything that is there now (hooks: /usr/share/initramfs-tools), and links to it and to the
# kernel under names that do not change.
set -eu
version=$(ls /usr/lib/modules | sort -V | tail -n 1)
depmod "$version"
rm -f /initrd.img* /vmlinuz* /boot/initrd.img-*
mkinitramfs -o "/boot/initrd.img-$version" "$version"
ln -sf "vmlinuz-$version" /boot/vmlinuz
ln -sf "initrd.img-$version" /boot/initrd.img
