# shellcheck shell=bash
# Scenarios with two functions of one subsystem: two hosts on a reservation, and one host with two paths. Sourced by scenario.sh, whose
# variables and functions it uses. It asserts what only the host side sees; the rest is in guest/.

# Writes the configuration: two namespaces, ANA groups 1 and 2, a port (so states of its own) for each function.
pair_configuration() {
  local directory=$1 nqn="nqn.2026-01.com.example:pair" port
  local -a ports=() functions=() controllers=()
  for port in 0 1; do
    ports+=("{\"portid\": $((port + 1)), \"addr\": {\"trtype\": \"pci\"}, \"subsystems\": [\"$nqn\"],
      \"ana_groups\": [{\"grpid\": 1, \"ana\": {\"state\": \"optimized\"}}, {\"grpid\": 2, \"ana\": {\"state\": \"optimized\"}}]}")
    functions+=("{\"name\": \"nvmepf.$port\", \"nvme\": {\"portid\": $((port + 1))}}")
    controllers+=("{\"name\": \"c$port\", \"vfio_user\": {\"directory\": \"$directory/nvme$port\"}, \"functions\": [\"nvmepf.$port\"]}")
  done
  printf '{"subsystems": [{"nqn": "%s", "attr": {"model": "%s", "qid_max": "%s"}, "namespaces": [%s, %s]}],
    "ports": [%s, %s], "functions": [%s, %s], "controllers": [%s, %s]}\n' "$nqn" "$model" "$queues" \
    "{\"nsid\": 1, \"enable\": 1, \"ana_grpid\": 1, \"resv\": {\"enable\": \"1\"}, \"device\": {\"path\": \"file:$directory/image,size=${size_mib}M\"}}" \
    "{\"nsid\": 2, \"enable\": 1, \"ana_grpid\": 2, \"device\": {\"path\": \"file:$directory/second,size=64M\"}}" \
    "${ports[@]}" "${functions[@]}" "${controllers[@]}"
}

# Runs what the guest notes as "RIG-NOTE NAME REQUEST": answer REQUEST..., until the guest ends; COUNT requests are expected.
serve_notes() {
  local name=$1 answer=$2 count=$3 done=0 wanted
  while kill -0 "$boot_pid" 2>/dev/null; do
    wanted=$(tr -d '\r' <"$work/status" | sed -n "s/^RIG-NOTE $name //p" | sed -n "$((done + 1))p")
    if [[ -n $wanted ]]; then
      rig_say "$name: $wanted"
      # shellcheck disable=SC2086  # words
      "$answer" $wanted
      done=$((done + 1))
    fi
    sleep 0.1
  done
  finish_boot
  ((done == count)) || rig_die "the guest asked for $done changes, not $count"
}

# console COMMAND: one line at the firmware's console.
console() { "$firmware" console "$work/nvme0" -c "$*" || rig_die "the console refuses '$*'"; }

# set_access PORT GROUP STATE
set_access() { console "set ports/$1/ana_groups/$2/ana_state $3" >/dev/null; }

# One host that has two paths to each namespace; their states change under I/O.
multipath() {
  functions=2
  ((emulated)) && rig_die "QEMU's own controller has no ANA"
  start_firmware
  boot multipath 240 --with-fio
  serve_notes ana set_access "$1"
  stop_firmware
  grep -q 'allocated 0 bytes$' "$work/firmware.log" || rig_die "a reactor allocated memory"
}

# Two hosts, each with a function; the firmware is killed while one holds a reservation, and both meet it again.
reservations() {
  functions=2
  ((emulated)) && rig_die "QEMU's own controller has no reservations"
  local -a separate=(--kernel-argument nvme_core.multipath_always_on=0 --kernel-argument nvme_core.multipath=0)
  start_firmware
  boot reservations 150 "${separate[@]}"
  finish_boot
  kill -KILL "$firmware_pid"
  wait "$firmware_pid" 2>/dev/null || true
  firmware_pid=
  rig_say "killed with -9; starting anew"
  start_firmware
  boot reservations-kept 120 "${separate[@]}"
  finish_boot
  stop_firmware
}
