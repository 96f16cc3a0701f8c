#!/bin/bash
# provision-watchdog.sh - gets the watchdog drivers that watchdog.sh needs: modules of the very kernel that provision.sh has got.
#
# Usage: tools/rig/provision-watchdog.sh [--where]
#   --where   only print the directory
#
# It goes into the same cache as provision.sh's, by the same rules, and fetches about 25 MB once.
#
# Environment: NVMEPF_CACHE, NVMEPF_DEBIAN_MIRROR as for provision.sh.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/apt-root.sh
. "$rig_dir/apt-root.sh"
# shellcheck source=tools/rig/parts.sh
. "$rig_dir/parts.sh"

# watchdog: what both need, where it is not built in. i6300esb: QEMU's emulated timer, which resets the machine by itself. softdog: the kernel's timer, which reboots it.
watchdog_modules=(watchdog i6300esb softdog)

main() {
  local release module file
  local -a packages
  case ${1:-} in
    --where) printf '%s\n' "$rig_cache/watchdog"; exit ;;
    -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
    '') ;;
    *) rig_die "unknown option $1; try --help" ;;
  esac
  [[ -r $rig_cache/guest/release ]] || rig_die "there is no guest in $rig_cache; run tools/rig/provision.sh"
  release=$(<"$rig_cache/guest/release")
  lock_cache
  if ! have watchdog "2 $release"; then
    prepare 300
    mapfile -t packages < <(kernel_packages_of "$release" | grep -v '^linux-binary')
    apt_root_fetch "modules of Linux $release (a newer one? then tools/rig/provision.sh --force)" "$work/kernel" \
      download -t trixie-backports "${packages[@]}"
    mkdir "$work/watchdog"
    for module in "${watchdog_modules[@]}"; do
      file=$(find "$work/kernel" -name "$module.ko*" -print -quit)
      # What a kernel has not as a module is left out; watchdog.sh says so where it is asked for it.
      case $file in
        *.xz) "$rig_cache/guest/busybox" unxz -c "$file" >"$work/watchdog/$module.ko" ;;
        *.ko) cp "$file" "$work/watchdog/" ;;
        *) rig_say "Linux $release has no module $module" ;;
      esac
    done
    install_part watchdog "2 $release"
    rm -rf "$apt_root"
  fi
  rig_say "ready: $(cd "$rig_cache/watchdog" && echo *.ko) of Linux $release, in $rig_cache/watchdog"
}

main "$@"
