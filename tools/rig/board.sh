#!/bin/bash
# board.sh - two machines and a model of the SoC between them: a board that runs the firmware from its init, and a Linux host that uses
# the SSD which the board is.
#
#   machine 1 (board) --- register blocks ---> nvmepf-soc <--- the endpoint's PCI function --- machine 2 (host)
#
# Usage: tools/rig/board.sh SCRIPT --nvmepf BINARY --soc BINARY [options]
#   SCRIPT              what the host runs: tools/rig/guest/SCRIPT.sh, or the path of a script of your own
#   --nvmepf BINARY     the firmware, as published; it runs in machine 1
#   --soc BINARY        the model, as published
#   --set NAME=VALUE    a setting of the board's /etc/nvmepf.conf (repeatable)
#   --board-kernel ARG  more for the board's kernel command line (repeatable)
#   --start STATE       what the model finds done at power-on: cold (default), powered, kernel
#   --boots N           how often the host may boot (1)
#   --time-limit S      for the host, from start to power-off (400)
#   --no-host           only the board: ends when the link is up
#   --keep DIRECTORY    leave the logs there: access.log (every register access), board.log (the board's console), soc.log
#
# The host's console goes to standard output. Exit status 0: the host's script held, the firmware violated nothing that the model
# watches, and the access log shows a bring-up in the right order (board-log.awk). The host may send "RIG-NOTE kill-firmware": the
# firmware is killed with -9, and the board's init starts it again; and "RIG-NOTE start 0" or 1, which is written to the attribute of all
# controllers in the board's CONFIGFS directory (--set CONFIGFS=DIRECTORY).
# It does not provision (provision.sh does) nor build.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/machine.sh
. "$rig_dir/machine.sh"

script='' firmware='' soc='' start=cold boots=1 time_limit=400 keep='' no_host=0
settings=() board_kernel=()
work='' soc_pid='' board_pid='' boot_pid=''
link_limit=180

clean_up() {
  local status=$? pid
  # Ending boot.sh ends its QEMU; the board is only switched off.
  for pid in "$boot_pid" "$board_pid" "$soc_pid"; do
    if [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null; then
      kill -TERM "$pid" 2>/dev/null || true
      wait "$pid" 2>/dev/null || true
    fi
  done
  [[ -n $work ]] || return
  if [[ -n $keep ]]; then
    mkdir -p "$keep"
    cp -f "$work"/{access.log,board.log,soc.log,status} "$keep/" 2>/dev/null || true
  fi
  if ((status != 0)); then
    rig_say "the model's last words:"
    tail -n 20 "$work/soc.log" | sed 's/^/  /' >&2 || true
    rig_say "the board's console:"
    tail -n 40 "$work/board.log" | sed 's/^/  /' >&2 || true
    rig_say "the access log's end:"
    tail -n 30 "$work/access.log" | sed 's/^/  /' >&2 || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

parse() {
  while (($#)); do
    case $1 in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      --no-host) no_host=1 ;;
      --nvmepf | --soc | --set | --board-kernel | --start | --boots | --time-limit | --keep)
        (($# >= 2)) || rig_die "$1 lacks its value; try --help"
        case $1 in
          --nvmepf) firmware=$2 ;;
          --soc) soc=$2 ;;
          --set) settings+=("$2") ;;
          --board-kernel) board_kernel+=("$2") ;;
          --start) start=$2 ;;
          --boots) boots=$2 ;;
          --time-limit) time_limit=$2 ;;
          --keep) keep=$2 ;;
        esac
        shift
        ;;
      -*) rig_die "unknown option $1; try --help" ;;
      *) script=$1 ;;
    esac
    shift
  done
  [[ -n $script ]] || ((no_host)) || rig_die "which script shall the host run? try --help"
  [[ -x $firmware && -f $firmware ]] || rig_die "which firmware? --nvmepf BINARY; ./build.sh publishes it"
  [[ -x $soc && -f $soc ]] || rig_die "which model? --soc BINARY; ./build.sh publishes it"
}

# wait_for SECONDS WHAT SOCKET PID: until the socket is there; PID is the process that makes it.
wait_for() {
  local deadline=$((SECONDS + $1))
  until [[ -S $3 ]]; do
    kill -0 "$4" 2>/dev/null || rig_die "$2: its process ended"
    ((SECONDS < deadline)) || rig_die "$2: not there after $1 s"
    sleep 0.1
  done
}

start_soc() {
  mkdir "$work/b" "$work/h"
  "$soc" --board "$work/b" --host "$work/h" --start "$start" --access-log "$work/access.log" </dev/null 2>"$work/soc.log" &
  soc_pid=$!
  wait_for 15 "the model's socket for the board" "$work/b/cntrl" "$soc_pid"
}

