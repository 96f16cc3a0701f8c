#!/bin/bash
# run.sh - shows the SSD to a real Linux host: starts nvmepf over a file, boots Linux in QEMU against it, prints what that host sees.
#
# Usage: tools/rig/run.sh BINARY [options]
#   BINARY     the published nvmepf
#   options    go to tools/rig/scenario.sh, e.g. --private-memory, --option --poll=adaptive
#
# The tour (lspci, lsblk, nvme id-ctrl, logs, features), ext4 with a tree of files, a short fio with verification; anything that is not as it
# should be ends it with an error. The first run fetches QEMU and the guest from Debian (150 MB, a minute or two); later ones take about a minute.
# It does not build the firmware.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

case ${1:-} in
  -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
  '' | -*) rig_die "which binary? tools/rig/run.sh BINARY; try --help" ;;
esac
firmware=$1
shift
# Before anything is fetched.
[[ -f $firmware && -x $firmware ]] || rig_die "there is no program $firmware; ./build.sh publishes it to out/linux-x64/nvmepf"

"$rig_dir/provision.sh"
rig_say "booting a Linux host against $firmware; its console follows"
exec "$rig_dir/scenario.sh" demo --nvmepf "$firmware" "$@"
