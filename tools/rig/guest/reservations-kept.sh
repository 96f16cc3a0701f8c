# reservations-kept: the second half of reservations. The firmware was killed while host B held an exclusive access reservation.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/reservation-hosts.sh
. /rig/reservation-hosts.sh

step "before hosts have said who they are"
allowed "behind controller 1" "$disk_a" conflict conflict
allowed "behind controller 2" "$disk_b" conflict conflict

step "hosts, with their controllers exchanged"
be "$first" 0b
be "$second" 0a
allowed "B" "$disk_a" yes yes
allowed "A" "$disk_b" conflict conflict
report
cat /tmp/report
expect "type" "$(field rtype </tmp/report)" 2
expect "registrants" "$(field regctl </tmp/report)" 2
expect "holder" "$(awk '/rcsts/ { holds = $NF } /rkey/ && holds == 1 { print $NF }' /tmp/report)" b

step "cleared"
show nvme resv-release "$disk_a" --crkey=0xb --rrela=1
allowed "A" "$disk_b" yes yes
report
expect "registrants" "$(field regctl </tmp/report)" 0
# No host may read at boot, not even a partition table.
kernel_log_is_as_expected 'Buffer I/O error on dev nvme[01]n[12], logical block 0, async page read' 'nvme[01]n[12]: unable to read partition table'
