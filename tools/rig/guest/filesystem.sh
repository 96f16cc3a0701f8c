# filesystem: ext4 on the SSD - make, mount, copy a tree, read it back past the cache, unmount, check.
# It leaves the file system behind. It does not write beside a file system: fio-verify does.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

step "make and mount"
show mkfs.ext4 -q -F "$disk"
show mount -t ext4 "$disk" /mnt

step "copy a tree"
make_tree /tmp/tree
sums /tmp/tree /tmp/sums
show cp -a /tmp/tree /mnt/
show sync
show df -h /mnt
drop_caches
sums_hold /mnt/tree /tmp/sums

step "unmount and check"
show umount /mnt
show e2fsck -f -n "$disk"

step "mount again, read again"
show mount -t ext4 "$disk" /mnt
sums_hold /mnt/tree /tmp/sums
show umount /mnt

kernel_log_holds_only
