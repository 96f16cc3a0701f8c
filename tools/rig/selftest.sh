#!/bin/bash
# selftest.sh - judges the rig itself, without the firmware: every scenario against QEMU's own NVMe controller, which is known to be good,
# and the ways in which a guest or a scenario can fail, each of which has to be noticed.
#
# Usage: tools/rig/selftest.sh [--failures] [SCENARIO...]
#   --failures    only the part on noticing failures
#   SCENARIO...   only these scenarios
#
# About six minutes on two cores without KVM. The last line is "N passed, N failed"; the exit status is 0 if none failed. It says nothing about
# nvmepf.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

passed=0 failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-selftest.XXXXXX")
trap 'rm -rf "$work"' EXIT

# check TITLE EXPECTED-STATUS EXPECTED-WORDS COMMAND...: the command has to end with that status and say those words.
check() {
  local title=$1 expected=$2 words=$3 status=0
  shift 3
  rig_say "$title ..."
  "$@" >"$work/output" 2>&1 || status=$?
  if ((status == expected)) && grep -q -F -- "$words" "$work/output"; then
    passed=$((passed + 1))
    printf 'passed: %s\n' "$title"
  else
    failed=$((failed + 1))
    sed 's/^/  /' "$work/output"
    printf 'FAILED: %s: status %s instead of %s, or without the words "%s"\n' "$title" "$status" "$expected" "$words"
  fi
}

# guest TEXT OPTIONS...: boots a guest that runs TEXT, with an emulated disk.
guest() {
  printf '%s\n' "$1" >"$work/script"
  shift
  "$rig_dir/boot.sh" --script "$work/script" --emulated "$work/image" --set RIG_STRICT=0 --time-limit 60 "$@"
}

failures() {
  truncate -s 1G "$work/image"
  check "a script's status comes back" 7 "hello" guest 'echo hello; exit 7'
  check "a failed command ends the script" 1 "before" guest 'echo before; false; echo after; exit 0'
  check "a kernel panic is an error" 125 "kernel panic" guest 'echo c >/proc/sysrq-trigger'
  check "a hang is an error" 124 "did not finish within 12 s" guest 'sleep 100' --time-limit 12
  check "one reboot too many is an error" 125 "booted more often" guest 'reboot -f; sleep 60' --boots 2
  check "a missing device is an error" 1 "waited in vain" guest 'RIG_DISK=/dev/nvme9n1; . /rig/prelude.sh'
  check "a kernel message on nvme is noticed" 1 "timeout, completion polled" \
    guest '. /rig/prelude.sh; echo "<4>nvme nvme0: I/O tag 1 QID 1 timeout, completion polled" >/dev/kmsg; kernel_log_holds_only'
  check "a wrong size is noticed" 1 "size of /dev/nvme0n1: expected" "$rig_dir/boot.sh" --script tour --emulated "$work/image" \
    --set RIG_PCI_ID=1b36:0010 --set RIG_SIZE_BYTES=4096 --set RIG_QUEUES=4 --set RIG_MDTS=7 --set RIG_STRICT=0
  check "lost blocks are noticed" 1 "an acknowledged block is lost" "$rig_dir/boot.sh" --script sudden-death-check --emulated "$work/image" \
    --set RIG_DURABLE=10 --set RIG_STRICT=0
  check "a damaged tree is noticed" 1 "differ from their checksums" guest '. /rig/prelude.sh
    make_tree /tmp/tree; sums /tmp/tree /tmp/sums; printf x >>/tmp/tree/files/of/1/bytes/aa; sums_hold /tmp/tree /tmp/sums'
  # QEMU's own fault injection: the thousandth write to the image fails.
  check "a failed write is noticed by fio" 1 "FAILED: fio" "$rig_dir/boot.sh" --script fio-verify --with-fio --set RIG_QUEUES=4 --set RIG_STRICT=0 \
    --qemu-argument -drive --qemu-argument "if=none,id=bad,format=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename=$work/image,$(
      printf 'file.inject-error.0.event=write_aio,file.inject-error.0.iotype=write,file.inject-error.0.sector=1000'
    )" --qemu-argument -device --qemu-argument nvme,drive=bad,serial=bad,max_ioqpairs=4
}

main() {
  local scenario only_failures=0
  local -a scenarios=()
  while (($#)); do
    case $1 in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      --failures) only_failures=1 ;;
      -*) rig_die "unknown option $1; try --help" ;;
      *) scenarios+=("$1") ;;
    esac
    shift
  done
  "$rig_dir/provision.sh"
  if ((${#scenarios[@]} == 0)); then
    failures
    # QEMU's own controller follows no directory, and has neither reactors, reservations nor two paths.
    mapfile -t scenarios < <("$rig_dir/scenario.sh" --list | awk '$1 !~ /^(live-namespaces|reactors|reservations|multipath)$/ { print $1 }')
  fi
  if ! ((only_failures)); then
    for scenario in "${scenarios[@]}"; do
      check "scenario $scenario on QEMU's own controller" 0 "everything held" "$rig_dir/scenario.sh" "$scenario" --emulated
    done
  fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

main "$@"
