# board-carveout: the host's side of a board that has its buffers and BAR memory in a reserved region and copies with its CPU: it has to be
# right, and is slow. Settings: RIG_MODEL, RIG_SIZE_BYTES.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

step "Identify"
nvme id-ctrl "$controller" >/tmp/id-ctrl
expect "model" "$(field mn </tmp/id-ctrl)" "$RIG_MODEL"
expect "size of $disk" "$(lsblk -b -n -d -o SIZE "$disk" | tr -d ' ')" "$RIG_SIZE_BYTES"

step "write, then read"
head -c 262144 /dev/urandom >/tmp/noise
for size in 512 4096 65536; do
  dd if=/tmp/noise of="$disk" bs="$size" count=4 seek=1 oflag=direct conv=notrunc 2>/dev/null || fail "cannot write by $size bytes"
  dd if="$disk" of=/tmp/back bs="$size" count=4 skip=1 iflag=direct 2>/dev/null || fail "cannot read by $size bytes"
  head -c $((4 * size)) /tmp/noise | cmp - /tmp/back || fail "what was read by $size bytes is not what was written"
  printf 'ok: 4 times %s bytes\n' "$size"
done

kernel_log_holds_only
