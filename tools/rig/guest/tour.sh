# tour: what a Linux host sees of the SSD - PCI, block layer, Identify, logs, features - and that the counters count.
# Settings: RIG_PCI_ID, RIG_MODEL, RIG_SIZE_BYTES, RIG_QUEUES, RIG_MDTS; RIG_STRICT=0 leaves out what QEMU's own controller lacks.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

# smart NAME: a counter of the SMART log, as a plain number.
smart() { nvme smart-log "$controller" | field "$1" | sed 's/ .*//; s/,//g'; }

pci_address=$(cat "/sys/class/nvme/${controller#/dev/}/address")

step "PCI"
show lspci -n
[ "$(lspci -n -s "$pci_address" | cut -d ' ' -f 2,3)" = "0108: $RIG_PCI_ID" ] || fail "lspci -n does not show 0108: $RIG_PCI_ID at $pci_address"
printf '$ lspci -vv -s %s\n' "$pci_address"
# What is known of libkmod: it misses an index that only modprobe would need.
lspci -vv -s "$pci_address" 2>/dev/null | tee /tmp/lspci
grep -q 'MSI-X: Enable+' /tmp/lspci || fail "MSI-X is not enabled"
grep -q 'FLReset+' /tmp/lspci || fail "no function level reset"
grep -q 'Kernel driver in use: nvme' /tmp/lspci || fail "Linux's nvme driver is not bound"
if [ "$RIG_STRICT" = 1 ]; then expect "subsystem vendor" "$(cat "/sys/bus/pci/devices/$pci_address/subsystem_vendor")" "0x${RIG_PCI_ID%:*}"; fi

step "block device"
show lsblk -o NAME,SIZE,MODEL,SERIAL,LOG-SEC,DISC-MAX "$disk"
expect "size of $disk" "$(lsblk -b -n -d -o SIZE "$disk" | tr -d ' ')" "$RIG_SIZE_BYTES"
expect "queue pairs, the admin queue included" "$(cat "/sys/class/nvme/${controller#/dev/}/queue_count")" "$((RIG_QUEUES + 1))"

step "Identify"
show nvme list
show nvme id-ctrl "$controller"
nvme id-ctrl "$controller" >/tmp/id-ctrl
expect "vid" "$(field vid </tmp/id-ctrl)" "0x${RIG_PCI_ID%:*}"
if [ "$RIG_STRICT" = 1 ]; then expect "ssvid" "$(field ssvid </tmp/id-ctrl)" "0x${RIG_PCI_ID%:*}"; fi
expect "model" "$(field mn </tmp/id-ctrl)" "$RIG_MODEL"
expect "mdts" "$(field mdts </tmp/id-ctrl)" "$RIG_MDTS"
show nvme id-ns "$disk"
show nvme list-ns "$controller"

step "logs"
reads=$(smart host_read_commands)
writes=$(smart host_write_commands)
dd if="$disk" of=/dev/null bs=1M count=4 iflag=direct 2>/dev/null || fail "$disk cannot be read"
dd if="$disk" of=/tmp/first bs=4k count=1 iflag=direct 2>/dev/null
dd if=/tmp/first of="$disk" bs=4k count=1 oflag=direct conv=notrunc 2>/dev/null || fail "$disk cannot be written"
show nvme smart-log "$controller"
expect_more "host_read_commands after reading" "$(smart host_read_commands)" "$reads"
expect_more "host_write_commands after writing" "$(smart host_write_commands)" "$writes"
if [ "$RIG_STRICT" = 1 ]; then
  errors=$(smart num_err_log_entries)
  # 7Fh is no admin command: the controller has to say so, log it and go on.
  nvme admin-passthru "$controller" --opcode=0x7f >/tmp/passthru 2>&1 && fail "an unknown admin command succeeded"
  cat /tmp/passthru
  grep -q -i 'invalid command opcode\|invalid opcode' /tmp/passthru || fail "an unknown admin command did not give Invalid Command Opcode"
  expect "num_err_log_entries after one error" "$(smart num_err_log_entries)" "$((errors + 1))"
fi
show nvme error-log "$controller" --log-entries=2
show nvme fw-log "$controller"

step "features"
for feature in 0x01 0x02 0x04 0x06 0x07 0x08 0x09 0x0a 0x0b 0x0e; do
  show nvme get-feature "$controller" --feature-id="$feature" --human-readable
done
# Error Recovery belongs to a namespace.
show nvme get-feature "$controller" --feature-id=0x05 --namespace-id=1 --human-readable
if [ "$RIG_STRICT" = 1 ]; then show nvme get-feature "$controller" --feature-id=0x81 --human-readable; fi
show nvme set-feature "$controller" --feature-id=0x04 --value=0x0155
expect "temperature threshold as set" "$(nvme get-feature "$controller" --feature-id=0x04 | sed 's/.*value://')" "0x00000155"

kernel_log_holds_only
