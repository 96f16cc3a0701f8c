#!/bin/bash
# run-builtin.sh - shows the SSD to the userspace host of tools/HostDriver: starts nvmepf over a file and takes the host's tour.
#
# Usage: tools/rig/run-builtin.sh BINARY HOST
#   BINARY     the published nvmepf
#   HOST       the published nvmepf-host
#
# It needs no download and no virtual machine, and so says nothing of how a real operating system takes this SSD: run.sh does.
set -euo pipefail

die() {
  printf 'rig: %s\n' "$*" >&2
  exit 1
}

[[ $# -eq 2 ]] || die "which binaries? tools/rig/run-builtin.sh BINARY HOST"
firmware=$1 host=$2
for program in "$firmware" "$host"; do
  [[ -f $program && -x $program ]] || die "there is no program $program; ./build.sh publish makes it"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-run.XXXXXX")
server=''

# shellcheck disable=SC2317  # the trap calls it
clean_up() {
  if [[ -n $server ]] && kill "$server" 2>/dev/null; then
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

"$firmware" --vfio-user "$work/socket" --namespace "file:$work/disk.img,size=1G" &
server=$!
for ((i = 0; i < 100; i++)); do
  [[ -S $work/socket/cntrl ]] && break
  kill -0 "$server" 2>/dev/null || die "nvmepf ended before it served; its words are above"
  sleep 0.1
done
[[ -S $work/socket/cntrl ]] || die "nvmepf did not serve $work/socket/cntrl within 10 s"
"$host" --socket "$work/socket" tour
