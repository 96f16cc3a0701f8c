# board: a host uses the SSD that a board's firmware makes of a PCIe endpoint; hot reset, removal, death of the firmware, reboot.
# The disk must be blank at first: what is on it says that the host was rebooted. Boots twice. The rig's side is tools/rig/board.sh.
# Settings: RIG_PCI_ID, RIG_MODEL, RIG_SIZE_BYTES, RIG_QUEUES, RIG_MDTS.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

# The controller's name may change when it is found again.
name() { for found in /sys/class/nvme/nvme*; do basename "$found"; done; }
is_live() { [ "$(cat "/sys/class/nvme/$(name)/state" 2>/dev/null)" = live ]; }
pci_address=$(cat "/sys/class/nvme/$(name)/address")
device=/sys/bus/pci/devices/$pci_address

tree_is_whole() {
  drop_caches
  show mount -t ext4 "$disk" /mnt
  cp /mnt/sums /tmp/sums
  sums_hold /mnt/tree /tmp/sums
  show umount /mnt
}

# remove_and_rescan: as a person does it on a host without hot plug.
remove_and_rescan() {
  printf '$ echo 1 >%s/remove; echo 1 >/sys/bus/pci/rescan\n' "$device"
  echo 1 >"$device/remove"
  [ ! -e "$device" ] || fail "the device is still there"
  echo 1 >/sys/bus/pci/rescan
  wait_until 30 "the device to be found again" test -e "$device/nvme"
  wait_until 60 "the controller to be live" is_live
  wait_until 30 "$disk" test -b "$disk"
}

if mount -t ext4 -o ro "$disk" /mnt 2>/dev/null; then
  umount /mnt
  step "second boot: what was written before is there"
  tree_is_whole
  show e2fsck -f -n "$disk"
  kernel_log_holds_only 'EXT4-fs \(nvme0n1\): mounted filesystem [0-9a-f-]+ ro with ordered data mode'
  exit 0
fi

step "PCI"
show lspci -n
printf '$ lspci -vv -s %s\n' "$pci_address"
lspci -vv -s "$pci_address" 2>/dev/null | tee /tmp/lspci
expect "class and ID" "$(lspci -n -s "$pci_address" | cut -d ' ' -f 2,3)" "0108: $RIG_PCI_ID"
grep -q 'Region 0: Memory at .*64-bit, .*size=1M' /tmp/lspci || fail "BAR 0 is not a 64-bit BAR of 1 MiB"
expect "number of BARs and ROMs" "$(grep -c 'Region \|Expansion ROM' /tmp/lspci)" 1
grep -q 'MSI-X: Enable+' /tmp/lspci || fail "MSI-X is not enabled"
grep -q 'Vector table: BAR=0 offset=00002000' /tmp/lspci || fail "the MSI-X table is not in BAR 0"
if grep -q 'Address Translation Service\|Page Request Interface' /tmp/lspci; then fail "ATS or PRI is visible: hosts with an IOMMU would use it"; fi
grep -q 'Kernel driver in use: nvme' /tmp/lspci || fail "Linux's nvme driver is not bound"

step "Identify"
show nvme list
show nvme id-ctrl "$controller"
nvme id-ctrl "$controller" >/tmp/id-ctrl
expect "vid" "$(field vid </tmp/id-ctrl)" "0x${RIG_PCI_ID%:*}"
expect "model" "$(field mn </tmp/id-ctrl)" "$RIG_MODEL"
expect "mdts" "$(field mdts </tmp/id-ctrl)" "$RIG_MDTS"
expect "size of $disk" "$(lsblk -b -n -d -o SIZE "$disk" | tr -d ' ')" "$RIG_SIZE_BYTES"
expect "queue pairs, the admin queue included" "$(cat "/sys/class/nvme/$(name)/queue_count")" "$((RIG_QUEUES + 1))"

step "fio writes and verifies"
fio_run() {
  printf -- '-- %s\n' "$*"
  fio --name=job --filename="$disk" --direct=1 --numjobs=2 --iodepth=16 --offset_increment=200m --group_reporting=1 --ioengine=libaio \
    --cpus_allowed=0-1 --cpus_allowed_policy=split --verify=crc32c --verify_fatal=1 --verify_dump=0 --randseed=20 --thread=1 "$@" \
    >/tmp/fio 2>&1 || { cat /tmp/fio; fail "fio: $*"; }
  grep -E 'read:|write:|err=' /tmp/fio
  grep -q 'err= 0' /tmp/fio || fail "fio reports an error: $*"
}
fio_run --size=4m --rw=randwrite --bsrange=512-1m
fio_run --size=1m --rw=randrw --bssplit=512/25:4k/50:64k/25 --fsync=16 --verify_backlog=16
# Blank again, so that a reboot which loses everything is noticed.
show nvme write-zeroes "$disk" --start-block=0 --block-count=2047

step "a file system"
show mkfs.ext4 -q -F "$disk"
show mount -t ext4 "$disk" /mnt
mkdir -p /mnt/tree
cp -a /usr/sbin /mnt/tree/
sums /mnt/tree /tmp/sums
cp /tmp/sums /mnt/sums
show umount /mnt
tree_is_whole

step "hot reset by the host"
show cat "$device/reset_method"
grep -q bus "$device/reset_method" || fail "this function cannot be reset by its bus"
echo bus >"$device/reset_method"
printf '$ echo 1 >%s/reset\n' "$device"
echo 1 >"$device/reset" || fail "the reset was refused"
wait_until 60 "the controller to be live" is_live
tree_is_whole

step "removed and found again"
remove_and_rescan
tree_is_whole

step "the firmware is killed and started again by the board's init"
# The new firmware keeps the link and what the host has configured, but knows nothing of the controller's earlier life: CC reads 0 again
# (NVMe 2.1 section 3.1.4.5), and the host has to reset the controller.
bar0=$(head -n 1 "$device/resource" | cut -d ' ' -f 1)
register() { devmem "$(printf '0x%x' $((bar0 + $1)))" 32; }
expect "CC.EN before" "$(($(register 0x14) & 1))" 1
is_fresh() { [ "$(register 0x14)" = 0x00000000 ] && [ "$(register 0x8)" != 0xFFFFFFFF ] && [ "$(register 0x8)" != 0x00000000 ]; }
note "kill-firmware"
wait_until 60 "the new firmware" is_fresh
expect "bus master and memory space" "$(($(printf '%d' "0x$(setpci -s "$pci_address" COMMAND)") & 6))" 6
show nvme reset "/dev/$(name)"
wait_until 60 "the controller to be live" is_live
tree_is_whole
note "survived the firmware's death"

kernel_log_holds_only 'nvme nvme[0-9]+: resetting controller$'
step "reboot -f"
reboot -f
sleep 60
fail "reboot -f did nothing"