# Machine 1. Its second serial line is a shell, fed through a pipe that stays open.
start_board() {
  local qemu
  qemu=$(rig_qemu) || rig_die "there is no QEMU; run tools/rig/provision.sh"
  "$rig_dir/../image/build.sh" "$firmware" "$work/board.cpio" "${settings[@]}"
  mkfifo "$work/shell.in" "$work/shell.out" "$work/board.console"
  cat <"$work/shell.out" >"$work/shell.log" &
  sed -u 's/\r//g' <"$work/board.console" >"$work/board.log" &
  rig_machine auto 1 1024 1
  rig_with_us "$qemu" "${machine_arguments[@]}" -no-reboot \
    -serial stdio -chardev "pipe,id=shell,path=$work/shell" -serial chardev:shell \
    -kernel "$rig_cache/guest/kernel" -initrd "$work/board.cpio" -append "$rig_kernel_line iomem=relaxed ${board_kernel[*]}" \
    -device "$(rig_vfio_user board pcie.0 "$work/b/cntrl")" </dev/null >"$work/board.console" 2>>"$work/soc.log" &
  board_pid=$!
  exec 8>"$work/shell.in"
}

# The host's wishes, once each, in their order. The board's shell expands what it gets.
serve_notes() {
  local notes
  mapfile -t notes < <(tr -d '\r' <"$work/status" | sed -n 's/^RIG-NOTE //p')
  while ((served < ${#notes[@]})); do
    case ${notes[served++]} in
      kill-firmware)
        rig_say "killing the firmware with -9; init starts it again"
        # shellcheck disable=SC2016
        printf 'kill -9 $(pidof nvmepf)\n' >&8
        ;;
      "start "[01])
        rig_say "start of the board's controllers: ${notes[served - 1]#start }"
        # shellcheck disable=SC2016
        printf '. /etc/nvmepf.conf; for c in "$CONFIGFS"/pci_ep/controllers/*; do echo %s >"$c/start"; done\n' "${notes[served - 1]#start }" >&8
        ;;
    esac
  done
}

run_host() {
  local status=0
  served=0
  : >"$work/status"
  "$rig_dir/boot.sh" --script "$script" --vfio-user-port "$work/h/cntrl" --with-fio --cpus 2 --boots "$boots" --time-limit "$time_limit" \
    --kernel-argument iomem=relaxed --status "$work/status" --set RIG_PCI_ID=1b96:beef --set RIG_QUEUES=2 --set "RIG_MODEL=nvmepf on a board" --set RIG_MDTS=7 \
    --set "RIG_SIZE_BYTES=$((512 << 20))" --set RIG_STRICT=1 &
  boot_pid=$!
  while kill -0 "$boot_pid" 2>/dev/null; do
    serve_notes
    sleep 0.2
  done
  wait "$boot_pid" || status=$?
  boot_pid=
  ((status == 0)) || { rig_say "the host failed with status $status"; exit "$status"; }
}

# Ends the model, so that it sums up, and judges what it saw.
judge() {
  local deadline=$((SECONDS + 10))
  kill -0 "$board_pid" 2>/dev/null || rig_die "the board's machine ended"
  kill -TERM "$soc_pid"
  while kill -0 "$soc_pid" 2>/dev/null; do
    ((SECONDS < deadline)) || rig_die "the model does not end within 10 s of SIGTERM"
    sleep 0.1
  done
  wait "$soc_pid" || rig_die "the model ended with status $?"
  soc_pid=
  grep 'nvmepf-soc: since power-on' "$work/soc.log" >&2 || rig_die "the model did not sum up"
  grep -q 'violations in all: 0$' "$work/soc.log" || rig_die "the firmware did what hardware would punish: $(grep -m 3 'violation:' "$work/soc.log")"
  awk -f "$rig_dir/board-log.awk" "$work/access.log" >&2 || rig_die "the access log does not show a proper bring-up"
}

main() {
  local began
  parse "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-board.XXXXXX")
  : >"$work/board.log"
  : >"$work/access.log"
  start_soc
  began=$SECONDS
  rig_say "the board is switched on"
  start_board
  wait_for "$link_limit" "the link (the model's socket for the host)" "$work/h/cntrl" "$board_pid"
  rig_say "link up $((SECONDS - began)) s after the board was switched on; the board's console so far:"
  sed 's/^/  board| /' "$work/board.log" >&2
  if ! ((no_host)); then run_host; fi
  judge
  rig_say "${script:-board}: everything held"
}

main "$@"
