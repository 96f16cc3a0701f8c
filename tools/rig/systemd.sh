#!/bin/bash
# systemd.sh - the unit of tools/image under a real systemd: ready by its own word, started again after kill -9 and by the watchdog after it was
# stopped in the middle, ended in order.
#
# Usage: tools/rig/systemd.sh --nvmepf BINARY
#   --nvmepf BINARY  the firmware, as published
#
# systemd runs as a user's manager in namespaces of its own (processes, mounts), so that the machine's init, whatever it is, has nothing to do with
# it; wanted are root and Debian's package systemd. What of the unit is about the start of a machine (orderings, mounts) is left out, and
# the firmware serves a RAM namespace on a socket. Exit status 0: everything held. `systemd-analyze verify` of the whole unit is in tests/Startup.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

manager=/lib/systemd/systemd
unit=$rig_dir/../image/systemd/nvmepf.service

fail() {
  printf 'FAILED: %s\n' "$*"
  systemctl --user status nvmepf || true
  exit 1
}

property() { systemctl --user show -p "$1" --value nvmepf; }

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "waited in vain for $what"
    sleep 0.2
  done
}

serves_with_restarts() { [[ $(property ActiveState) == active && $(property NRestarts) == "$1" ]]; }

# In the namespaces: a manager with nothing but our unit, and what happens to that.
inside() {
  local firmware=$1 pid before
  mount -t tmpfs tmpfs /run
  # The directory says to a user's manager that systemd runs the machine.
  mkdir -p /run/systemd/system /run/user/systemd/user /run/disk
  chmod 700 /run/user
  export XDG_RUNTIME_DIR=/run/user
  sed -E "s,^ExecStart=.*,ExecStart=$firmware --vfio-user /run/disk --namespace ram:16M --lock-memory,; /^(DefaultDependencies|RequiresMountsFor|After|Before|Conflicts)=/d" \
    "$unit" >/run/user/systemd/user/nvmepf.service
  "$manager" --user --unit=nvmepf.service >/dev/null 2>&1 &
  wait_for 60 "a firmware that says that it is ready" serves_with_restarts 0
  [[ -S /run/disk/cntrl ]] || fail "it says that it is ready and does not serve"
  printf 'ok: active by READY=1, %s\n' "$(property Type)"
  pid=$(property MainPID)
  kill -KILL "$pid"
  wait_for 60 "the next one after kill -9" serves_with_restarts 1
  printf 'ok: started again after kill -9\n'
  before=$SECONDS
  kill -STOP "$(property MainPID)"
  wait_for 90 "the next one after a watchdog's timeout" serves_with_restarts 2
  printf 'ok: started again %s s after it was stopped, WatchdogSec=%s\n' $((SECONDS - before)) "$(property WatchdogUSec)"
  systemctl --user stop nvmepf
  [[ $(property Result) == success && $(property ExecMainStatus) == 0 && $(property ActiveState) == inactive ]] || fail "it did not end in order"
  [[ ! -e /run/disk/cntrl ]] || fail "its socket is still there"
  printf 'ok: ended in order with status 0\n'
}

main() {
  local firmware
  case ${1:-} in
    -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
    --nvmepf) firmware=$(realpath -- "${2:?--nvmepf lacks its value; try --help}") ;;
    --inside) inside "$2"; exit ;;
    *) rig_die "which firmware? --nvmepf BINARY; try --help" ;;
  esac
  [[ -x $manager ]] || rig_die "there is no $manager; as root: apt-get install systemd"
  [[ $(id -u) == 0 ]] || rig_die "namespaces want root"
  [[ -x $firmware ]] || rig_die "$firmware is no program; ./build.sh publishes it"
  # What is left in the process namespace ends with its first process.
  unshare --mount --pid --fork --mount-proc "${BASH_SOURCE[0]}" --inside "$firmware"
  rig_say "systemd: everything held"
}

main "$@"
