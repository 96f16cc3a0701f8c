# passthrough-drive: the firmware passes commands on to a drive of this machine; the drive is removed under writes and comes back; its controller is
# stopped and started under I/O beside another one; then the drive is a namespace whose transfers are polled for, as it has a poll queue
# (nvme.poll_queues).
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/passthrough.sh
. /rig/passthrough.sh

# Linux looks at namespaces side by side: which is nvme0n1 is a matter of luck.
find_disk() {
  for block in /sys/block/nvme*n*; do
    disk=/dev/${block##*/}
    [ "$(cat "$block/nsid")" = 1 ] && [ -b "$disk" ] && return 0
  done
  return 1
}
wait_until 60 "the drive's first namespace" find_disk
start_firmware --passthrough /dev/nvme0

step "identity"
host identify | tee /tmp/identify
grep -q 'drive-1' /tmp/identify || fail "the drive's serial number is not seen"
grep -q 'QEMU NVMe Ctrl' /tmp/identify || fail "the drive's model is not seen"

step "filter"
host feature --id 2
host feature --id 4
host feature --id 7
host log --page 2 --length 512
host_fails 'InvalidLogPage\|01/09h\|1/09h' log --page 0x80 --length 64
host tour >/tmp/tour.out
tail -n 1 /tmp/tour.out

step "health"
# 50 C is what the emulated drive says; below that threshold it warns.
host feature --id 4 --set 0x12c
wait_until 60 "the warning" grep -q 'critical warning 02h, before 00h' "$firmware_log"
host log --page 2 --length 512
host feature --id 4 --set 0x157
wait_until 60 "the end of the warning" grep -q 'critical warning 00h, before 02h' "$firmware_log"
printf 'ok: the warning came and went\n'

step "data"
same_data "$disk"
host bench --pattern randrw --verify --count 300 --depth 16 --queues 2 --first-lba 32768 --range 8M --block-size 4K
host bench --pattern rw --verify --count 40 --depth 4 --first-lba 32768 --range 8M --block-size 64K --sgl

step "the drive is removed under writes, and found again"
address=$(basename "$(readlink -f /sys/class/nvme/nvme0/device)")
outage 12
echo 1 >"/sys/bus/pci/devices/$address/remove"
sleep 4
echo 1 >/sys/bus/pci/rescan
finish_outage
grep 'passthrough:' "$firmware_log"
grep -q 'is gone' "$firmware_log" || fail "the firmware did not notice that the drive went"
expect "times that the log names the namespace with metadata" "$(grep -c 'namespace 7 of nvme. is not shown to the host: .* 8 bytes of metadata' "$firmware_log")" 1
grep 'namespaces of /dev/nvme. changed' "$firmware_log" && fail "nothing has changed"
wait_until 60 "the drive's first namespace" find_disk
same_data "$disk"
stop_firmware

step "the drive's controller is stopped and started while another one works"
cat >/tmp/pair.json <<EOF
{ "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["nqn.2026-01.test:ram", "nqn.2026-01.test:drive"]}],
  "subsystems": [
    {"nqn": "nqn.2026-01.test:ram", "attr": {"allow_any_host": "1"}, "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "ram:16M"}}]},
    {"nqn": "nqn.2026-01.test:drive", "attr": {"allow_any_host": "1"}, "passthru": [{"device": {"path": "${disk%n*}"}, "enable": 1}]}],
  "functions": [{"name": "ram", "nvme": {"subsysnqn": "nqn.2026-01.test:ram"}}, {"name": "drive", "nvme": {"subsysnqn": "nqn.2026-01.test:drive"}}],
  "controllers": [{"name": "ram", "functions": ["ram"], "vfio_user": {"directory": "/run/ram"}},
    {"name": "drive", "functions": ["drive"], "vfio_user": {"directory": "$socket"}}] }
EOF
# Open devices of the drive, which a controller that is stopped has none of.
open_devices() { for file in /proc/"$firmware_pid"/fd/*; do readlink "$file"; done | grep -c "^/dev/\(nvme\|ng\)" || true; }
commands_in_flight() { nvmepf console /run/ram -c "status --function drive" | grep -q 'commands in flight *[1-9]'; }
said_stopped() { [ "$(grep -c 'function drive of controller drive is stopped' "$firmware_log")" = "$1" ]; }
: >"$firmware_log"
mkdir -p /run/ram
launch_firmware --config /tmp/pair.json
work_elsewhere() {
  until [ -e /tmp/enough ]; do nvmepf-host --socket /run/ram --timeout 60 bench --pattern randrw --verify --depth 4 --seconds 1 || return; done
}
work_elsewhere >/tmp/other.log 2>&1 &
other_pid=$!
for round in 1 2; do
  expect "devices that are open" "$(open_devices)" 2
  nvmepf-host --socket "$socket" --timeout 60 bench --pattern randrw --depth 8 --seconds 60 --range 8M >/tmp/stopped.log 2>&1 &
  stopped_pid=$!
  wait_until 30 "its host's commands" commands_in_flight
  nvmepf console /run/ram -c "set controllers/drive/start 0" >/dev/null || fail "the console refuses to stop the controller"
  wait_until 30 "the controller to stop" said_stopped "$round"
  kill "$stopped_pid" || true # its commands get no answer any more, and it would wait for them
  expect "devices that are open" "$(open_devices)" 0
  nvmepf console /run/ram -c "set controllers/drive/start 1" >/dev/null || fail "the console refuses to start the controller"
  wait_until 30 "the controller to start" test -S "$socket/cntrl"
  same_data "$disk"
done
nvmepf console /run/ram -c "status --function drive" | tee /tmp/status
grep -q '^ *target open *yes$' /tmp/status || fail "the console does not see the target"
expect "namespaces that the console counts" "$(sed -n 's/^ *namespaces *//p' /tmp/status)" 1
touch /tmp/enough
wait "$other_pid" || { cat /tmp/other.log; fail "the other controller's host: status $?"; }
expect_more "commands of the other controller" "$(awk '/commands in/ { sum += $1 } END { print sum + 0 }' /tmp/other.log)" 0
stop_firmware

step "a namespace on the drive, polled for"
# Interrupts of the drive's I/O queues, by all processors.
interrupts() { awk '$NF ~ /^nvme[0-9]+q[1-9]/ { for (i = 2; i <= 3; i++) sum += $i } END { print sum + 0 }' /proc/interrupts; }
expect_more "poll queues" "$(dmesg | sed -n 's,.* [0-9]*/[0-9]*/\([0-9]*\) default/read/poll queues$,\1,p' | tail -n 1)" 0
: >"$firmware_log"
start_firmware --namespace "block:$disk,poll=on"
grep "block:$disk.*, polled$" "$firmware_log" || fail "the firmware does not say that it polls"
before=$(interrupts)
host bench --pattern randrw --verify --count 300 --depth 16 --queues 2 --range 8M --block-size 4K | tee /tmp/bench
host bench --pattern rw --verify --count 40 --depth 4 --range 8M --block-size 64K --sgl
raised=$(($(interrupts) - before))
# Two hosts have come and gone, and a flush at each end takes the ordinary way.
[ "$raised" -lt 10 ] || fail "340 transfers raised $raised interrupts of the drive"
printf 'ok: interrupts of the drive meanwhile: %s\n' "$raised"
expect "polled transfers" "$(sed -n 's/.*polled transfers //p' /tmp/bench)" 300
same_data "$disk"
expect_more "interrupts after a flush, which is not polled for, and $disk itself" "$(interrupts)" "$before"
host mixed --count 2000 --queues 2
stop_firmware
