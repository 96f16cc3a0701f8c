#!/bin/bash
# scenario.sh - one end-to-end scenario: a device over a fresh file, a Linux guest that uses it, and what the host side has to do meanwhile.
#
# Usage: tools/rig/scenario.sh NAME --nvmepf BINARY | --emulated [options]
#   NAME               one of those that --list prints
#   --nvmepf BINARY    the device under test: BINARY is started as a vfio-user server, as often as the scenario needs it
#   --emulated         QEMU's own NVMe controller instead: judges the scenario, not the firmware
#   --kind NAME        interrupts only: msix (default), msi or intx; with --emulated not msi
#   --private-memory   guest RAM that the server cannot map: all data goes by DMA messages
#   --option OPTION    one more option for the firmware (repeatable)
#   --keep DIRECTORY   leave the logs there (firmware.log, status)
#   --list             print the scenarios
#
# The output is the guest's console. Exit status 0: everything held. Otherwise boot.sh's, or 1 for what the host side found; the last lines
# say what it was. It does not provision (provision.sh does) nor build the firmware.
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
# shellcheck source=tools/rig/pair.sh
. "$rig_dir/pair.sh"

size_mib=1024
queues=4
model="nvmepf end-to-end"
kind=msix
firmware='' functions=1 follows_directory=0 emulated=0 private_memory=0 keep='' name=''
firmware_options=()
work='' firmware_pid='' boot_pid=''

clean_up() {
  local status=$?
  # Ending boot.sh ends its QEMU.
  end_process "$boot_pid" TERM
  end_process "$firmware_pid" KILL
  if [[ -n $work ]]; then
    if [[ -n $keep ]]; then
      mkdir -p "$keep"
      cp -f "$work"/{firmware.log,status} "$keep/" || true
    fi
    if ((status != 0)) && [[ -s $work/firmware.log ]]; then
      rig_say "the firmware's log:"
      tail -n 60 "$work/firmware.log" | sed 's/^/  /' >&2
    fi
    rm -rf "$work"
  fi
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# end_process PID SIGNAL: ends a child and waits for it.
end_process() {
  if [[ -n $1 ]] && kill -0 "$1" 2>/dev/null; then
    kill "-$2" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
  fi
}

list() {
  local file
  for file in tour filesystem fio-verify discard live-namespaces reset-under-io reboot sudden-death interrupts reactors reservations multipath demo; do
    if [[ $file == sudden-death ]]; then
      printf '%-16s %s\n' "$file" "the firmware is killed while it writes; a fresh one with a fresh guest finds all that was acknowledged"
    else
      printf '%-16s %s\n' "$file" "$(sed -n "1s/^# $file: //p" "$rig_dir/guest/$file.sh")"
    fi
  done
}

parse() {
  while (($#)); do
    case $1 in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      --list) list; exit ;;
      --emulated) emulated=1 ;;
      --private-memory) private_memory=1 ;;
      --nvmepf | --option | --keep | --kind)
        (($# >= 2)) || rig_die "$1 lacks its value; try --help"
        case $1 in
          --nvmepf) firmware=$2 ;;
          --option) firmware_options+=("$2") ;;
          --keep) keep=$2 ;;
          --kind) kind=$2 ;;
        esac
        shift
        ;;
      -*) rig_die "unknown option $1; try --help" ;;
      *) name=$1 ;;
    esac
    shift
  done
  [[ -n $name ]] || rig_die "which scenario? --list prints them"
  if ((emulated)); then
    [[ -z $firmware ]] || rig_die "the device is either --nvmepf BINARY or --emulated, not both"
  else
    [[ -n $firmware ]] || rig_die "which device? --nvmepf BINARY or --emulated"
    [[ -f $firmware && -x $firmware ]] || rig_die "there is no program $firmware"
    firmware=$(realpath -- "$firmware")
  fi
}

