#!/bin/bash
# watchdog.sh - the firmware under BusyBox's init as a guest's first process, with a watchdog that really resets the machine: petted while the
# main loop turns; the firmware killed and started again; ended in order; stopped in the middle, whereupon the watchdog fires; and the machine's
# shutdown, at which init has it end in order.
#
# Usage: tools/rig/watchdog.sh --nvmepf BINARY [--kind i6300esb|softdog] [--timeout SECONDS]
#   --nvmepf BINARY    the firmware, as published
#   --kind KIND        i6300esb (default): a timer of the emulated machine, which resets it; softdog: the kernel's own, which reboots
#   --timeout SECONDS  what the firmware sets the watchdog to (20)
#
# The guest's console goes to standard output; exit status 0: everything held. provision.sh and provision-watchdog.sh come before it.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/parts.sh
. "$rig_dir/parts.sh"

firmware='' kind=i6300esb timeout=20

parse() {
  while (($#)); do
    case $1 in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
    esac
    (($# >= 2)) || rig_die "option $1 is unknown or lacks its value; try --help"
    case $1 in
      --nvmepf) firmware=$2 ;;
      --kind) kind=$2 ;;
      --timeout) timeout=$2 ;;
      *) rig_die "unknown option $1; try --help" ;;
    esac
    shift 2
  done
  [[ $kind == i6300esb || $kind == softdog ]] || rig_die "--kind $kind: allowed: i6300esb, softdog"
  [[ -f $firmware && -x $firmware ]] || rig_die "which firmware? --nvmepf BINARY; ./build.sh publishes it"
  [[ -r $rig_cache/watchdog/$kind.ko ]] || rig_die "no module $kind in $rig_cache/watchdog; run tools/rig/provision-watchdog.sh"
}

# The firmware with what it links, the driver, and the guest's init: its table makes BusyBox start the firmware for ever.
pack_board() {
  local root=$work/board module count=0
  mkdir -p "$root/etc"
  add_program "$firmware" "$root" nvmepf
  # In the order in which they need each other.
  for module in watchdog "$kind"; do
    if [[ -r $rig_cache/watchdog/$module.ko ]]; then cp "$rig_cache/watchdog/$module.ko" "$root/etc/$((++count))-$module.ko"; fi
  done
  install -m 755 "$rig_dir/guest/watchdog-init.sh" "$root/usr/sbin/watchdog-init"
  install -m 755 "$rig_dir/guest/watchdog-firmware.sh" "$root/usr/sbin/watchdog-firmware"
  install -m 755 "$rig_dir/guest/watchdog-end.sh" "$root/usr/sbin/watchdog-end"
  install -m 755 "$rig_dir/../image/rootfs/usr/sbin/nvmepf-stop" "$root/usr/sbin/nvmepf-stop"
  printf '%s\n' 'READY_FILE=/run/nvmepf.pid' >"$root/etc/nvmepf.conf"
  printf '%s\n' '::sysinit:/rig/watchdog-setup.sh' '::respawn:/usr/sbin/watchdog-firmware' '::once:/usr/bin/sh /rig/script' \
    '::shutdown:/usr/sbin/nvmepf-stop' '::shutdown:/usr/sbin/watchdog-end' >"$root/etc/inittab"
  pack "$root" "$work/board.cpio" "$rig_cache/guest/busybox"
}

main() {
  local -a device=()
  parse "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-watchdog.XXXXXX")
  pack_board
  # What outlives the reset: where the guest writes down how far it had come.
  truncate -s 1M "$work/notes"
  if [[ $kind == i6300esb ]]; then device=(--qemu-argument -device --qemu-argument i6300esb); fi
  "$rig_dir/boot.sh" --script watchdog-steps --with-archive "$work/board.cpio" --emulated "$work/notes" --cpus 2 --memory 512 --boots 2 --time-limit 500 \
    --set "RIG_TIMEOUT=$timeout" --kernel-argument rdinit=/usr/sbin/watchdog-init "${device[@]}"
  rig_say "watchdog $kind: everything held"
}

main "$@"
