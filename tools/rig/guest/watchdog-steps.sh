# watchdog: what happens to the firmware, one thing after the other; the last is that nothing turns any more, and the machine is reset.
# Settings: RIG_TIMEOUT, the watchdog's timeout in seconds.
# shellcheck shell=busybox
. /rig/settings
# shellcheck source=tools/rig/guest/basics.sh
. /rig/basics.sh
exec </dev/null >/dev/console 2>&1
notes=/dev/nvme0n1

finish() {
  sync
  echo "RIG-EXIT $1" >/dev/ttyS1
  poweroff -f
}

fail() {
  printf 'FAILED: %s\n' "$*"
  tail -n 20 /tmp/firmware.log
  dmesg | tail -n 20
  finish 1
}

# A firmware that says that it serves, and is not the process $1.
serves_anew() { [ -s /run/nvmepf.pid ] && [ "$(cat /run/nvmepf.pid)" != "$1" ] && kill -0 "$(cat /run/nvmepf.pid)"; }

firmware() { cat /run/nvmepf.pid; }

# outlive WHAT: more than two timeouts pass, the machine is there, and the firmware is the one that it was.
outlive() {
  step "petted: $1"
  before=$(firmware)
  sleep $((RIG_TIMEOUT * 2 + 5))
  [ "$(firmware)" = "$before" ] || fail "the firmware that served is another one now"
  printf 'ok: no reset in %s s at a timeout of %s s\n' $((RIG_TIMEOUT * 2 + 5)) "$RIG_TIMEOUT"
}

wait_until 60 "the disk for notes" test -b "$notes"
wait_until 120 "a firmware that serves" serves_anew none
grep -q 'init' /proc/1/cmdline || fail "the first process is not init: $(cat /proc/1/cmdline)"

if [ "$(head -c 7 "$notes")" = stopped ]; then
  step "the machine was reset, and serves again"
  printf 'ok: process %s serves after the reset\n' "$(firmware)"
  step "the machine is shut down: init has the firmware end in order before it kills"
  poweroff
  sleep 60
  fail "init did not shut the machine down"
fi

[ -c /dev/watchdog ] || fail "there is no watchdog"
ls -l "/proc/$(firmware)/fd" | grep -q '/dev/watchdog' || fail "the firmware has not opened the watchdog"
outlive "a firmware that turns"

step "killed"
before=$(firmware)
kill -KILL "$before"
wait_until 60 "the next firmware" serves_anew "$before"
[ "$(wc -l </tmp/starts)" = 2 ] || fail "init has started it $(wc -l </tmp/starts) times"
printf 'ok: init has started process %s in place of %s\n' "$(firmware)" "$before"
outlive "the one after it, which opened the watchdog that went on"

step "ended in order"
before=$(firmware)
kill -TERM "$before"
wait_until 60 "the next firmware" serves_anew "$before"
grep 'Reactor ran' /tmp/firmware.log || fail "it did not end in order"
# The kernel has said it once, of the one that was killed.
[ "$(dmesg | grep -c 'watchdog did not stop')" = 1 ] || fail "the watchdog was not disarmed"
printf 'ok: it said so, the watchdog was disarmed, init has started process %s\n' "$(firmware)"

step "stopped in the middle: the watchdog has to reset the machine"
printf stopped | dd of="$notes" bs=512 count=1 conv=sync,fsync 2>/dev/null || fail "cannot write the notes"
kill -STOP "$(firmware)"
sleep $((RIG_TIMEOUT * 4 + 60))
fail "the machine goes on although nothing turns"
