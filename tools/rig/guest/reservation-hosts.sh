# What both halves of the reservations scenario share: host A behind controller 1, host B behind controller 2, without multipath, so that
# each host has a block device of its own for the one namespace. Sourced.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/pair.sh
. /rig/pair.sh

have_disks() { [ -n "$(disks 1 "$first")" ] && [ -n "$(disks 1 "$second")" ]; }
wait_until 30 "a disk of each controller" have_disks
disk_a=$(disks 1 "$first")
disk_b=$(disks 1 "$second")

# be CONTROLLER BYTE: the host behind the controller is from here on the one whose identifier begins with BYTE (hexadecimal).
be() {
  printf "\\x$2\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\1" >/tmp/identifier
  show nvme set-feature "/dev/$1" --feature-id=0x81 --value=1 --data-len=16 --data=/tmp/identifier
}

# may_read DISK, may_write DISK: "yes", "conflict", or what dd said instead.
may_read() { verdict dd if="$1" of=/dev/null bs=4k count=1 iflag=direct; }
may_write() { verdict dd if=/dev/zero of="$1" bs=4k count=1 oflag=direct conv=notrunc; }
verdict() {
  if "$@" 2>/tmp/verdict; then
    echo yes
  elif grep -q 'Invalid exchange' /tmp/verdict; then
    # EBADE, which is what Linux makes of Reservation Conflict.
    echo conflict
  else
    cat /tmp/verdict
  fi
}

# allowed WHO DISK READ WRITE: what the host may do.
allowed() { expect "$1: read, write" "$(may_read "$2"), $(may_write "$2")" "$3, $4"; }

report() { nvme resv-report "$disk_b" --eds >/tmp/report || fail "no report"; }

# kernel_log_is_as_expected REGEX...: what conflicts and two disks of one namespace make the kernel say, and the expressions.
kernel_log_is_as_expected() {
  kernel_log_holds_only 'I/O Cmd\(0x[12]\) @ LBA 0, 8 blocks, I/O Error \(sct 0x0 / sc 0x83\) ' 'reservation conflict error, dev nvme[01]n[12], ' \
    'Found shared namespace [12], but multipathing not supported' 'Shared namespace support requires core_nvme.multipath=Y' "$@"
}
