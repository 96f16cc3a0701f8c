# fio-verify: random reads and writes with crc32c of every block, four jobs on four queues at depth 32, 512 bytes to above MDTS.
# It destroys what is on the disk. Under emulation it tells about correctness, nothing about speed.
# Settings: RIG_QUEUES; RIG_FIO=quick makes one short run of each kind.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

# Interrupts that I/O queue $1 of the controller has raised.
interrupts() { awk -v queue="${controller#/dev/}q$1" '$NF == queue { for (i = 2; i <= 5; i++) sum += $i } END { print sum + 0 }' /proc/interrupts; }

# fio_run TITLE MIB-PER-JOB OPTIONS...: each job has a quarter of the disk of its own, and a processor (so a queue) of its own.
fio_run() {
  title=$1 mib=$2
  shift 2
  printf '\n-- %s\n' "$title"
  fio --name=job --filename="$disk" --direct=1 --numjobs=4 --iodepth=32 --size="${mib}m" --offset_increment=200m --group_reporting=1 \
    --cpus_allowed=0-3 --cpus_allowed_policy=split --verify=crc32c --verify_fatal=1 --verify_dump=0 --randseed=20 --thread=1 "$@" \
    >/tmp/fio 2>&1 || { cat /tmp/fio; fail "fio: $title"; }
  grep -E 'read:|write:|err=' /tmp/fio
  grep -q 'err= 0' /tmp/fio || fail "fio reports an error: $title"
}

[ "${RIG_FIO:-full}" = quick ] && factor=1 || factor=2

for queue in $(seq "$RIG_QUEUES"); do interrupts "$queue" >"/tmp/interrupts.$queue"; done

step "write, then verify"
fio_run "512 bytes, random" "$factor" --rw=randwrite --bs=512 --ioengine=libaio
fio_run "4 KiB, random" $((4 * factor)) --rw=randwrite --bs=4k --ioengine=io_uring
fio_run "512 bytes to 1 MiB, any multiple of 512, random" $((16 * factor)) --rw=randwrite --bsrange=512-1m --ioengine=libaio
fio_run "2 MiB, four times the default MDTS" $((32 * factor)) --rw=randwrite --bs=2m --ioengine=libaio
fio_run "64 KiB, sequential" $((8 * factor)) --rw=write --bs=64k --ioengine=libaio

step "read and write mixed, verified on the way"
fio_run "4 KiB" $((4 * factor)) --rw=randrw --rwmixread=50 --bs=4k --ioengine=libaio --verify_backlog=64
fio_run "512 bytes to 256 KiB with flushes" $((8 * factor)) \
  --rw=randrw --bssplit=512/25:4k/25:64k/25:256k/25 --fsync=16 --ioengine=libaio --verify_backlog=64

step "written by one process, verified by another"
fio_run "write" $((8 * factor)) --rw=randwrite --bs=16k --ioengine=libaio --do_verify=0
fio_run "verify" $((8 * factor)) --rw=randwrite --bs=16k --ioengine=libaio --verify_only

step "queues"
for queue in $(seq "$RIG_QUEUES"); do
  expect_more "interrupts of I/O queue $queue" "$(interrupts "$queue")" "$(cat "/tmp/interrupts.$queue")"
done

kernel_log_holds_only