# Starts the firmware over the image, and waits until it listens.
start_firmware() {
  local deadline=$((SECONDS + 15))
  ((emulated)) && return
  rm -rf "$work"/nvme[01] && mkdir "$work"/nvme{0,1}
  printf -- '-- %s\n' "$(basename "$firmware") starts" >>"$work/firmware.log"
  local -a options=(--vfio-user "$work/nvme0" --namespace "file:$work/image,size=${size_mib}M" --queues "$queues" --model "$model")
  if ((functions == 2)); then
    pair_configuration "$work" >"$work/pair.json"
    options=(--config "$work/pair.json" --console "unix:$work/nvme0/console")
  fi
  options+=("${firmware_options[@]}")
  # As a directory that is followed, where the scenario wants one.
  if ((follows_directory)); then
    "$firmware" "${options[@]}" --export-configfs "$work/config" || rig_die "$firmware cannot export its configuration"
    case $name-$kind in
      interrupts-msi) echo 0 >"$(echo "$work"/config/pci_ep/functions/nvmet_pci_epf/*/msix_interrupts)" ;;
      interrupts-intx) echo 1 >"$(echo "$work"/config/pci_ep/functions/nvmet_pci_epf/*/interrupt_pin)" ;;
    esac
    options=(--configfs "$work/config")
  fi
  "$firmware" "${options[@]}" </dev/null >>"$work/firmware.log" 2>&1 &
  firmware_pid=$!
  until [[ -S $work/nvme0/cntrl && ($functions == 1 || -S $work/nvme1/cntrl) ]]; do
    kill -0 "$firmware_pid" 2>/dev/null || rig_die "$firmware ended before it listened"
    ((SECONDS < deadline)) || rig_die "$firmware does not listen on $work/nvme0/cntrl after 15 s"
    sleep 0.1
  done
}

# The firmware must still be there, and end on SIGTERM by itself and with success.
stop_firmware() {
  local deadline=$((SECONDS + 10)) status=0
  ((emulated)) && return
  kill -0 "$firmware_pid" 2>/dev/null || { wait "$firmware_pid" || status=$?; rig_die "the firmware died during the scenario, with status $status"; }
  kill -TERM "$firmware_pid"
  while kill -0 "$firmware_pid" 2>/dev/null; do
    ((SECONDS < deadline)) || rig_die "the firmware does not end within 10 s of SIGTERM"
    sleep 0.1
  done
  wait "$firmware_pid" || status=$?
  firmware_pid=
  ((status == 0)) || rig_die "the firmware ended with status $status on SIGTERM"
}

# boot SCRIPT TIME-LIMIT OPTIONS...: boots a guest over the device, with what the guest's scripts have to expect.
boot() {
  local -a options=(--script "$1" --time-limit "$2" --status "$work/status" --pid "$work/qemu.pid" --cpus 4)
  options+=(--set "RIG_SIZE_BYTES=$((size_mib * 1048576))" --set "RIG_QUEUES=$queues" --set RIG_MDTS=7)
  if ((emulated)); then
    options+=(--emulated "$work/image" --set RIG_PCI_ID=1b36:0010 --set "RIG_MODEL=QEMU NVMe Ctrl" --set RIG_STRICT=0)
  else
    options+=(--vfio-user "$work/nvme0/cntrl")
    if ((functions == 2)); then options+=(--vfio-user "$work/nvme1/cntrl"); fi
    options+=(--set RIG_PCI_ID=1b96:beef --set "RIG_MODEL=$model" --set RIG_STRICT=1)
  fi
  if ((private_memory)); then options+=(--private-memory); fi
  shift 2
  "$rig_dir/boot.sh" "${options[@]}" "$@" &
  boot_pid=$!
}

# The end of a boot: its status is the scenario's unless it is 0.
finish_boot() {
  local status=0
  wait "$boot_pid" || status=$?
  boot_pid=
  if ((status != 0)); then
    rig_say "$name: failed with status $status"
    exit "$status"
  fi
}

# What most scenarios are: one guest over one firmware.
plain() {
  start_firmware
  boot "$@"
  finish_boot
  stop_firmware
}

# Several reactors, and memory that can be plugged in.
reactors() {
  ((emulated)) && rig_die "QEMU's own controller has no reactors"
  firmware_options+=(--reactors 2)
  plain reactors 300 --with-fio --set RIG_REACTORS=2 --qemu-argument -m --qemu-argument "1024M,slots=2,maxmem=2G"
  (($(grep -c 'allocated 0 bytes$' "$work/firmware.log") == 2)) || rig_die "a reactor allocated memory"
}

# Deallocated space must come back from the file: 64 MiB were written, 2 MiB are left.
discard() {
  local used
  plain discard 120
  used=$(($(stat -c '%b * %B' "$work/image") / 1048576))
  ((used <= 4)) || rig_die "the image still takes $used MiB after all but 2 MiB were discarded"
  rig_say "the image takes $used MiB after the discard"
}

# One kind of interrupt: MSI-X as everywhere else, INTx by a kernel that knows no messages, MSI of a function without MSI-X.
interrupts() {
  local -a options=(--with-fio --set "RIG_KIND=$kind")
  case $kind in
    msix) ;;
    intx)
      options+=(--kernel-argument pci=nomsi)
      follows_directory=1
      ;;
    msi)
      ((emulated)) && rig_die "QEMU's own controller has no MSI"
      follows_directory=1
      ;;
    *) rig_die "--kind $kind: allowed are msix, msi and intx" ;;
  esac
  plain interrupts 300 "${options[@]}"
}

