# live-namespaces: a namespace comes, grows, is switched off and goes while the guest runs, by changes in the firmware's directory.
# The host side makes each change when it is asked for by a note; the kernel has to find out by itself.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

second=/dev/nvme0n2
sectors() { cat /sys/block/nvme0n2/size; }
has_sectors() { [ "$(sectors)" = "$1" ]; }
is_gone() { [ ! -e $second ]; }

step "before"
is_gone || fail "$second is there already"

step "a namespace comes"
note "live add"
wait_until 60 "$second" test -b $second
expect "its size in sectors" "$(sectors)" 131072
show dd if=/dev/urandom of=/tmp/data bs=1M count=8
show dd if=/tmp/data of=$second bs=1M oflag=direct conv=fsync

step "it grows"
note "live grow"
wait_until 60 "the larger size" has_sectors 262144
show dd if=/tmp/data of=$second bs=1M seek=100 oflag=direct conv=fsync

step "it goes and comes again"
note "live disable"
wait_until 60 "its end" is_gone
note "live enable"
wait_until 60 "$second" test -b $second
data=$(sha256sum </tmp/data)
expect "the first 8 MiB" "$(dd if=$second bs=1M count=8 iflag=direct 2>/dev/null | sha256sum)" "$data"
expect "8 MiB beyond the old end" "$(dd if=$second bs=1M skip=100 count=8 iflag=direct 2>/dev/null | sha256sum)" "$data"

step "it is removed"
note "live remove"
wait_until 60 "its end" is_gone
show dd if="$disk" of=/dev/null bs=1M count=1 iflag=direct

kernel_log_holds_only 'nvme0n2: detected capacity change' 'nvme nvme[0-9]+: rescanning namespaces\.$'
