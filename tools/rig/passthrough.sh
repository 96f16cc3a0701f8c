#!/bin/bash
# passthrough.sh - the firmware inside a Linux guest passes commands on to a controller of that guest: a drive that QEMU emulates, or the kernel's
# own NVMe/TCP target over loopback. The userspace host in the same guest writes and reads through it.
#
# Usage: tools/rig/passthrough.sh NAME --nvmepf BINARY --host BINARY [options]
#   NAME             drive: identity, filter, data compared with the drive itself, removal and return of the drive under writes;
#                    its controller stopped and started beside another; then a namespace on the drive, whose transfers are polled for
#                    tcp: connects to a target, the target's port goes and comes back under writes, so do the network and the whole connection
#   --nvmepf BINARY  the firmware, as published
#   --host BINARY    nvmepf-host, as published
#
# The guest's console goes to standard output; exit status 0: everything held. It does not provision (provision.sh does) nor build.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/parts.sh
. "$rig_dir/parts.sh"

name='' firmware='' host=''

parse() {
  while (($#)); do
    case $1 in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      --nvmepf | --host)
        (($# >= 2)) || rig_die "$1 lacks its value; try --help"
        case $1 in
          --nvmepf) firmware=$2 ;;
          --host) host=$2 ;;
        esac
        shift
        ;;
      -*) rig_die "unknown option $1; try --help" ;;
      *) name=$1 ;;
    esac
    shift
  done
  [[ $name == drive || $name == tcp ]] || rig_die "which test, drive or tcp? try --help"
  [[ -f $firmware && -x $firmware ]] || rig_die "which firmware? --nvmepf BINARY; ./build.sh publishes it"
  [[ -f $host && -x $host ]] || rig_die "which host? --host BINARY; ./build.sh publishes it"
}

main() {
  local -a devices=()
  parse "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-passthrough.XXXXXX")
  add_program "$firmware" "$work/programs" nvmepf
  add_program "$host" "$work/programs" nvmepf-host
  pack "$work/programs" "$work/programs.cpio" "$rig_cache/guest/busybox"
  truncate -s 64M "$work/drive" "$work/foreign"
  if [[ $name == drive ]]; then
    # Behind a root port, so that the guest may take it out of the bus and find it again.
    devices=(--qemu-argument -drive --qemu-argument "if=none,id=image,format=raw,discard=unmap,file=$work/drive"
      --qemu-argument -device --qemu-argument "nvme,id=nvme0,drive=image,serial=drive-1,mdts=5,max_ioqpairs=4,bus=pcie.0" --kernel-argument nvme.poll_queues=1
      --qemu-argument -drive --qemu-argument "if=none,id=foreign,format=raw,file=$work/foreign"
      --qemu-argument -device --qemu-argument "nvme-ns,drive=foreign,bus=nvme0,nsid=7,ms=8")
  fi
  "$rig_dir/boot.sh" --script "passthrough-$name" --with-archive "$work/programs.cpio" --cpus 2 --memory 768 --time-limit 400 "${devices[@]}" \
    --kernel-argument nvme_core.multipath_always_on=0
  rig_say "passthrough $name: everything held"
}

main "$@"
