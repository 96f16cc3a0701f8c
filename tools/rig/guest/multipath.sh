# multipath: one block device over two controllers of a subsystem; ANA states of their paths change while fio writes and verifies.
# The host side changes a state when it is asked by a note "ana PORT GROUP STATE"; port and controller have the same number.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/pair.sh
. /rig/pair.sh
# shellcheck source=tools/rig/guest/under-io.sh
. /rig/under-io.sh

block=${disk#/dev/}
has_second_disk() { [ -n "$(disks 2)" ]; }
wait_until 30 "the second namespace" has_second_disk
second_disk=$(disks 2)
subsystem=$(echo /sys/class/nvme-subsystem/nvme-subsys*)

# path CNTLID NSID: the directory of a path.
path() {
  of=$disk
  if [ "$2" = 2 ]; then of=$second_disk; fi
  echo "/sys/class/nvme/$(controller_of "$1")/nvme"*"c"*"n${of##*n}"
}
has_paths() { [ -e "$(path 1 1)" ] && [ -e "$(path 2 1)" ] && [ -e "$(path 1 2)" ] && [ -e "$(path 2 2)" ]; }
has_state() { [ "$(cat "$(path "$1" "$2")/ana_state")" = "$3" ]; }

# change CNTLID GROUP STATE: asks for it, and waits until Linux has understood. Group and namespace have the same number.
change() {
  note "ana $1 $2 $3"
  wait_until 60 "path $1 of namespace $2 to be $3" has_state "$1" "$2" "$3"
  printf 'ok: path %s of namespace %s is %s\n' "$1" "$2" "$3"
}

# What went to a path, or all that was done, in sectors.
over() { awk '{ print $3 + $7 }' "$(path "$1" 1)/stat"; }
over_beyond() { [ "$(over "$1")" -gt "$2" ]; }
goes_on_over() {
  for way; do wait_until 60 "I/O over path $way" over_beyond "$way" "$(over "$way")"; done
  fio_runs || { cat /tmp/fio; fail "fio has ended"; }
  printf 'ok: I/O goes on over %s\n' "$*"
}

# Only what a state let in before it changed may still end on a path; then nothing moves there.
stays_away_from() {
  sectors=-1
  while [ "$(over "$1")" != "$sectors" ]; do
    sectors=$(over "$1")
    sleep 1
  done
  sectors=$(over "$1") all=$(moved)
  wait_until 60 "I/O by the other path" moved_beyond "$((all + 4096))"
  expect "sectors over path $1" "$(over "$1")" "$sectors"
}

step "paths"
wait_until 30 "two paths to each namespace" has_paths
show nvme list-subsys
expect "live paths of $disk" "$(nvme list-subsys "$disk" | grep -c 'pcie 0000:.* live optimized')" 2
expect "block devices" "$(cd /dev && echo nvme?n? | wc -w)" 2
for cntlid in 1 2; do
  expect "CMIC of controller $cntlid" "$(nvme id-ctrl "/dev/$(controller_of $cntlid)" | field cmic)" 0xb
  for nsid in 1 2; do
    expect "ANA group of path $cntlid of namespace $nsid" "$(cat "$(path $cntlid $nsid)/ana_grpid")" "$nsid"
  done
done
show nvme ana-log "/dev/$first"
echo round-robin >"$subsystem/iopolicy" || fail "this kernel has no iopolicy"

begin_fio 2 8
goes_on_over 1 2

step "one path inaccessible"
change 1 1 inaccessible
goes_on_over 2
stays_away_from 1
has_state 2 1 optimized || fail "the other controller's state has changed as well"
has_state 1 2 optimized || fail "the other group's state has changed as well"
show dd if="$second_disk" of=/dev/null bs=1M count=1 iflag=direct
show nvme list-subsys "$disk"

step "and the other instead"
change 1 1 optimized
change 2 1 inaccessible
goes_on_over 1
stays_away_from 2

step "a reset does not change states"
show nvme reset "/dev/$second"
wait_until 60 "two live controllers" has_two_controllers
has_state 2 1 inaccessible || fail "path 2 is $(cat "$(path 2 1)/ana_state") after a reset"
goes_on_over 1

step "one path not optimized: the other is preferred"
change 2 1 non-optimized
stays_away_from 2
change 1 1 change
goes_on_over 2

step "both paths inaccessible"
held_back=$(dmesg | grep -c 'no usable path - requeuing I/O' || true)
change 1 1 inaccessible
change 2 1 inaccessible
sectors=-1
while [ "$(moved)" != "$sectors" ]; do
  sectors=$(moved)
  sleep 2
done
expect_more "times that Linux has held requests back" "$(dmesg | grep -c 'no usable path - requeuing I/O')" "$held_back"
fio_runs || { cat /tmp/fio; fail "fio has not waited"; }

step "and accessible again"
change 2 1 optimized
goes_on_over 2
change 1 1 optimized
goes_on_over 1 2

step "persistent loss, and its end"
change 1 1 persistent-loss
stays_away_from 1
change 1 1 optimized
goes_on_over 1 2

end_fio
show nvme ana-log "/dev/$second"

kernel_log_holds_only 'nvme nvme[0-9]+: resetting controller$' 'block nvme[01]n[12]: no usable path - requeuing I/O$' \
  'I/O (Cmd|Error).*sct 0x3 / sc 0x0?[123]'
