# reset-under-io: controller reset, function level reset, and removal and rescan of the PCI device, each while fio writes and verifies.
# No I/O may fail and the kernel may say only what it says of any SSD. The block device outlives its controller's removal because Linux's
# native multipath holds requests back for a while (delayed_removal_secs) when the last path goes.
# Settings: RIG_ROUNDS (2).
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

# shellcheck source=tools/rig/guest/under-io.sh
. /rig/under-io.sh
pci_address=$(cat "/sys/class/nvme/$(name)/address")
outlive_removal
begin_fio 4 32

for round in $(seq "${RIG_ROUNDS:-2}"); do
  step "round $round: nvme reset"
  show nvme reset "/dev/$(name)"
  progress "nvme reset"

  step "round $round: function level reset"
  printf '$ echo 1 >/sys/bus/pci/devices/%s/reset\n' "$pci_address"
  echo 1 >"/sys/bus/pci/devices/$pci_address/reset" || fail "the reset was refused"
  progress "function level reset"

  step "round $round: remove and rescan"
  remove_and_rescan "$pci_address"
  progress "remove and rescan"
done

end_fio
dmesg | grep nvme | tail -n 20
# While the controller is away, multipath says that it holds requests back.
kernel_log_holds_only 'nvme nvme[0-9]+: resetting controller$' 'block nvme0n1: no usable path - requeuing I/O$'
