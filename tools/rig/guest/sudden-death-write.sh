# sudden-death-write: writes without end, and tells the host side what has been acknowledged as durable, until the device dies.
# First half of the disk: a file system with a synced tree and a writer that never stops. From 512 MiB: numbered 4 KiB blocks, each written
# with O_DSYNC (Linux makes that FUA or a Flush) and then noted. sudden-death-check judges what is left.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

step "a synced tree"
show mkfs.ext4 -q -F "$disk" 400M
show mount -t ext4 "$disk" /mnt
make_tree /mnt/tree
sums /mnt/tree /tmp/sums
cp /tmp/sums /mnt/sums
show sync
note "synced"

step "writers until the end"
head -c 4194304 /dev/urandom >/tmp/noise
while :; do
  dd if=/tmp/noise of=/mnt/churn bs=64k conv=fsync 2>/dev/null
  rm -f /mnt/churn
done &
number=0
while :; do
  number=$((number + 1))
  # The number, repeated to a block.
  yes "block $number" | head -c 4096 >/tmp/block
  /usr/sbin/dd if=/tmp/block of="$disk" bs=4k seek=$((131072 + number)) oflag=direct,dsync conv=notrunc 2>/dev/null ||
    fail "block $number could not be written"
  note "durable $number"
done
