# What the passthrough tests share: the firmware over a target, the userspace host, and blocks compared with the target's own device.
# Sourced by each of them in place of prelude.sh: they have no disk of their own to wait for.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/basics.sh
. /rig/basics.sh

socket=/run/nvmepf
firmware_log=/tmp/firmware.log
firmware_pid=

fail() {
  printf 'FAILED: %s\n' "$*"
  printf -- '-- the firmware:\n'
  tail -n 30 "$firmware_log"
  printf -- '-- the last of the kernel log:\n'
  dmesg | tail -n 25
  exit 1
}

# start_firmware OPTION...: serves the target to the userspace host.
start_firmware() { launch_firmware --vfio-user "$socket" --queues 2 "$@"; }

# launch_firmware OPTION...: the same where a file says how.
launch_firmware() {
  mkdir -p "$socket"
  : >>"$firmware_log"
  nvmepf "$@" >>"$firmware_log" 2>&1 &
  firmware_pid=$!
  wait_until 120 "the firmware's socket" test -S "$socket/cntrl"
}

# The firmware must still be there, end by itself on SIGTERM, and have allocated nothing.
stop_firmware() {
  kill -0 "$firmware_pid" || fail "the firmware has ended"
  kill -TERM "$firmware_pid"
  wait "$firmware_pid" || fail "the firmware ended with status $?"
  rm -rf "$socket"
  grep -q 'allocated 0 bytes' "$firmware_log" || fail "the reactor has allocated memory: $(grep allocated "$firmware_log")"
  printf 'ok: the firmware ended by itself, its reactor allocated nothing\n'
}

host() { nvmepf-host --socket "$socket" --timeout 60 "$@" || fail "nvmepf-host $* ended with status $?"; }

# host_fails WORDS COMMAND...: the command has to fail with these words.
host_fails() {
  words=$1
  shift
  nvmepf-host --socket "$socket" --timeout 60 "$@" >/tmp/host.out 2>&1 && fail "nvmepf-host $* succeeded"
  grep -q -- "$words" /tmp/host.out || { cat /tmp/host.out; fail "nvmepf-host $* did not say '$words'"; }
  printf 'ok: %s is answered with %s\n' "$*" "$words"
}

# same_data DISK: what is written through the firmware is on the target, and what is written to the target is read through the firmware.
same_data() {
  head -c 1048576 /dev/urandom >/tmp/out
  host write --lba 2048 --input /tmp/out --flush
  dd if="$1" of=/tmp/in bs=64k skip=16 count=16 iflag=direct 2>/dev/null || fail "$1 cannot be read"
  cmp /tmp/out /tmp/in || fail "what was written through the firmware is not on $1"
  head -c 262144 /dev/urandom >/tmp/out
  dd if=/tmp/out of="$1" bs=64k seek=64 oflag=direct conv=notrunc 2>/dev/null || fail "$1 cannot be written"
  host read --lba 8192 --length 256K --output /tmp/in
  cmp /tmp/out /tmp/in || fail "what was written to $1 is not read through the firmware"
  printf 'ok: data are the same on both sides\n'
}

# outage SECONDS: begins to write in the background; finish_outage judges.
outage() {
  nvmepf-host --socket "$socket" --timeout 60 outage --seconds "$1" --places 512 --expect-errors >/tmp/outage.log 2>&1 &
  outage_pid=$!
  sleep 2
}

finish_outage() {
  wait "$outage_pid" || { cat /tmp/outage.log; fail "outage: status $?"; }
  cat /tmp/outage.log
  tr ',:' '\n\n' </tmp/outage.log | grep '/[0-9a-f]*h)' | grep -v -E 'NamespaceNotReady|CommandInterrupted' && fail "an error has another status"
  printf 'ok: errors while it was away had a status that hosts retry\n'
}
