#!/bin/bash
# boot.sh - boots one Linux guest with NVMe devices, runs a script in it, and exits with that script's status.
#
# Usage: tools/rig/boot.sh [options] --script NAME
#   --script NAME          what the guest runs: tools/rig/guest/NAME.sh, or the path of a script of your own
#   --set NAME=VALUE       an environment variable for that script (repeatable)
#   --vfio-user SOCKET     attach the device that a server offers on SOCKET (repeatable; the server must already listen)
#   --vfio-user-port SOCKET  the same behind a PCIe root port, so that the guest can reset the link
#   --emulated FILE        attach QEMU's own NVMe controller over the raw image FILE (repeatable): a known good device, to judge scripts by
#   --with-fio             the guest has fio (a second more to boot)
#   --with-archive CPIO    more files for the guest's root (repeatable)
#   --private-memory       guest RAM without a file descriptor: the server must move data by DMA messages
#   --bios-drives          the BIOS sets the drives up before Linux does, as on a PC: many seconds on an emulated processor, as it asks for each NSID
#   --memory MIB           guest RAM (1024)
#   --cpus N               guest processors (4)
#   --accelerator NAME     tcg, kvm, or auto (what provision.sh found to work)
#   --boots N              how often the guest may boot: N - 1 reboots are part of the script (1)
#   --time-limit SECONDS   from start to power-off (180)
#   --status FILE          where the guest's status lines go: RIG-BOOT, RIG-NOTE text, RIG-REQUEST what, RIG-EXIT n
#   --pid FILE             where QEMU's process id goes
#   --qmp SOCKET           a QMP server for the caller's own use
#   --kernel-argument ARG  more for the kernel's command line (repeatable)
#   --qemu-argument ARG    more for QEMU (repeatable)
#
# The console (kernel and script) goes to standard output. Exit status: the script's (0 to 100), or
#   124  the time limit passed
#   125  the rig failed: QEMU ended early, the kernel panicked, the guest did not power off, or booted more often than it should
#
# It does not start or stop the server of a vfio-user socket, and does not fetch anything: run provision.sh first.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/machine.sh
. "$rig_dir/machine.sh"

script='' status='' pid_file='' qmp='' accelerator=auto
with_fio=0 private_memory=0 bios_drives=0 memory=1024 cpus=4 boots=1 time_limit=180
device_count=0 settings=() archives=() devices=() kernel_arguments=() qemu_arguments=()
qemu_pid='' work=''

# What a rig failure exits with; above what a guest script may use.
exit_time_limit=124
exit_rig=125

# How long a guest that has finished its script may take to power off (it flushes and shuts the controllers down).
power_off_limit=30

fail() {
  printf 'rig: %s\n' "$*" >&2
  exit "$exit_rig"
}

