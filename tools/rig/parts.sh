# shellcheck shell=bash
# How a part of the rig (a QEMU, a guest) gets into the cache: one builder at a time, built beside its place and moved there when it is
# complete, counted by the number of its recipe; and how archives for a guest's root are packed. It knows no part. Sourced after paths.sh, by the
# provision scripts after apt-root.sh too, and by whoever packs something for a guest. What is in the directory $work goes at the end.

work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
# An orderly end for each of these, so that the trap above runs.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Makes the cache and makes this run its only builder.
lock_cache() {
  mkdir -p "$rig_cache" 2>/dev/null || rig_die "$rig_cache cannot be made. Set NVMEPF_CACHE to a directory that can."
  need_tools flock
  exec 9>"$rig_cache/lock"
  flock -n 9 || { rig_say "another run is filling $rig_cache; waiting for it"; flock 9; }
}

# have PART RECIPE: true if the cache holds PART, built completely by this recipe.
have() { [[ -r $rig_cache/$1/recipe && $(<"$rig_cache/$1/recipe") == "$2" ]]; }

need_tools() {
  local tool
  local -a missing=()
  for tool; do type -P "$tool" >/dev/null || missing+=("$tool"); done
  ((${#missing[@]} == 0)) ||
    rig_die "missing on this machine: ${missing[*]}. They belong to Debian's apt, dpkg, gpgv, util-linux, tar, awk and coreutils packages;" \
      "as root: apt-get install apt dpkg gpgv util-linux tar mawk coreutils"
}

# prepare MEGABYTES: checks what can be checked before megabytes are fetched, and opens the private apt root.
prepare() {
  local free
  need_tools apt-get apt-config apt-cache dpkg-deb gpgv tar awk sed grep od
  free=$(df -Pk "$rig_cache" | awk 'NR == 2 { print int($4 / 1024) }')
  ((free >= $1)) || rig_die "$rig_cache has $free MB free; building the rig takes $1 MB, keeping it 400 MB. Set NVMEPF_CACHE to a roomier place."
  # Only leavings: whoever holds the lock is the only builder.
  rm -rf "$rig_cache"/build.*
  work=$(mktemp -d "$rig_cache/build.XXXXXX")
  apt_root_open
}

# install PART RECIPE: moves a finished build to its place. The recipe file is what makes it count.
install_part() {
  printf '%s\n' "$2" >"$work/$1/recipe"
  rm -rf "${rig_cache:?}/$1"
  mv "$work/$1" "$rig_cache/$1"
}

# Prints the release of the newest kernel in backports, as the meta package $1 names it.
newest_kernel() {
  apt-cache -o APT::Default-Release=trixie-backports depends "$1" |
    sed -n 's/^ *Depends: linux-image-\([0-9][^:]*\).*$/\1/p' | grep . || rig_die "$1 names no kernel"
}

# Prints the packages that hold kernel release $1 (of architecture $2, if it is not the machine's own): one image package, or (since 7.0) one for
# the kernel and one for the modules.
kernel_packages_of() {
  if apt-cache show "linux-binary-$1${2:+:$2}" >/dev/null 2>&1; then
    printf '%s\n' "linux-binary-$1${2:+:$2}" "linux-modules-$1${2:+:$2}"
  else
    printf '%s\n' "linux-image-$1${2:+:$2}"
  fi
}

# pack DIRECTORY ARCHIVE BUSYBOX: a cpio archive as the kernel wants it, owned by root; made by a busybox of this machine's architecture.
pack() { (cd "$1" && find . | "$3" cpio --quiet -o -H newc -R 0:0) >"$2"; }

# add_program BINARY ROOT NAME: a published program for the guest, and the mathematics library that it links, which is in the archive of the
# guest's fio: the same C library's.
add_program() {
  install -D -m 755 "$1" "$2/usr/sbin/$3"
  (cd "$2" && "$rig_cache/guest/busybox" cpio --quiet -i -d -u usr/lib/x86_64-linux-gnu/libm.so.6 <"$rig_cache/guest/fio.cpio")
}
