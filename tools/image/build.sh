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
# shellcheck source=tools/rig/parts.sh
. "$rig_dir/parts.sh"

case ${1:-} in -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;; esac
(($# >= 2)) || rig_die "which firmware, and where to? tools/image/build.sh NVMEPF OUTPUT; try --help"
firmware=$1 output=$2
shift 2
[[ -x $firmware ]] || rig_die "there is no program $firmware; ./build.sh publishes it"
[[ -r $rig_cache/guest/base.cpio ]] || rig_die "there is no userland in $rig_cache; run tools/rig/provision.sh"

work=$(mktemp -d)
root=$work/root
mkdir "$root"
cp -a "$image_dir/rootfs/." "$root/"
add_program "$firmware" "$root" nvmepf
for setting; do
  [[ $setting =~ ^[A-Z_]+= ]] || rig_die "$setting: expected NAME=VALUE"
  printf "%s='%s'\n" "${setting%%=*}" "$(printf '%s' "${setting#*=}" | sed "s/'/'\\\\''/g")" >>"$root/etc/nvmepf.conf"
done
pack "$root" "$work/root.cpio" "$rig_cache/guest/busybox"
cat "$rig_cache/guest/base.cpio" "$work/root.cpio" >"$output"
