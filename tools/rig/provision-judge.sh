#!/bin/bash
# provision-judge.sh - gets what judge.sh needs: QEMU for arm64, Debian's arm64 kernel with the drivers of the RK3588, a device tree compiler.
#
# Usage: tools/rig/provision-judge.sh [--force] [--where]
#   --force   build everything anew
#   --where   only print the directory
#
# It goes into the same cache as provision.sh's, by the same rules: from the Debian mirror of this machine's apt sources (trixie-backports),
# verified by apt, nothing installed, no root. The first run downloads about 160 MB; when everything is there, a run takes no time and no network.
#
# Environment: NVMEPF_CACHE, NVMEPF_DEBIAN_MIRROR as for provision.sh.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/apt-root.sh
. "$rig_dir/apt-root.sh"
# shellcheck source=tools/rig/parts.sh
. "$rig_dir/parts.sh"

# Raise the number when what the part contains changes.
judge_recipe=2

# The only modular driver of the endpoint's chain; clocks, resets, power domains and the endpoint itself are built into Debian's kernel.
phy_module=phy-rockchip-snps-pcie3

main() {
  local force=0
  while (($#)); do
    case $1 in
      --force) force=1 ;;
      --where) printf '%s\n' "$rig_cache/judge"; exit ;;
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      *) rig_die "unknown option $1; try --help" ;;
    esac
    shift
  done
  [[ $(uname -m) == x86_64 ]] || rig_die "the rig runs on x86-64 machines; this one is $(uname -m)"
  lock_cache
  if ((force)) || ! have judge "$judge_recipe"; then
    # The foreign architecture's packages are only unpacked, so the machine's dpkg need not know it.
    apt_root_architectures+=(arm64)
    prepare 1500
    mkdir "$work/judge"
    build_programs
    build_kernel
    install_part judge "$judge_recipe"
    rm -rf "$apt_root"
  fi
  rig_say "ready: $("$rig_cache/judge/qemu-system-aarch64" --version | sed -n '1s/ emulator version / /p'), arm64 Linux" \
    "$(<"$rig_cache/judge/release"), in $rig_cache/judge"
}

# QEMU, the device tree compiler and (to pack archives with) busybox for this machine, run by the loader and libraries they came with.
build_programs() {
  local tree=$work/judge/tree program
  apt_root_fetch "QEMU for arm64" "$tree" install --download-only --no-install-recommends -t trixie-backports \
    qemu-system-arm device-tree-compiler busybox-static
  rm -rf "$tree"/usr/share/{doc,man,locale,info,lintian,bug}
  for program in qemu-system-aarch64 dtc; do
    cat >"$work/judge/$program" <<'END'
#!/bin/sh
here=$(dirname "$0")/tree/usr
exec "$here/lib64/ld-linux-x86-64.so.2" --library-path "$here/lib/x86_64-linux-gnu" "$here/bin/$(basename "$0")" "$@"
END
    chmod +x "$work/judge/$program"
  done
  "$work/judge/qemu-system-aarch64" -M virt -device help 2>/dev/null | grep -q '"vfio-user-pci"' ||
    rig_die "the QEMU that Debian gave has no vfio-user client (QEMU >= 10.1 is needed)"
}

# The kernel image; base.cpio: busybox and the PHY driver, unpacked; libc.cpio: what the firmware is linked to.
build_kernel() {
  local release root=$work/root module image
  local -a kernel_packages
  release=$(newest_kernel linux-image-arm64:arm64)
  mapfile -t kernel_packages < <(kernel_packages_of "$release" arm64)
  apt_root_fetch "Linux $release" "$work/kernel" download -t trixie-backports "${kernel_packages[@]}"
  apt_root_fetch "busybox and the C library for arm64" "$work/guest" download busybox-static:arm64 libc6:arm64
  image=$(find "$work/kernel" -name "vmlinuz*" -type f -print -quit)
  module=$(find "$work/kernel" -name "$phy_module.ko.xz" -print -quit)
  [[ -n $image && -n $module ]] || rig_die "the packages of Linux $release hold no kernel image or no $phy_module"
  # An arm64 Image says so at offset 56; a kernel packed in another way could not be started by the stub of judge.sh.
  [[ $(od -An -tx1 -j 56 -N 4 "$image" | tr -d ' ') == 41524d64 ]] || rig_die "$(basename "$image") of Linux $release is not a plain arm64 Image"
  cp "$image" "$work/judge/kernel"
  mkdir -p "$root"/{bin,dev,proc,sys,lib}
  cp "$work/guest/usr/bin/busybox" "$root/bin/"
  "$work/judge/tree/usr/bin/busybox" unxz -c "$module" >"$root/lib/$phy_module.ko"
  pack "$root" "$work/judge/base.cpio" "$work/judge/tree/usr/bin/busybox"
  mkdir -p "$work/libc/lib"
  cp -L "$work"/guest/usr/lib/aarch64-linux-gnu/{libc.so.6,libm.so.6,ld-linux-aarch64.so.1} "$work/libc/lib/"
  pack "$work/libc" "$work/judge/libc.cpio" "$work/judge/tree/usr/bin/busybox"
  printf '%s\n' "$release" >"$work/judge/release"
}

main "$@"
