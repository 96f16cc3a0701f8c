# shellcheck shell=bash
# What every script of the rig has to agree on: where things are kept, which QEMU is used, and how the scripts speak.
# Sourced, never run. It changes nothing on disk.

# The cache is outside the git tree: a clean checkout does not download again. NVMEPF_CACHE moves it.
if [[ -z "${NVMEPF_CACHE:-}${XDG_CACHE_HOME:-}${HOME:-}" ]]; then
  printf 'rig: error: none of NVMEPF_CACHE, XDG_CACHE_HOME and HOME is set: no place for the cache. Set NVMEPF_CACHE to a directory.\n' >&2
  exit 1
fi
# shellcheck disable=SC2034  # used by the scripts that source this file
rig_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rig_cache=${NVMEPF_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/nvmepf}/rig

# The oldest QEMU with a vfio-user client, as major * 100 + minor.
rig_qemu_oldest=1001

rig_say() { printf 'rig: %s\n' "$*" >&2; }

rig_die() {
  printf 'rig: error: %s\n' "$*" >&2
  exit 1
}

# Prints the help text: the comment block that opens the script.
rig_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }

# True if the QEMU binary $1 is new enough and was built with the vfio-user client.
rig_qemu_suits() {
  local line major minor
  line=$("$1" --version 2>/dev/null | head -n 1) || return 1
  [[ $line =~ version\ ([0-9]+)\.([0-9]+) ]] || return 1
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((major * 100 + minor >= rig_qemu_oldest)) || return 1
  "$1" -device help 2>/dev/null | grep -q '"vfio-user-pci"'
}

# Prints the QEMU to run: the machine's own where it suits, else the private one; fails if there is neither.
rig_qemu() {
  local own
  if own=$(type -P qemu-system-x86_64) && rig_qemu_suits "$own"; then
    printf '%s\n' "$own"
  elif [[ -x $rig_cache/qemu/qemu-system-x86_64 ]]; then
    printf '%s\n' "$rig_cache/qemu/qemu-system-x86_64"
  else
    return 1
  fi
}
