# discard: Dataset Management and Write Zeroes by blkdiscard - what was discarded reads as zeros, its neighbours keep their data.
# It leaves the disk deallocated but for 2 MiB, so that the host side can see the space come back.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

mib=1048576

# at OFFSET LENGTH (MiB): the checksum of that part of the disk, past the cache.
at() { dd if="$disk" bs=1M skip="$1" count="$2" iflag=direct 2>/dev/null | sha256sum | cut -d ' ' -f 1; }
zeros() { dd if=/dev/zero bs=1M count="$1" 2>/dev/null | sha256sum | cut -d ' ' -f 1; }

step "fill 64 MiB"
show dd if=/dev/urandom of="$disk" bs=1M count=64 oflag=direct conv=notrunc
first=$(at 0 1)
last=$(at 63 1)
[ "$(at 8 16)" != "$(zeros 16)" ] || fail "the fill reads as zeros"
note "filled"

step "discard"
# Bits 2:0 of DLFEAT say what deallocated blocks read as: 001b is zeros.
expect "DLFEAT, deallocated blocks read as" "$(($(nvme id-ns "$disk" | field dlfeat) & 7))" 1
show /usr/sbin/blkdiscard --verbose --offset $((8 * mib)) --length $((16 * mib)) "$disk"
expect "the discarded 16 MiB" "$(at 8 16)" "$(zeros 16)"

step "a range that begins and ends inside a 4 KiB block"
before=$(dd if="$disk" bs=512 skip=65537 count=1 iflag=direct 2>/dev/null | sha256sum)
after=$(dd if="$disk" bs=512 skip=65555 count=1 iflag=direct 2>/dev/null | sha256sum)
show /usr/sbin/blkdiscard --verbose --offset $((65538 * 512)) --length $((17 * 512)) "$disk"
expect "the 17 sectors" "$(dd if="$disk" bs=512 skip=65538 count=17 iflag=direct 2>/dev/null | sha256sum)" \
  "$(dd if=/dev/zero bs=512 count=17 2>/dev/null | sha256sum)"
expect "the sector before" "$(dd if="$disk" bs=512 skip=65537 count=1 iflag=direct 2>/dev/null | sha256sum)" "$before"
expect "the sector after" "$(dd if="$disk" bs=512 skip=65555 count=1 iflag=direct 2>/dev/null | sha256sum)" "$after"

step "write zeroes"
show /usr/sbin/blkdiscard --zeroout --verbose --offset $((40 * mib)) --length $((8 * mib)) "$disk"
expect "the zeroed 8 MiB" "$(at 40 8)" "$(zeros 8)"

step "neighbours"
expect "the first MiB" "$(at 0 1)" "$first"
expect "the last MiB" "$(at 63 1)" "$last"

step "discard the rest"
show /usr/sbin/blkdiscard --verbose --offset $mib --length $((62 * mib)) "$disk"
expect "62 MiB" "$(at 1 62)" "$(zeros 62)"
expect "the first MiB" "$(at 0 1)" "$first"
expect "the last MiB" "$(at 63 1)" "$last"

kernel_log_holds_only
