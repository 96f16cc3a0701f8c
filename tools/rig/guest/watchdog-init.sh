#!/usr/bin/busybox sh
# The first process of the watchdog test: what BusyBox's init itself needs, then that init.
# shellcheck shell=busybox
export PATH=/usr/sbin:/usr/bin HOME=/
/usr/bin/busybox mount -t devtmpfs dev /dev
/usr/bin/busybox mount -t proc proc /proc
/usr/bin/busybox mount -t sysfs sys /sys
/usr/bin/busybox mount -t tmpfs tmp /tmp
/usr/bin/busybox --install -s /usr/bin 2>/dev/null
exec /usr/bin/busybox init
