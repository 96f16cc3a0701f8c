# What the guest's scenarios share: the disk, trees of files, words to the host side, and what the kernel log may hold. Sourced by each of
# them, by busybox sh; it waits for the disk.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/basics.sh
. /rig/basics.sh

disk=${RIG_DISK:-/dev/nvme0n1}
# shellcheck disable=SC2034  # the scenarios use it
controller=${RIG_CONTROLLER:-/dev/nvme0}

# make_tree DIRECTORY: a tree to copy - the guest's own programs, and some hundred files of awkward sizes in directories of their own.
make_tree() {
  mkdir -p "$1"
  cp -a /usr "$1/"
  for size in 1 511 4096 4097 40000 131073; do
    mkdir -p "$1/files/of/$size/bytes"
    head -c $((size * 50)) /dev/urandom | /usr/sbin/split -b "$size" -a 2 - "$1/files/of/$size/bytes/"
  done
}

# Checksums of a tree of plain files: sums DIRECTORY FILE, sums_hold DIRECTORY FILE.
sums() { (cd "$1" && find . -type f -print0 | xargs -0 sha256sum) >"$2"; }
sums_hold() {
  (cd "$1" && sha256sum -c "$2") >/tmp/sums.log 2>&1 || {
    grep -v ': OK$' /tmp/sums.log | head -n 20
    fail "files in $1 differ from their checksums"
  }
  printf 'ok: %s files in %s have their checksums\n' "$(grep -c ': OK$' /tmp/sums.log)" "$1"
}

# Makes the kernel read from the disk again, not from its cache.
drop_caches() { echo 3 >/proc/sys/vm/drop_caches; }

# The host side reads these from the second serial line.
note() { echo "RIG-NOTE $*" >/dev/ttyS1; }
request() { echo "RIG-REQUEST $*" >/dev/ttyS1; }

# kernel_log_holds_only REGEX...: every error, every warning since the scenario began and every word on nvme must match one of the
# (extended) expressions, or be what any healthy boot says. That a place's further messages were suppressed is no news: the ten that
# it takes to get there were judged, and how many more come within five seconds is the machine's speed.
kernel_log_holds_only() {
  {
    cat <<'EOF'
ommand line:
nvme nvme[0-9]+: pci function [0-9a-f:.]+$
nvme nvme[0-9]+: [0-9]+/[0-9]+/[0-9]+ default/read/poll queues$
nvme nvme[0-9]+: D3 entry latency set to [0-9]+ seconds$
EXT4-fs \(nvme0n1\): mounted filesystem [0-9a-f-]+ r/w with ordered data mode
EXT4-fs \(nvme0n1\): unmounting filesystem
[a-z_]+: [0-9]+ callbacks suppressed$
EOF
    # QEMU's own controller reports identifiers that Linux knows not to trust.
    [ "${RIG_STRICT:-1}" = 1 ] || echo 'nvme nvme[0-9]+: Ignoring bogus Namespace Identifiers$'
    for allowed; do printf '%s\n' "$allowed"; done
  } >/tmp/allowed
  dmesg -r | awk -v since="$kernel_log_since" '
    match($0, /^<[0-9]+>/) { level = substr($0, 2, RLENGTH - 2) % 8 }
    level <= 3 || (level <= 4 && NR > since) || /nvme/ { sub(/^<[0-9]+>/, ""); print }
  ' | grep -v -E -f /tmp/allowed >/tmp/unexpected || true
  if [ -s /tmp/unexpected ]; then
    cat /tmp/unexpected
    fail "the kernel log holds what it should not: the lines above"
  fi
  printf 'ok: the kernel log holds nothing unexpected\n'
}

kernel_log_since=$(dmesg | wc -l)
# Namespaces are scanned in the background.
wait_until 30 "$disk" test -b "$disk"
