#!/bin/bash
# provision.sh - gets what the rig needs: QEMU with a vfio-user client, a Linux guest kernel, the guest's tools.
#
# Usage: tools/rig/provision.sh [--force] [--where]
#   --force   build everything anew
#   --where   only print the cache directory
#
# All of it comes from Debian (trixie and trixie-backports), by the mirror that this machine's own apt sources name, verified by apt, into
# ${XDG_CACHE_HOME:-$HOME/.cache}/nvmepf/rig. No package of the machine is touched and no root is needed. A machine that has QEMU >= 10.1 on
# its PATH uses that. The first run downloads about 150 MB; when everything is there, a run takes no time and no network. An interrupted run
# leaves nothing half-built: run it again.
#
# Environment: NVMEPF_CACHE          replaces ${XDG_CACHE_HOME:-$HOME/.cache}/nvmepf
#              NVMEPF_DEBIAN_MIRROR  replaces the mirror of the machine's apt sources
#
# It does not install anything on the machine, and does not update what is cached: use --force for newer packages.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/apt-root.sh
. "$rig_dir/apt-root.sh"
# shellcheck source=tools/rig/parts.sh
. "$rig_dir/parts.sh"

# Raise the number when what a part contains changes: caches of an older recipe are then built anew.
qemu_recipe=1
guest_recipe=2

# What the guest can run, by its place in the package tree; and the kernel modules that it may need (where they are not built in).
guest_tools=(usr/sbin/{nvme,mkfs.ext4,e2fsck,blkdiscard} usr/bin/{lspci,setpci,lsblk,dd,split})
guest_packages=(busybox-static nvme-cli pciutils util-linux e2fsprogs coreutils fio zstd)
guest_modules=(nvme ext4 nvme-tcp nvmet nvmet-tcp null_blk)

main() {
  local force=0
  while (($#)); do
    case $1 in
      --force) force=1 ;;
      --where) printf '%s\n' "$rig_cache"; exit ;;
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      *) rig_die "unknown option $1; try --help" ;;
    esac
    shift
  done
  [[ $(uname -m) == x86_64 ]] || rig_die "the rig runs on x86-64 machines; this one is $(uname -m)"
  lock_cache

  if ((force)); then rm -rf "$rig_cache"/{qemu,guest,accelerator}; fi
  if ! have_qemu || ! have guest "$guest_recipe"; then
    prepare 1000
    have_qemu || build_qemu
    have guest "$guest_recipe" || build_guest
    rm -rf "$apt_root"
  fi
  probe_accelerator
  rig_say "ready: $("$(rig_qemu)" --version | sed -n '1s/ emulator version / /p'), guest Linux $(<"$rig_cache/guest/release")," \
    "$(tail -n 1 "$rig_cache/accelerator"), in $rig_cache"
}

# A private QEMU of an older recipe does not count; a suitable one on the PATH always does.
have_qemu() {
  local own
  if own=$(type -P qemu-system-x86_64) && rig_qemu_suits "$own"; then return 0; fi
  have qemu "$qemu_recipe"
}

build_qemu() {
  # The closure in one suite: QEMU's and SeaBIOS's versions belong together.
  apt_root_fetch "QEMU" "$work/qemu" install --download-only --no-install-recommends -t trixie-backports qemu-system-x86
  rm -rf "$work"/qemu/usr/share/{doc,man,locale,info,lintian,bug}
  # QEMU looks for its data beside its executable, which here is the loader; hence the -L.
  cat >"$work/qemu/qemu-system-x86_64" <<'EOF'
#!/bin/sh
here=$(dirname "$0")/usr
exec "$here/lib64/ld-linux-x86-64.so.2" --library-path "$here/lib/x86_64-linux-gnu" "$here/bin/qemu-system-x86_64" \
  -L "$here/share/qemu" -L "$here/share/seabios" -L "$here/lib/ipxe/qemu" "$@"
EOF
  chmod +x "$work/qemu/qemu-system-x86_64"
  rig_qemu_suits "$work/qemu/qemu-system-x86_64" || rig_die "the QEMU that Debian gave has no vfio-user client (QEMU >= 10.1 is needed)"
  install_part qemu "$qemu_recipe"
}

build_guest() {
  local release
  local -a kernel_packages
  mkdir "$work/guest"
  apt_root_fetch "the guest's tools" "$work/tree" install --download-only --no-install-recommends "${guest_packages[@]}"
  release=$(newest_kernel linux-image-cloud-amd64)
  mapfile -t kernel_packages < <(kernel_packages_of "$release")
  apt_root_fetch "Linux $release" "$work/kernel" download -t trixie-backports "${kernel_packages[@]}"
  rig_say "building the guest's kernel and file systems"
  cp "$work/tree/usr/bin/busybox" "$work/guest/busybox"
  extract_kernel "$release"
  pack_base "$release"
  pack_fio
  printf '%s\n' "$release" >"$work/guest/release"
  install_part guest "$guest_recipe"
}

# Runs a program of the guest's tree here, by the tree's own loader and libraries.
in_tree() {
  local program=$1 lib=$work/tree/usr/lib/x86_64-linux-gnu
  shift
  # fio's Ceph client keeps a library in a folder of its own.
  "$work/tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib:$lib/ceph" "$work/tree/$program" "$@"
}

