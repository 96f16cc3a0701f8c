# live-namespaces: a namespace comes, grows, is switched off and on, shrinks and goes under I/O on another, by changes in the firmware's directory.
# The host side makes each change when it is asked for by a note; the kernel has to find out by itself.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh
# shellcheck source=tools/rig/guest/under-io.sh
. /rig/under-io.sh

second=/dev/nvme0n2
sectors() { cat /sys/block/nvme0n2/size; }
has_sectors() { [ "$(sectors)" = "$1" ]; }
is_gone() { [ ! -e $second ]; }

step "before"
is_gone || fail "$second is there already"
begin_fio 1 4

step "a namespace comes"
note "live add"
wait_until 60 "$second" test -b $second
expect "its size in sectors" "$(sectors)" 131072
show dd if=/dev/urandom of=/tmp/data bs=1M count=8
show dd if=/tmp/data of=$second bs=1M oflag=direct conv=fsync

progress "the new namespace"

step "it grows"
note "live grow"
wait_until 60 "the larger size" has_sectors 262144
show dd if=/tmp/data of=$second bs=1M seek=100 oflag=direct conv=fsync

progress "the growth"

step "it goes and comes again"
note "live disable"
wait_until 60 "its end" is_gone
note "live enable"
wait_until 60 "$second" test -b $second
data=$(sha256sum </tmp/data)
expect "the first 8 MiB" "$(dd if=$second bs=1M count=8 iflag=direct 2>/dev/null | sha256sum)" "$data"
expect "8 MiB beyond the old end" "$(dd if=$second bs=1M skip=100 count=8 iflag=direct 2>/dev/null | sha256sum)" "$data"

progress "the pause"

step "it shrinks"
note "live shrink"
wait_until 60 "the smaller size" has_sectors 65536
expect "the first 8 MiB" "$(dd if=$second bs=1M count=8 iflag=direct 2>/dev/null | sha256sum)" "$data"
show dd if=/tmp/data of=$second bs=1M seek=24 oflag=direct conv=fsync
expect "the last 8 MiB" "$(dd if=$second bs=1M skip=24 count=8 iflag=direct 2>/dev/null | sha256sum)" "$data"
# The kernel refuses what goes beyond; the device has to as well, whatever the kernel believes.
if dd if=/tmp/data of=$second bs=1M seek=31 oflag=direct >/tmp/dd 2>&1; then fail "a write beyond the end succeeded"; fi
grep -q 'No space left' /tmp/dd || { cat /tmp/dd; fail "a write beyond the end does not say that there is no space"; }
# refuses COMMAND LBA: 8 blocks from there.
refuses() {
  nvme "$1" $second --start-block="$2" --block-count=7 --data-size=4096 --data=/tmp/data >/tmp/refused 2>&1 && fail "nvme $1 at block $2 succeeded"
  grep -q 'LBA_RANGE\|LBA Out of Range' /tmp/refused || { cat /tmp/refused; fail "nvme $1 at block $2 does not name the range as the reason"; }
  printf 'ok: nvme %s at block %s is refused: %s\n' "$1" "$2" "$(head -n 1 /tmp/refused)"
}
refuses write 65536
refuses write 65529
refuses read 131072
show nvme write $second --start-block=65528 --block-count=7 --data-size=4096 --data=/tmp/data
progress "the shrinking"

step "it is removed"
note "live remove"
wait_until 60 "its end" is_gone
progress "the removal"
end_fio

kernel_log_holds_only 'nvme0n2: detected capacity change' 'nvme nvme[0-9]+: rescanning namespaces\.$'
