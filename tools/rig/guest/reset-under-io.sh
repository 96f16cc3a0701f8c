# reset-under-io: controller reset, function level reset, and removal and rescan of the PCI device, each while fio writes and verifies.
# No I/O may fail and the kernel may say only what it says of any SSD. The block device outlives its controller's removal because Linux's
# native multipath holds requests back for a while (delayed_removal_secs) when the last path goes.
# Settings: RIG_ROUNDS (2).
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

# The controller's name and PCI address; the name may change when it is found again.
name() { for controller in /sys/class/nvme/nvme*; do basename "$controller"; done; }
is_live() { [ "$(cat "/sys/class/nvme/$(name)/state" 2>/dev/null)" = live ]; }
pci_address=$(cat "/sys/class/nvme/$(name)/address")

fio_runs() { kill -0 "$fio" 2>/dev/null; }
fio_ended() { ! fio_runs; }

# progress WHAT: fio must be alive and sectors must move after each blow.
progress() {
  wait_until 60 "the controller to be live after $1" is_live
  fio_runs || { cat /tmp/fio; fail "fio ended too early, after $1"; }
  sectors=$(moved)
  wait_until 60 "I/O to go on after $1" moved_beyond "$sectors"
  printf 'ok: I/O goes on after %s\n' "$1"
}
moved() { awk '{ print $3 + $7 }' "/sys/block/${disk#/dev/}/stat"; }
moved_beyond() { [ "$(moved)" -gt "$1" ]; }

step "fio in the background"
echo 60 >"/sys/block/${disk#/dev/}/delayed_removal_secs" || fail "this kernel has no delayed_removal_secs"
fio --name=job --filename="$disk" --direct=1 --numjobs=4 --iodepth=32 --ioengine=libaio --size=48m --offset_increment=200m --rw=randrw \
  --bssplit=4k/60:64k/30:512/10 --verify=crc32c --verify_backlog=128 --verify_fatal=1 --verify_dump=0 --time_based --runtime=600 --thread=1 \
  --cpus_allowed=0-3 --cpus_allowed_policy=split --group_reporting=1 >/tmp/fio 2>&1 &
fio=$!
wait_until 30 "fio to start" moved_beyond "$(moved)"

for round in $(seq "${RIG_ROUNDS:-2}"); do
  step "round $round: nvme reset"
  show nvme reset "/dev/$(name)"
  progress "nvme reset"

  step "round $round: function level reset"
  printf '$ echo 1 >/sys/bus/pci/devices/%s/reset\n' "$pci_address"
  echo 1 >"/sys/bus/pci/devices/$pci_address/reset" || fail "the reset was refused"
  progress "function level reset"

  step "round $round: remove and rescan"
  printf '$ echo 1 >/sys/bus/pci/devices/%s/remove; sleep 1; echo 1 >/sys/bus/pci/rescan\n' "$pci_address"
  echo 1 >"/sys/bus/pci/devices/$pci_address/remove"
  [ ! -e "/sys/bus/pci/devices/$pci_address" ] || fail "the device is still there"
  sleep 1
  fio_runs || { cat /tmp/fio; fail "fio did not survive the removal"; }
  echo 1 >/sys/bus/pci/rescan
  wait_until 30 "the device to be found again" test -e "/sys/bus/pci/devices/$pci_address/nvme"
  progress "remove and rescan"
done

step "fio ends"
# An interrupted fio finishes its outstanding verifies and says how it went.
kill -INT "$fio"
wait_until 120 "fio to end" fio_ended
wait "$fio" && fio_status=0 || fio_status=$?
grep -E 'read:|write:|err=' /tmp/fio || true
grep -q 'err= 0' /tmp/fio || { cat /tmp/fio; fail "fio saw an error (status $fio_status)"; }

dmesg | grep nvme | tail -n 20
# While the controller is away, multipath says that it holds requests back.
kernel_log_holds_only 'nvme nvme[0-9]+: resetting controller$' 'block nvme0n1: no usable path - requeuing I/O$' \
  'nvme_ns_head_submit_bio: [0-9]+ callbacks suppressed$'
