# What the scenarios share that do something to the SSD while fio writes and verifies. Sourced after prelude.sh.
# shellcheck shell=busybox

fio_runs() { kill -0 "$fio" 2>/dev/null; }
fio_ended() { ! fio_runs; }

# Sectors that were read and written, and whether they have become more.
moved() { awk '{ print $3 + $7 }' "/sys/block/${disk#/dev/}/stat"; }
moved_beyond() { [ "$(moved)" -gt "$1" ]; }

# The controller's name, which may change when it is found again; its state.
name() { for found in /sys/class/nvme/nvme*; do basename "$found"; done; }
is_live() { [ "$(cat "/sys/class/nvme/$(name)/state" 2>/dev/null)" = live ]; }

# begin_fio JOBS DEPTH: each job on a processor and so a queue of its own. What it takes of an emulated processor the script has not.
begin_fio() {
  step "fio in the background"
  fio --name=job --filename="$disk" --direct=1 --numjobs="$1" --iodepth="$2" --ioengine=libaio --size=48m --offset_increment=200m --rw=randrw \
    --bssplit=4k/60:64k/30:512/10 --verify=crc32c --verify_backlog=128 --verify_fatal=1 --verify_dump=0 --time_based --runtime=600 --thread=1 \
    --cpus_allowed=0-3 --cpus_allowed_policy=split --group_reporting=1 >/tmp/fio 2>&1 &
  fio=$!
  wait_until 30 "fio to start" moved_beyond "$(moved)"
}

# outlive_removal: the block device is to outlive the removal of its only controller: Linux's native multipath holds requests back meanwhile.
outlive_removal() { echo 60 >"/sys/block/${disk#/dev/}/delayed_removal_secs" || fail "this kernel has no delayed_removal_secs"; }

# progress WHAT: the only controller is live, fio alive, and sectors move after each blow.
progress() {
  wait_until 60 "the controller to be live after $1" is_live
  fio_runs || { cat /tmp/fio; fail "fio ended too early, after $1"; }
  wait_until 60 "I/O to go on after $1" moved_beyond "$(moved)"
  printf 'ok: I/O goes on after %s\n' "$1"
}

# An interrupted fio finishes its outstanding verifies and says how it went.
end_fio() {
  step "fio ends"
  kill -INT "$fio"
  wait_until 120 "fio to end" fio_ended
  wait "$fio" && fio_status=0 || fio_status=$?
  grep -E 'read:|write:|err=' /tmp/fio || true
  grep -q 'err= 0' /tmp/fio || { cat /tmp/fio; fail "fio saw an error (status $fio_status)"; }
}

# remove_and_rescan PCI-ADDRESS
remove_and_rescan() {
  printf '$ echo 1 >/sys/bus/pci/devices/%s/remove; sleep 1; echo 1 >/sys/bus/pci/rescan\n' "$1"
  echo 1 >"/sys/bus/pci/devices/$1/remove"
  [ ! -e "/sys/bus/pci/devices/$1" ] || fail "the device is still there"
  sleep 1
  fio_runs || { cat /tmp/fio; fail "fio did not survive the removal"; }
  echo 1 >/sys/bus/pci/rescan
  wait_until 30 "the device to be found again" test -e "/sys/bus/pci/devices/$1/nvme"
}
