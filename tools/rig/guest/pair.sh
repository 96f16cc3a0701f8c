# What the scenarios with two controllers of one subsystem share. Sourced before prelude.sh would be, which it sources: disks are named after
# the controller that Linux found first.
# shellcheck shell=busybox

# disks NSID [CONTROLLER]: block devices of the namespace, of one controller where it is given. Linux numbers disks as it finds them, which
# is in no order, so their numbers say nothing of NSIDs.
disks() {
  for found in "/sys/block/${2:-nvme}"*; do
    case ${found##*/} in *c*n*) continue ;; esac # one path of a disk
    if [ "$(cat "$found/nsid" 2>/dev/null)" = "$1" ]; then echo "/dev/${found##*/}"; fi
  done
}

deadline=$(($(date +%s) + 60))
until [ -n "$(disks 1)" ] || [ "$(date +%s)" -ge "$deadline" ]; do sleep 0.2; done
RIG_DISK=$(disks 1 | head -n 1)
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

# controller_of CNTLID: its name, nvme0 or nvme1.
controller_of() {
  for found in /sys/class/nvme/nvme*; do
    if [ "$(cat "$found/cntlid")" = "$1" ]; then basename "$found"; fi
  done
}
has_two_controllers() { [ "$(cat /sys/class/nvme/nvme*/state | grep -c live)" = 2 ]; }

wait_until 60 "two live controllers" has_two_controllers
first=$(controller_of 1)
second=$(controller_of 2)
[ -n "$first" ] && [ -n "$second" ] || fail "controllers 1 and 2 are not both there: '$first', '$second'"