# shellcheck disable=SC2317  # the trap calls it
clean_up() {
  if [[ -n $qemu_pid ]] && kill -0 "$qemu_pid" 2>/dev/null; then
    kill -KILL "$qemu_pid" 2>/dev/null || true
    wait "$qemu_pid" 2>/dev/null || true
  fi
  [[ -z $work ]] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

parse() {
  local option
  while (($#)); do
    option=$1
    case $option in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      --with-fio) with_fio=1; shift; continue ;;
      --private-memory) private_memory=1; shift; continue ;;
      --bios-drives) bios_drives=1; shift; continue ;;
    esac
    (($# >= 2)) || rig_die "option $option is unknown or lacks its value; try --help"
    case $option in
      --script) script=$2 ;;
      --set) settings+=("$2") ;;
      --vfio-user | --vfio-user-port | --emulated) add_device "$option" "$2" ;;
      --with-archive) archives+=("$2") ;;
      --memory) memory=$2 ;;
      --cpus) cpus=$2 ;;
      --accelerator) accelerator=$2 ;;
      --boots) boots=$2 ;;
      --time-limit) time_limit=$2 ;;
      --status) status=$2 ;;
      --pid) pid_file=$2 ;;
      --qmp) qmp=$2 ;;
      --kernel-argument) kernel_arguments+=("$2") ;;
      --qemu-argument) qemu_arguments+=("$2") ;;
      *) rig_die "unknown option $option; try --help" ;;
    esac
    shift 2
  done
  [[ -n $script ]] || rig_die "which script shall the guest run? --script NAME; try --help"
  [[ $script == */* ]] || script=$rig_dir/guest/$script.sh
  [[ -r $script ]] || rig_die "there is no guest script $script"
}

# add_device OPTION PATH: appends the QEMU arguments of one NVMe controller.
add_device() {
  local n=$device_count path
  device_count=$((device_count + 1))
  path=$(realpath -- "$2" 2>/dev/null) || rig_die "$1 $2: no such file"
  case $1 in
    --vfio-user) devices+=(-device "$(rig_vfio_user "nvme$n" pcie.0 "$path")") ;;
    # Slower than 8 GT/s: faster ports wait for a link state that QEMU does not report after a reset.
    --vfio-user-port)
      devices+=(-device "pcie-root-port,id=port$n,bus=pcie.0,chassis=$((n + 1)),x-speed=5" -device "$(rig_vfio_user "nvme$n" "port$n" "$path")")
      ;;
    *)
      [[ -f $path && $path != *,* ]] || rig_die "$1 $2: not a regular file (or a comma in its path)"
      devices+=(-drive "if=none,id=image$n,format=raw,discard=unmap,file=$path")
      devices+=(-device "nvme,id=nvme$n,drive=image$n,serial=emulated$n,mdts=7,max_ioqpairs=4,bus=pcie.0")
      ;;
  esac
}

# Packs what this boot adds to the cached guest: /init, the guest's scripts, the script and its settings.
pack_boot() {
  local setting name root=$work/root
  local -a parts=("$rig_cache/guest/base.cpio")
  mkdir -p "$root/rig"
  cp "$rig_dir"/guest/*.sh "$root/rig/"
  mv "$root/rig/init.sh" "$root/init"
  chmod +x "$root/init"
  cp "$script" "$root/rig/script"
  for setting in "${settings[@]}"; do
    name=${setting%%=*}
    [[ $setting == *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || rig_die "--set $setting: expected NAME=VALUE"
    printf "export %s='%s'\n" "$name" "$(printf '%s' "${setting#*=}" | sed "s/'/'\\\\''/g")"
  done >"$root/rig/settings"
  (cd "$root" && find . | "$rig_cache/guest/busybox" cpio --quiet -o -H newc -R 0:0) >"$work/boot.cpio"
  if ((with_fio)); then parts+=("$rig_cache/guest/fio.cpio"); fi
  cat "${parts[@]}" "${archives[@]}" "$work/boot.cpio" >"$work/initramfs"
}

# Starts QEMU in the background. The console goes through a filter that drops the terminal's carriage returns.
start_qemu() {
  local qemu command_line
  local -a machine
  qemu=$(rig_qemu) || fail "there is no QEMU; run tools/rig/provision.sh"
  rig_machine "$accelerator" "$cpus" "$memory" "$((!private_memory))"
  machine=("${machine_arguments[@]}")
  # The block device must outlive its only controller for a moment, when the controller is removed and found again.
  command_line="$rig_kernel_line nvme_core.multipath=1 nvme_core.multipath_always_on=1 ${kernel_arguments[*]}"
  if ((boots == 1)); then machine+=(-no-reboot); fi
  # A BIOS that may boot from nothing but what it is told leaves other drives alone.
  if ((!bios_drives)); then machine+=(-boot strict=on); fi
  if [[ -n $qmp ]]; then machine+=(-qmp "unix:$qmp,server=on,wait=off"); fi

  mkfifo "$work/monitor.in" "$work/monitor.out" "$work/console"
  sed -u 's/\r//g' <"$work/console" &
  cat <"$work/monitor.out" >/dev/null &
  # The machine's -display none instead of -nographic: the BIOS leaves the console alone.
  rig_with_us "$qemu" "${machine[@]}" \
    -serial stdio -serial "file:$status" -monitor "pipe:$work/monitor" \
    -kernel "$rig_cache/guest/kernel" -initrd "$work/initramfs" -append "$command_line" \
    "${devices[@]}" "${qemu_arguments[@]}" </dev/null >"$work/console" 2>"$work/errors" &
  qemu_pid=$!
  if [[ -n $pid_file ]]; then printf '%s\n' "$qemu_pid" >"$pid_file"; fi
}

# Serves what the guest asks for on its status line, once each: line number $1 is the last one served. Prints the new number.
serve_requests() {
  local served=$1 line number=0
  while read -r line; do
    number=$((number + 1))
    ((number > served)) || continue
    case $line in
      "RIG-REQUEST system_reset") printf 'system_reset\n' >"$work/monitor.in" ;;
      "RIG-REQUEST memory-comes")
        printf '%s\n' "object_add memory-backend-memfd,id=more,size=256M,share=on" "device_add pc-dimm,id=more-dimm,memdev=more" >"$work/monitor.in"
        ;;
      "RIG-REQUEST memory-goes") printf 'device_del more-dimm\n' >"$work/monitor.in" ;;
      RIG-REQUEST*) rig_say "the guest asks for something unknown: $line" ;;
    esac
  done < <(tr -d '\r' <"$status")
  printf '%s\n' "$number"
}

# Prints the exit status that the guest's script reported, if it did.
reported() { tr -d '\r' <"$status" | sed -n 's/^RIG-EXIT \([0-9][0-9]*\)$/\1/p' | tail -n 1; }

# Waits until QEMU ends, serving the guest; ends it where it overstays.
watch_guest() {
  local deadline=$((SECONDS + time_limit)) finished='' served=0
  while kill -0 "$qemu_pid" 2>/dev/null; do
    served=$(serve_requests "$served")
    if (($(grep -c '^RIG-BOOT' "$status") > boots)); then
      fail "the guest booted more often than $boots times: it did not find what it left behind before a reboot, or crashed"
    fi
    if [[ -z $finished && -n $(reported) ]]; then finished=$SECONDS; fi
    if [[ -n $finished ]] && ((SECONDS - finished > power_off_limit)); then
      fail "the guest's script ended, but the guest did not power off within $power_off_limit s"
    fi
    if ((SECONDS >= deadline)); then
      printf 'rig: the guest did not finish within %s s\n' "$time_limit" >&2
      exit "$exit_time_limit"
    fi
    sleep 0.2
  done
}

main() {
  local code=0 exit_status
  parse "$@"
  [[ -r $rig_cache/guest/recipe ]] || fail "there is no guest in $rig_cache; run tools/rig/provision.sh"
  work=$(mktemp -d)
  [[ -n $status ]] || status=$work/status
  : >"$status"
  pack_boot
  start_qemu
  watch_guest
  # Without the shell's own remark where a signal ended QEMU.
  wait "$qemu_pid" 2>/dev/null || code=$?
  qemu_pid=
  # The filter of the console ends with QEMU; what it still holds belongs before our own words.
  wait
  exit_status=$(reported)
  if [[ -s $work/errors ]]; then sed 's/^/rig: qemu: /' "$work/errors" >&2; fi
  [[ -n $exit_status ]] || fail "the guest ended without a word from its script (QEMU's exit status: $code): kernel panic, or QEMU gave up"
  ((code == 0)) || fail "QEMU ended with status $code"
  exit "$exit_status"
}

main "$@"