# Changes the directory each time the guest asks for it.
live_namespaces() {
  local done=0 wanted namespaces
  ((emulated)) && rig_die "QEMU's own controller follows no directory"
  follows_directory=1
  start_firmware
  boot live-namespaces 240 --with-fio
  namespaces=$(echo "$work"/config/nvmet/subsystems/*/namespaces)
  while kill -0 "$boot_pid" 2>/dev/null; do
    wanted=$(tr -d '\r' <"$work/status" | sed -n 's/^RIG-NOTE live //p' | sed -n "$((done + 1))p")
    if [[ -n $wanted ]]; then
      rig_say "change: $wanted"
      case $wanted in
        add) mkdir "$namespaces/2" && echo "file:$work/second,size=64M" >"$namespaces/2/device_path" && echo 1 >"$namespaces/2/enable" ;;
        grow) truncate -s 128M "$work/second" ;;
        disable) echo 0 >"$namespaces/2/enable" ;;
        enable) echo "$work/second" >"$namespaces/2/device_path" && echo 1 >"$namespaces/2/enable" ;;
        # A smaller size is believed when it is asked for only.
        shrink) truncate -s 32M "$work/second" && echo 1 >"$namespaces/2/revalidate_size" ;;
        remove) rm -r "$namespaces/2" ;;
        *) rig_die "the guest wants '$wanted'" ;;
      esac
      done=$((done + 1))
    fi
    sleep 0.1
  done
  finish_boot
  ((done == 6)) || rig_die "the guest asked for $done changes, not 6"
  stop_firmware
  # A write beyond the end that was let through would have made it larger.
  [[ ! -e $work/second || $(stat -c %s "$work/second") == $((32 * 1048576)) ]] || rig_die "the second file has $(stat -c %s "$work/second") bytes, not 32 MiB"
  grep -q 'allocated 0 bytes$' "$work/firmware.log" || rig_die "a reactor allocated memory"
}

# The highest number that the guest noted as durable.
durable() { tr -d '\r' <"$work/status" | sed -n 's/^RIG-NOTE durable \([0-9]*\)$/\1/p' | tail -n 1 | grep . || printf '0\n'; }

# Kill -9 while the guest writes. QEMU aborts when its vfio-user server dies, so the survivor is judged by a new guest.
sudden_death() {
  local deadline=$((SECONDS + 120)) victim count status=0
  start_firmware
  boot sudden-death-write 150
  until (($(durable) >= 40)); do
    kill -0 "$boot_pid" 2>/dev/null || { finish_boot; rig_die "the guest ended before the firmware was killed"; }
    ((SECONDS < deadline)) || rig_die "the guest acknowledged no 40 blocks within 120 s"
    sleep 0.1
  done
  victim=$firmware_pid
  # The emulated controller lives in QEMU itself.
  if ((emulated)); then victim=$(<"$work/qemu.pid"); fi
  kill -KILL "$victim"
  if [[ -n $firmware_pid ]]; then wait "$firmware_pid" 2>/dev/null || true; fi
  firmware_pid=
  # However QEMU takes the death of its server, this guest is of no more use.
  sleep 1
  end_process "$boot_pid" TERM
  boot_pid=
  count=$(durable)
  rig_say "killed with -9 after $count acknowledged blocks; starting anew"
  start_firmware
  boot sudden-death-check 120 --set "RIG_DURABLE=$count"
  finish_boot
  stop_firmware
}

main() {
  parse "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-rig.XXXXXX")
  : >"$work/status"
  : >"$work/firmware.log"
  # The firmware makes its file itself.
  if ((emulated)); then truncate -s "${size_mib}M" "$work/image"; fi
  case $name in
    tour) plain tour 150 --bios-drives ;;
    filesystem) plain filesystem 120 ;;
    fio-verify) plain fio-verify 300 --with-fio ;;
    reset-under-io) plain reset-under-io 300 --with-fio ;;
    demo) plain demo 240 --with-fio ;;
    reboot) plain reboot 180 --boots 3 ;;
    discard) discard ;;
    live-namespaces) live_namespaces ;;
    interrupts) interrupts ;;
    sudden-death) sudden_death ;;
    reactors) reactors ;;
    reservations) reservations ;;
    multipath) multipath 11 ;;
    *) rig_die "there is no scenario $name; --list prints them" ;;
  esac
  rig_say "$name: everything held"
}

main "$@"
