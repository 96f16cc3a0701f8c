# board-start: the host's side of a board whose controller is stopped and started again while its firmware runs (start 0, start 1): the device
# goes with its link, and comes back as after power on, with what was written. Settings: RIG_MODEL, RIG_SIZE_BYTES.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

name() { for found in /sys/class/nvme/nvme*; do basename "$found"; done; }
is_live() { [ "$(cat "/sys/class/nvme/$(name)/state" 2>/dev/null)" = live ]; }
pci_address=$(cat "/sys/class/nvme/$(name)/address")
device=/sys/bus/pci/devices/$pci_address
vendor() { setpci -s "$pci_address" VENDOR_ID; }
is_gone() { [ "$(vendor)" = ffff ]; }
is_found() {
  [ -e "$device" ] || echo 1 >/sys/bus/pci/rescan
  [ -e "$device/nvme" ]
}

head -c 1048576 /dev/urandom >/tmp/noise
show dd if=/tmp/noise of="$disk" bs=64k oflag=direct conv=notrunc
for round in 1 2; do
  step "start 0, round $round: the device is gone"
  vendor_id=$(vendor)
  note "start 0"
  wait_until 60 "the device to go" is_gone
  printf 'ok: every read of its configuration space gives ones\n'
  show sh -c "echo 1 >$device/remove"
  [ ! -e "$device" ] || fail "the device is still there"
  sleep 2
  echo 1 >/sys/bus/pci/rescan
  [ ! -e "$device" ] || fail "a device without a link was found"

  step "start 1, round $round: it comes back"
  note "start 1"
  wait_until 90 "the device to be found again" is_found
  expect "vendor" "$(vendor)" "$vendor_id"
  wait_until 60 "the controller to be live" is_live
  wait_until 30 "$disk" test -b "$disk"
  expect "model" "$(nvme id-ctrl "/dev/$(name)" | field mn)" "$RIG_MODEL"
  show dd if="$disk" of=/tmp/back bs=64k count=16 iflag=direct
  cmp /tmp/noise /tmp/back || fail "what was written before the stop is not there"
done

# The host gave it memory space and bus mastering anew: a link that goes takes the Command register along.
kernel_log_holds_only 'nvme [0-9a-f:.]+: enabling device \(0000 -> 0002\)$'