# The loader's words on what $1 of the guest's tree needs: one library path a line.
libraries_of() {
  local lib=$work/tree/usr/lib/x86_64-linux-gnu
  "$work/tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib:$lib/ceph" --list "$work/tree/$1" | awk '$2 == "=>" { print $3 }'
}

# Takes the uncompressed ELF kernel out of the bzImage (boot protocol: setup_sects at 1F1h, payload_offset at 248h, payload_length at 24Ch):
# QEMU starts it directly, which saves the guest two seconds of unpacking. A kernel that is not packed with zstd is used as it is.
extract_kernel() {
  local image setup offset length
  image=$(find "$work/kernel" -name "vmlinuz*" -type f -print -quit)
  [[ -n $image ]] || rig_die "the kernel packages hold no kernel image"
  setup=$(od -An -tu1 -j $((0x1f1)) -N1 "$image")
  offset=$(od -An -tu4 -j $((0x248)) -N4 "$image")
  length=$(od -An -tu4 -j $((0x24c)) -N4 "$image")
  # The payload's last four bytes are its unpacked length.
  tail -c +$(((setup + 1) * 512 + offset + 1)) "$image" | head -c $((length - 4)) >"$work/payload" || true
  if in_tree usr/bin/zstd -q -d -f -o "$work/guest/kernel" "$work/payload" 2>/dev/null &&
    [[ $(head -c 4 "$work/guest/kernel" | od -An -tx1 | tr -d ' ') == 7f454c46 ]]; then
    return
  fi
  cp -f "$image" "$work/guest/kernel"
}

# base.cpio: busybox, the tools of every scenario with their libraries, and what is modular of nvme and ext4. Uncompressed: the guest is an
# emulated processor, unpacking costs it more than the reading.
pack_base() {
  local tree=$work/tree root=$work/base tool library
  mkdir -p "$root"/{dev,proc,sys,run,tmp,mnt,rig,etc} "$root"/usr/{bin,sbin,lib/x86_64-linux-gnu,lib64,share/misc}
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
  cp "$tree/usr/bin/busybox" "$root/usr/bin/busybox"
  cp -L "$tree/usr/lib64/ld-linux-x86-64.so.2" "$root/usr/lib64/"
  cp "$tree/etc/mke2fs.conf" "$root/etc/"
  cp -L "$tree/usr/share/misc/pci.ids" "$root/usr/share/misc/"
  for tool in "${guest_tools[@]}"; do
    # All of them in sbin, which is first on the guest's PATH; busybox's names go to bin.
    cp -L "$tree/$tool" "$root/usr/sbin/"
    for library in $(libraries_of "$tool"); do cp -L "$library" "$root/usr/lib/x86_64-linux-gnu/"; done
  done
  pack_modules "$1" "$root"
  pack "$root" "$work/guest/base.cpio" "$work/guest/busybox"
}

# The modules that the guest needs, with what they depend on; most kernels have both built in, and then there is nothing to do.
pack_modules() {
  local release=$1 root=$2 module file
  local from=$work/kernel/usr/lib/modules/$release to=$root/usr/lib/modules/$release
  mkdir -p "$to"
  find "$from" -name '*.ko.xz' -exec "$work/guest/busybox" unxz {} +
  "$work/guest/busybox" depmod -b "$work/kernel" "$release" 2>/dev/null
  for module in "${guest_modules[@]}"; do
    # A line of modules.dep is "module: what it needs ...".
    sed -n "s,^\(.*/$module\.ko\):\(.*\),\1\2,p" "$from/modules.dep" | tr ' ' '\n' | while read -r file; do
      [[ -n $file ]] || continue
      mkdir -p "$to/$(dirname "$file")"
      cp "$from/$file" "$to/$file"
    done
  done
  "$work/guest/busybox" depmod -b "$root" "$release" 2>/dev/null
}

# fio.cpio: fio and what it links (55 MB, Ceph's and Gluster's clients among it), apart, so that only the scenarios that use fio carry it.
pack_fio() {
  local root=$work/fio library
  mkdir -p "$root"/usr/{sbin,lib/x86_64-linux-gnu}
  cp -L "$work/tree/usr/bin/fio" "$root/usr/sbin/"
  for library in $(libraries_of usr/bin/fio); do cp -L "$library" "$root/usr/lib/x86_64-linux-gnu/"; done
  pack "$root" "$work/guest/fio.cpio" "$work/guest/busybox"
}

# KVM where it works, else emulation. /dev/kvm may be there and yet not boot a kernel (nested under another hypervisor), so it is tried.
# The first line of the file says for which machine and guest the answer holds.
probe_accelerator() {
  local key answer="emulated processor (TCG)"
  key="$(uname -srvm) $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  key+=" $("$(rig_qemu)" --version | head -n 1) $(<"$rig_cache/guest/release")"
  if [[ -r $rig_cache/accelerator && $(head -n 1 "$rig_cache/accelerator") == "$key" ]]; then return; fi
  if [[ -r /dev/kvm && -w /dev/kvm ]]; then
    rig_say "trying whether /dev/kvm boots the guest (20 s at most)"
    if "$rig_dir/boot.sh" --accelerator kvm --cpus 1 --time-limit 20 --script nothing >/dev/null 2>&1 9>&-; then answer="KVM"; fi
  fi
  printf '%s\n%s\n' "$key" "$answer" >"$rig_cache/accelerator.new"
  mv "$rig_cache/accelerator.new" "$rig_cache/accelerator"
}

main "$@"
