# sudden-death-check: after the firmware died under sudden-death-write and was started anew: everything acknowledged as durable is there.
# Settings: RIG_DURABLE, the number of blocks that were acknowledged.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

step "$RIG_DURABLE acknowledged blocks"
number=0
while [ "$number" -lt "$RIG_DURABLE" ]; do
  number=$((number + 1))
  yes "block $number" | head -c 4096
done >/tmp/expected
dd if="$disk" of=/tmp/actual bs=4k skip=131073 count="$RIG_DURABLE" iflag=direct 2>/dev/null
cmp /tmp/expected /tmp/actual || fail "an acknowledged block is lost or damaged"
printf 'ok: all of them hold their number\n'

step "the file system"
# Mounting replays the journal, as after any power cut; then the check must find nothing.
show mount -t ext4 "$disk" /mnt
cp /mnt/sums /tmp/sums
sums_hold /mnt/tree /tmp/sums
show umount /mnt
show e2fsck -f -n "$disk"

kernel_log_holds_only 'EXT4-fs \(nvme0n1\): (recovery complete|[0-9]+ orphan inodes? deleted)'
