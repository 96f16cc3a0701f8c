#!/bin/bash
# passthrough.sh - the firmware inside a Linux guest passes commands on to a controller of that guest: a drive that QEMU emulates, or the kernel's
# own NVMe/TCP target over loopback. The userspace host in the same guest writes and reads through it.
#
# Usage: tools/rig/passthrough.sh NAME --nvmepf BINARY --host BINARY [options]
#   NAME             drive: identity, filter, data compared with the drive itself, removal and return of the drive under writes
#                    tcp: connects to a target, the target's port goes and comes back under writes, so does the whole connection
#   --nvmepf BINARY  the firmware, as published
#   --host BINARY    nvmepf-host, as published
#
# The guest's console goes to standard output; exit status 0: everything held. It does not provision (provision.sh does) nor build.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

name='' firmware='' host='' work=''
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

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

# What the guest needs beside its own: the two programs, and the mathematics library that they link, which is in the archive of fio.
pack_programs() {
  local root=$work/programs
  mkdir -p "$root/usr/sbin"
  install -m 755 "$firmware" "$root/usr/sbin/nvmepf"
  install -m 755 "$host" "$root/usr/sbin/nvmepf-host"
  (cd "$root" && "$rig_cache/guest/busybox" cpio --quiet -i -d usr/lib/x86_64-linux-gnu/libm.so.6 <"$rig_cache/guest/fio.cpio")
  (cd "$root" && find . | "$rig_cache/guest/busybox" cpio --quiet -o -H newc -R 0:0) >"$work/programs.cpio"
}

main() {
  local -a devices=()
  parse "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-passthrough.XXXXXX")
  pack_programs
  truncate -s 64M "$work/drive"
  if [[ $name == drive ]]; then
    # Behind a root port, so that the guest may take it out of the bus and find it again.
    devices=(--qemu-argument -drive --qemu-argument "if=none,id=image,format=raw,discard=unmap,file=$work/drive"
      --qemu-argument -device --qemu-argument "nvme,id=nvme0,drive=image,serial=drive-1,mdts=5,max_ioqpairs=4,bus=pcie.0")
  fi
  "$rig_dir/boot.sh" --script "passthrough-$name" --with-archive "$work/programs.cpio" --cpus 2 --memory 768 --time-limit 400 "${devices[@]}" \
    --kernel-argument nvme_core.multipath_always_on=0
  rig_say "passthrough $name: everything held"
}

main "$@"
