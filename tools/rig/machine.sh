# shellcheck shell=bash
# What the rig's virtual machines have in common: processor, memory, kernel command line, and an end that comes with the script's.
# Sourced after paths.sh. It starts nothing.

# The clock options spare an emulated processor its calibrations; a panicked kernel reboots at once: an end that is noticed, not a hang.
# shellcheck disable=SC2034  # used by the scripts that source this file
rig_kernel_line="console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check mitigations=off nokaslr audit=0 apparmor=0 nowatchdog"

# rig_machine ACCELERATOR CPUS MEMORY-MIB SHARED: sets machine_arguments. ACCELERATOR is tcg, kvm or auto (what provision.sh found to work);
# SHARED is 1 where a vfio-user server is to map the memory.
rig_machine() {
  local accelerator=$1
  if [[ $accelerator == auto ]]; then
    accelerator=tcg
    if [[ $(tail -n 1 "$rig_cache/accelerator" 2>/dev/null) == KVM ]]; then accelerator=kvm; fi
  fi
  machine_arguments=(-machine q35 -nodefaults -display none -smp "$2" -m "${3}M")
  case $accelerator in
    tcg) machine_arguments+=(-accel tcg -cpu qemu64) ;;
    kvm) machine_arguments+=(-accel kvm -cpu host) ;;
    *) rig_die "--accelerator $accelerator: tcg, kvm or auto" ;;
  esac
  if (($4)); then
    machine_arguments+=(-object "memory-backend-memfd,id=ram0,size=${3}M,share=on" -machine memory-backend=ram0)
  fi
}

# rig_vfio_user ID BUS SOCKET: prints the -device argument that attaches what a server offers on SOCKET.
rig_vfio_user() {
  [[ -S $3 ]] || rig_die "$3: not a socket; does the server listen?"
  ((${#3} < 108)) || rig_die "$3: the path has ${#3} bytes; a socket's may have 107"
  printf '{"driver":"vfio-user-pci","id":"%s","bus":"%s","socket":{"type":"unix","path":"%s"}}\n' "$1" "$2" "$3"
}

# rig_with_us COMMAND...: runs it so that it ends with this script, however this script ends.
rig_with_us() {
  if type -P setpriv >/dev/null; then exec setpriv --pdeathsig KILL "$@"; fi
  exec "$@"
}
