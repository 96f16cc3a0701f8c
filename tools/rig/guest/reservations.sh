# reservations: two hosts register, acquire each type, preempt and release; conflicts and notifications as Linux sees them; then a power loss.
# The second half, after the firmware was killed, is reservations-kept.sh.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/reservation-hosts.sh
. /rig/reservation-hosts.sh

acquire() { show nvme resv-acquire "$1" --crkey="$2" --rtype="$3" --racqa=0; }
release() { show nvme resv-release "$1" --crkey="$2" --rtype="$3" --rrela=0; }
register() { show nvme resv-register "$1" --nrkey="$2" --rrega=0 --cptpl="$3"; }

# events CONTROLLER: reservation events of the controller that Linux has passed on: type 6, information 0, log page 80h.
events() { grep -c "^change $1 0x800006$" /tmp/events || true; }
has_events() { [ "$(events "$1")" -ge "$2" ]; }

# noticed CONTROLLER EVENTS TYPE: the controller has sent so many events, and the oldest notification in its log is of the type.
noticed() {
  wait_until 30 "event $2 of $1" has_events "$1" "$2"
  nvme resv-notif-log "/dev/$1" >/tmp/log || fail "no notification log"
  expect "notification of $1" "$(sed -n 's/^Resv Notif Log Page Type[[:space:]]*: \([0-9]*\).*/\1/p' /tmp/log)" "$3"
  expect "notification's namespace" "$(sed -n 's/^Namespace ID:[[:space:]]*: //p' /tmp/log)" 1
}

# shellcheck disable=SC2016  # for the other shell
uevent sh -c 'echo "$ACTION $DEVNAME $NVME_AEN"' >/tmp/events 2>&1 &

step "capabilities"
expect "RESCAP of namespace 1" "$(nvme id-ns "$disk_a" | field rescap)" 0xff
expect "ONCS, bit 5" "$(($(nvme id-ctrl "/dev/$first" | field oncs) & 32))" 32

step "hosts"
expect "without a host identifier" "$(nvme resv-report "$disk_b" --eds 2>&1 | grep -c 'Host Identifier Not Initialized')" 1
be "$first" 0a
be "$second" 0b
register "$disk_a" 0xa 3
allowed "A, registered" "$disk_a" yes yes

# TYPE, what a registrant may do, what a host may do that is none.
step "types"
while read -r type registrant other; do
  acquire "$disk_a" 0xa "$type"
  # shellcheck disable=SC2086  # two words each
  {
    allowed "type $type, holder" "$disk_a" yes yes
    allowed "type $type, no registrant" "$disk_b" ${other//,/ }
    register "$disk_b" 0xb 0
    allowed "type $type, registrant" "$disk_b" ${registrant//,/ }
  }
  release "$disk_a" 0xa "$type"
  show nvme resv-register "$disk_b" --crkey=0xb --rrega=1
done <<'EOF'
1 yes,conflict yes,conflict
2 conflict,conflict conflict,conflict
3 yes,yes yes,conflict
4 yes,yes conflict,conflict
5 yes,yes yes,conflict
6 yes,yes conflict,conflict
EOF
# Types 3 to 6 were released while B was a registrant: Reservation Released, four times.
wait_until 30 "an event" has_events "$second" 1
for number in 1 2 3 4; do
  expect "notification $number of $second" \
    "$(nvme resv-notif-log "/dev/$second" | sed -n 's/^Resv Notif Log Page Type[[:space:]]*: \([0-9]*\).*/\1/p')" 2
done
expect "events of A" "$(events "$first")" 0

step "preempted"
register "$disk_b" 0xb 0
acquire "$disk_a" 0xa 1
allowed "B" "$disk_b" yes conflict
show nvme resv-acquire "$disk_b" --crkey=0xb --prkey=0xa --rtype=2 --racqa=1
allowed "A" "$disk_a" conflict conflict
allowed "B" "$disk_b" yes yes
# The event names the first notification that waits: A's registration was preempted.
noticed "$first" 1 1
nvme resv-acquire "$disk_a" --crkey=0xa --rtype=1 --racqa=0 2>&1 | grep -q 'Reservation Conflict' || fail "a preempted key acquires"

step "as it is left"
register "$disk_a" 0xa 0
report
cat /tmp/report
expect "type" "$(field rtype </tmp/report)" 2
expect "registrants" "$(field regctl </tmp/report)" 2
expect "kept over a loss of power" "$(field ptpls </tmp/report)" 1
kernel_log_is_as_expected
