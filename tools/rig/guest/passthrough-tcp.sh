# passthrough-tcp: the firmware connects to an NVMe/TCP target and passes commands on to it; the target's port goes away under writes and comes
# back, then the network goes without a word, then the connection is deleted; then a namespace is taken away and put back; then somebody else is
# connected to the same target.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/passthrough.sh
. /rig/passthrough.sh

nqn=nqn.2026-01.test:volume
target=/sys/kernel/config/nvmet
uuid=6b1e7f4e-0000-4000-8000-000000000001
find_disk() { for disk in /dev/nvme[0-9]n[0-9]; do [ -b "$disk" ] && return 0; done; return 1; }

step "a target on loopback"
ip link set lo up
modprobe null_blk nr_devices=0 || fail "the module null_blk is missing"
modprobe -a configfs nvmet nvmet-tcp nvme-tcp || fail "the modules of the target or of its host are missing"
mount -t configfs none /sys/kernel/config 2>/dev/null || true
volume=/sys/kernel/config/nullb/volume
mkdir "$volume"
for setting in size=64 memory_backed=1 blocksize=512 discard=1 power=1; do echo "${setting#*=}" >"$volume/${setting%%=*}"; done
# Newer kernels name the disk after the directory.
find_block() { for block in /dev/volume "/dev/nullb$(cat "$volume/index")"; do [ -b "$block" ] && return 0; done; return 1; }
wait_until 10 "the target's disk" find_block
mkdir "$target/subsystems/$nqn"
echo 1 >"$target/subsystems/$nqn/attr_allow_any_host"
echo volume-1 >"$target/subsystems/$nqn/attr_serial"
mkdir "$target/subsystems/$nqn/namespaces/1"
echo "$block" >"$target/subsystems/$nqn/namespaces/1/device_path"
echo "$uuid" >"$target/subsystems/$nqn/namespaces/1/device_uuid"
echo 1 >"$target/subsystems/$nqn/namespaces/1/enable"
mkdir "$target/ports/1"
for setting in trtype=tcp adrfam=ipv4 traddr=127.0.0.1 trsvcid=4420; do echo "${setting#*=}" >"$target/ports/1/addr_${setting%%=*}"; done
ln -s "$target/subsystems/$nqn" "$target/ports/1/subsystems/$nqn"

step "the firmware connects"
volume="transport=tcp,traddr=127.0.0.1,trsvcid=4420,nqn=$nqn,nr_io_queues=2,keep_alive_tmo=2"
start_firmware --passthrough "$volume"
wait_until 60 "the volume" find_disk
host identify | tee /tmp/identify
grep -q 'volume-1' /tmp/identify || fail "the target's serial number is not seen"
same_data "$block"
host bench --pattern randrw --verify --count 400 --depth 16 --queues 2 --first-lba 32768 --range 8M --block-size 4K

step "the target's port goes under writes, and comes back"
outage 8
rm "$target/ports/1/subsystems/$nqn"
sleep 4
ln -s "$target/subsystems/$nqn" "$target/ports/1/subsystems/$nqn"
finish_outage

step "the network goes without a word"
outage 9
ip link set lo down
sleep 7 # the kernel notices by its keep alive, after twice keep_alive_tmo at most
ip link set lo up
finish_outage

step "the connection is deleted under writes; the firmware connects anew"
outage 8
for controller in /sys/class/nvme/nvme*; do echo 1 >"$controller/delete_controller"; done
finish_outage
grep 'passthrough:' "$firmware_log"
grep -q 'is gone' "$firmware_log" || fail "the firmware did not notice that the controller went"
same_data "$block"

step "the namespace is taken away and put back"
echo 0 >"$target/subsystems/$nqn/namespaces/1/enable"
wait_until 60 "the firmware to see it go" grep -q 'changed, now 0' "$firmware_log"
host_fails 'is not active' read --lba 0
echo 1 >"$target/subsystems/$nqn/namespaces/1/enable"
wait_until 60 "the firmware to see it come" grep -q 'changed, now 1' "$firmware_log"
same_data "$block"
stop_firmware
[ -z "$(ls /sys/class/nvme)" ] || fail "the firmware left its connection behind"
printf 'ok: the firmware has disconnected\n'

step "an operator's own connection to the volume is left alone"
printf '%s' "$volume,hostnqn=nqn.2026-01.test:operator,hostid=0aa0c1d0-0000-4000-8000-000000000002" >/dev/nvme-fabrics
wait_until 60 "the operator's connection" find_disk
operators=$(ls /sys/class/nvme)
start_firmware --passthrough "$volume"
expect "controllers" "$(ls /sys/class/nvme | wc -l)" 2
host read --lba 0 --length 4K --output /tmp/in
stop_firmware
expect "the controller that is left" "$(ls /sys/class/nvme)" "$operators"
