# interrupts: one kind of interrupt carries verified I/O at depth 1 and 32, and none is lost.
# It destroys what is on the disk. Settings: RIG_KIND is msix, msi or intx; RIG_QUEUES.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

pci_address=$(cat "/sys/class/nvme/${controller#/dev/}/address")

# Interrupts that all lines of the controller have raised; a line that queues share counts once.
interrupts() { awk -v name="${controller#/dev/}q" 'index($0, name) { for (i = 2; i <= 5; i++) sum += $i } END { print sum + 0 }' /proc/interrupts; }

# enabled CAPABILITY: yes or no; of a capability that is not there, no.
enabled() { if grep -q "$1: Enable+" /tmp/lspci; then echo yes; else echo no; fi; }

# fio_run TITLE OPTIONS...: writes, then reads and compares.
fio_run() {
  title=$1
  shift
  before=$(interrupts)
  printf '\n-- %s\n' "$title"
  fio --name=job --filename="$disk" --direct=1 --rw=randwrite --bs=4k --ioengine=libaio --offset_increment=200m --group_reporting=1 \
    --verify=crc32c --verify_fatal=1 --verify_dump=0 --randseed=20 --thread=1 "$@" >/tmp/fio 2>&1 || { cat /tmp/fio; fail "fio: $title"; }
  grep -E 'read:|write:|err=' /tmp/fio
  grep -q 'err= 0' /tmp/fio || fail "fio reports an error: $title"
  expect_more "interrupts, $title" "$(interrupts)" "$before"
}

step "what Linux uses"
lspci -vv -s "$pci_address" 2>/dev/null | tee /tmp/lspci
grep "${controller#/dev/}q" /proc/interrupts || fail "/proc/interrupts has no line of the controller"
expect "MSI-X is enabled" "$(enabled MSI-X)" "$([ "$RIG_KIND" = msix ] && echo yes || echo no)"
expect "MSI is enabled" "$(enabled MSI)" "$([ "$RIG_KIND" = msi ] && echo yes || echo no)"
lines=$(grep "${controller#/dev/}q" /proc/interrupts)
if [ "$RIG_KIND" = intx ]; then
  case $lines in *IO-APIC*fasteoi*) ;; *) fail "the controller's interrupt is no level of the I/O APIC" ;; esac
else
  case $lines in *PCI-MSI*) ;; *) fail "the controller's interrupts are no messages" ;; esac
fi
# Without MSI-X Linux has one vector on this machine (several of MSI need an interrupt remapper), so one I/O queue.
expect "queue pairs, the admin queue included" "$(cat "/sys/class/nvme/${controller#/dev/}/queue_count")" \
  "$([ "$RIG_KIND" = msix ] && echo $((RIG_QUEUES + 1)) || echo 2)"

step "write, then verify"
fio_run "depth 1" --numjobs=1 --iodepth=1 --size=2m
fio_run "depth 32" --numjobs=1 --iodepth=32 --size=24m
fio_run "depth 32, four jobs" --numjobs=4 --iodepth=32 --size=8m --cpus_allowed=0-3 --cpus_allowed_policy=split
grep "${controller#/dev/}q" /proc/interrupts

# A lost interrupt is a command that Linux completes by polling after a timeout, and says so.
kernel_log_holds_only
