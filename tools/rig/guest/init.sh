#!/bin/busybox sh
# The guest's first process: mounts what Linux needs, runs /rig/script, reports its exit status on the second serial line, powers off.
# It asserts nothing itself.

export PATH=/usr/sbin:/usr/bin HOME=/
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /usr/bin 2>/dev/null
# Status lines are for a program, the console for a log: neither wants carriage returns.
stty -onlcr -echo </dev/ttyS1 2>/dev/null
stty -onlcr </dev/console 2>/dev/null
echo "RIG-BOOT" >/dev/ttyS1
modprobe -q -a nvme ext4 2>/dev/null

# shellcheck disable=SC1091  # made by boot.sh
. /rig/settings
sh -eu /rig/script </dev/null >/dev/console 2>&1
status=$?
# A shell killed by a signal says 128 and more; the rig keeps the numbers above 100 for itself.
[ "$status" -le 100 ] || status=100
sync
echo "RIG-EXIT $status" >/dev/ttyS1
poweroff -f
