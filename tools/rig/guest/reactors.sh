# reactors: four processors, each with an I/O queue whose doorbells are in host memory (Doorbell Buffer Config), on a firmware with two
# reactors. Verified I/O at several depths; then resets, driver unbound and bound, removal, and memory that comes and goes, under I/O.
# Settings: RIG_QUEUES, RIG_REACTORS.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh
# shellcheck source=tools/rig/guest/under-io.sh
. /rig/under-io.sh

pci_address=$(cat "/sys/class/nvme/$(name)/address")
driver=/sys/bus/pci/drivers/nvme

# The firmware's diagnostics page: a number of BYTES bytes at OFFSET.
diagnostics() {
  nvme get-log "/dev/$(name)" --log-id=0xc0 --log-len=512 --raw-binary >/tmp/diagnostics || fail "no diagnostics page"
  od -A n -t "u$2" -j "$1" -N "$2" /tmp/diagnostics | tr -d ' '
}
# Commands that a reactor has ended.
handled() { diagnostics $((128 + 40 * $1)) 8; }

doorbells_are_in_memory() {
  expect "I/O queues with doorbells in host memory" "$(diagnostics 472 4)" "$RIG_QUEUES"
}

# verify DEPTH ENGINE: each of four jobs has a processor, so a queue, and a quarter of the disk of its own.
verify() {
  fio --name=job --filename="$disk" --direct=1 --numjobs=4 --iodepth="$1" --ioengine="$2" --size=1m --offset_increment=200m \
    --rw=randwrite --bssplit=4k/50:64k/30:512/20 --verify=crc32c --verify_fatal=1 --verify_dump=0 --thread=1 --group_reporting=1 \
    --cpus_allowed=0-3 --cpus_allowed_policy=split >/tmp/fio 2>&1 || { cat /tmp/fio; fail "fio at depth $1"; }
  grep -q 'err= 0' /tmp/fio || fail "fio reports an error at depth $1"
  printf 'ok: written and verified at depth %s\n' "$1"
}

step "doorbells"
expect "OACS, bit 8" "$(($(nvme id-ctrl "$controller" | field oacs) & 0x100))" 256
expect "queue pairs, the admin queue included" "$(cat "/sys/class/nvme/$(name)/queue_count")" "$((RIG_QUEUES + 1))"
doorbells_are_in_memory

step "reactors"
expect "reactors" "$(diagnostics 120 4)" "$RIG_REACTORS"
for reactor in $(seq 0 $((RIG_REACTORS - 1))); do handled "$reactor" >"/tmp/handled.$reactor"; done
verify 1 libaio
verify 8 io_uring
verify 64 libaio
for reactor in $(seq 0 $((RIG_REACTORS - 1))); do
  expect_more "commands of reactor $reactor" "$(handled "$reactor")" "$(($(cat "/tmp/handled.$reactor") + 100))"
done

step "reset_controller"
show nvme reset "/dev/$(name)"
wait_until 60 "the controller to be live" is_live
doorbells_are_in_memory
verify 16 libaio

outlive_removal
begin_fio 4 8

step "memory comes and goes"
memory() { sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
has_memory() { [ "$(memory)" -ge "$1" ]; }
has_no_more() { [ "$(memory)" -le "$1" ]; }
echo online_movable >/sys/devices/system/memory/auto_online_blocks
before=$(memory)
request memory-comes
wait_until 60 "256 MiB more" has_memory "$((before + 250000))"
progress "256 MiB more"
request memory-goes
wait_until 90 "the 256 MiB to go" has_no_more "$((before + 1000))"
progress "256 MiB less"

step "nvme reset"
show nvme reset "/dev/$(name)"
progress "nvme reset"

step "driver unbound and bound"
printf '$ echo %s >%s/unbind; echo %s >%s/bind\n' "$pci_address" "$driver" "$pci_address" "$driver"
echo "$pci_address" >"$driver/unbind" || fail "cannot unbind"
[ ! -e "/sys/bus/pci/devices/$pci_address/nvme" ] || fail "the controller is still there"
echo "$pci_address" >"$driver/bind" || fail "cannot bind"
progress "unbind and bind"

step "removed and found again"
remove_and_rescan "$pci_address"
progress "remove and rescan"
doorbells_are_in_memory
end_fio

kernel_log_holds_only 'nvme nvme[0-9]+: resetting controller$' 'block nvme0n1: no usable path - requeuing I/O$' \
  'Fallback order for Node|Built 1 zonelists|Policy zone'
