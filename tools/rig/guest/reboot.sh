# reboot: a file system and its checksums survive a reboot by the guest and a system reset by QEMU, in one QEMU process.
# The disk must be blank at first. The phase is on the disk itself: the guest has no other memory. Boots three times.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

if ! mount -t ext4 -o ro "$disk" /mnt 2>/dev/null; then
  [ "$(dd if="$disk" bs=1M count=64 iflag=direct 2>/dev/null | tr -d '\0' | head -c 1 | wc -c)" = 0 ] ||
    fail "no file system on $disk, but it is not blank either: what was there before the reboot is damaged"
  step "first boot: write"
  show mkfs.ext4 -q -F "$disk"
  show mount -t ext4 "$disk" /mnt
  make_tree /mnt/tree
  sums /mnt/tree /tmp/sums
  cp /tmp/sums /mnt/sums
  echo 2 >/mnt/phase
  show umount /mnt
  kernel_log_holds_only
  note "written"
  step "reboot -f"
  reboot -f
  sleep 60
  fail "reboot -f did nothing"
fi

phase=$(cat /mnt/phase)
step "boot $phase: check"
cp /mnt/sums /tmp/sums
sums_hold /mnt/tree /tmp/sums
show umount /mnt
show e2fsck -f -n "$disk"
kernel_log_holds_only 'EXT4-fs \(nvme0n1\): mounted filesystem [0-9a-f-]+ ro with ordered data mode'
if [ "$phase" = 2 ]; then
  mount -t ext4 "$disk" /mnt
  echo 3 >/mnt/phase
  umount /mnt
  sync
  note "checked after reboot -f"
  step "system_reset"
  request system_reset
  sleep 60
  fail "system_reset did nothing"
fi
expect "the last phase" "$phase" 3
