# How any of the guest's scripts shows, asserts, waits and fails. Sourced by busybox sh; it looks for no device and does nothing by itself.
# A script prints what it sees and ends at the first thing that is wrong, with a line that begins with FAILED. Who has more to show then, or
# another way to end, defines its own fail after this.
#
# busybox's shell prefers its own applets to programs of the same name: where the real one is meant (blkdiscard, dmesg, ...) the path is
# written out.
# shellcheck shell=busybox

step() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'FAILED: %s\n' "$*"
  printf -- '-- the last of the kernel log:\n'
  dmesg | tail -n 25
  exit 1
}

# show COMMAND...: runs it in view; it has to succeed.
show() {
  printf '$ %s\n' "$*"
  "$@" || fail "'$*' ended with status $?"
}

# expect WHAT ACTUAL EXPECTED
expect() {
  [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"
  printf 'ok: %s is %s\n' "$1" "$2"
}

# expect_more WHAT ACTUAL FLOOR: ACTUAL is a number above FLOOR.
expect_more() {
  [ "$2" -gt "$3" ] || fail "$1: expected more than $3, got '$2'"
  printf 'ok: %s is %s, more than %s\n' "$1" "$2" "$3"
}

# wait_until SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_until() {
  deadline=$(($(date +%s) + $1)) waiting_for=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "waited in vain for $waiting_for"
    sleep 0.2
  done
}

# field NAME: the value of "NAME : value" in nvme-cli's plain output on standard input, without separators and units.
field() { sed -n "s/^$1[[:space:]]*:[[:space:]]*//p" | head -n 1 | sed 's/[[:space:]]*$//'; }
