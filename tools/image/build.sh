#!/bin/bash
# build.sh - makes the board's root file system: an initramfs whose init starts the firmware at power-on and whenever it ends.
#
# Usage: tools/image/build.sh NVMEPF OUTPUT [NAME=VALUE...]
#   NVMEPF         the published firmware binary, unmodified
#   OUTPUT         the initramfs (cpio) to write
#   NAME=VALUE     replaces a setting of rootfs/etc/nvmepf.conf
#
# The userland (busybox, C library) is the rig's guest's; run tools/rig/provision.sh first. For a real board take the rootfs folder and the
# firmware of out/linux-arm64 over into any distribution: an inittab line or a service unit is all that is needed (docs/hardware-bring-up.md).
set -euo pipefail
image_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/rig/paths.sh
. "$image_dir/../rig/paths.sh"

case ${1:-} in -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;; esac
(($# >= 2)) || rig_die "which firmware, and where to? tools/image/build.sh NVMEPF OUTPUT; try --help"
firmware=$1 output=$2
shift 2
[[ -x $firmware ]] || rig_die "there is no program $firmware; ./build.sh publishes it"
[[ -r $rig_cache/guest/base.cpio ]] || rig_die "there is no userland in $rig_cache; run tools/rig/provision.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cp -a "$image_dir/rootfs/." "$root/"
install -D -m 755 "$firmware" "$root/usr/sbin/nvmepf"
# The mathematics library, which the firmware is linked to, is in the archive of the guest's fio: the same C library's.
(cd "$root" && "$rig_cache/guest/busybox" cpio --quiet -i -d usr/lib/x86_64-linux-gnu/libm.so.6 <"$rig_cache/guest/fio.cpio")
for setting; do
  [[ $setting =~ ^[A-Z_]+= ]] || rig_die "$setting: expected NAME=VALUE"
  printf "%s='%s'\n" "${setting%%=*}" "$(printf '%s' "${setting#*=}" | sed "s/'/'\\\\''/g")" >>"$root/etc/nvmepf.conf"
done
cp "$rig_cache/guest/base.cpio" "$output"
(cd "$root" && find . | "$rig_cache/guest/busybox" cpio --quiet -o -H newc -R 0:0) >>"$output"
