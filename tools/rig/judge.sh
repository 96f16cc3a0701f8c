#!/bin/bash
# judge.sh - lets Linux judge the model of the RK3588's endpoint: its own drivers for the SoC's clocks, resets, power domains, PCIe PHY and PCIe
# endpoint bring the model up from power-on, in an arm64 machine whose device tree leads to the model's register blocks.
#
# Usage: tools/rig/judge.sh MODEL HOST [--firmware FILE] [--trace FILE] [--expect FILE] [--keep DIRECTORY]
#        tools/rig/judge.sh --logs DIRECTORY [--trace FILE] [--expect FILE]
#   MODEL              the published nvmepf-soc
#   HOST               the published nvmepf-host: it comes and goes once as the host, which resets the link
#   --firmware FILE    nvmepf for arm64 (./build.sh publish --rid linux-arm64): takes the endpoint over when the drivers are done, and HOST runs its
#                      tour on the SSD that it finds
#   --trace FILE       write there what the drivers wrote and read between power-on and the last step of the endpoint's bring-up
#   --expect FILE      an earlier trace: the same kernel has to write the same
#   --keep DIRECTORY   leave the logs there: console.log, access.log, model.log
#   --logs DIRECTORY   boot nothing: give the verdict on the logs that an earlier run left
#
# The output is the kernel's console. Exit status 0: the drivers bound, said what they say on real boards, complained of nothing, and the model
# found nothing to punish in what they did. It fetches nothing: run provision-judge.sh first. It says nothing of DMA and of interrupts to the host: a
# stock Debian kernel has no endpoint function (docs/linux-judge.md).
set -euo pipefail
# shellcheck source=tools/rig/paths.sh
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

# Where the model's BARs are put; board.dts has to agree. BAR0 and BAR1 lie in the virt machine's 32-bit window, BAR2 in its 64-bit one.
bar0=0x10000000 bar1=0x10400000 bar2=0x8000000000
# Configuration space of device 1 on bus 0 in the virt machine's high ECAM.
config=0x4010008000
# RAM is 512 MB from 0x40000000; a kernel Image wants a multiple of 2 MiB.
stub_at=0x40100000 kernel_at=0x40200000 tree_at=0x48000000 initrd_at=0x49000000
memory_mib=512
time_limit=240

model='' host='' trace='' expected='' keep='' logs='' firmware='' work='' model_pid='' qemu_pid=''

# shellcheck disable=SC2317  # the trap calls it
clean_up() {
  local status=$? pid
  for pid in "$qemu_pid" "$model_pid"; do
    if [[ -n $pid ]] && kill -KILL "$pid" 2>/dev/null; then wait "$pid" 2>/dev/null || true; fi
  done
  if [[ -n $work ]]; then
    if [[ -n $keep ]]; then mkdir -p "$keep" && cp -f "$work"/*.log "$keep/" || true; fi
    if ((status != 0)) && [[ -s $work/model.log ]]; then
      rig_say "the model's words:"
      tail -n 20 "$work/model.log" | sed 's/^/  /' >&2
    fi
    rm -rf "$work"
  fi
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

parse() {
  while (($#)); do
    case $1 in
      -h | --help) rig_help "${BASH_SOURCE[0]}"; exit ;;
      --firmware | --trace | --expect | --keep | --logs)
        (($# >= 2)) || rig_die "$1 lacks its value; try --help"
        case $1 in
          --firmware) firmware=$2 ;;
          --trace) trace=$2 ;;
          --expect) expected=$2 ;;
          --keep) keep=$2 ;;
          --logs) logs=$2 ;;
        esac
        shift
        ;;
      -*) rig_die "unknown option $1; try --help" ;;
      *) if [[ -z $model ]]; then model=$1; else host=$1; fi ;;
    esac
    shift
  done
  if [[ -n $logs ]]; then
    [[ -r $logs/console.log && -r $logs/access.log ]] || rig_die "there is no console.log or access.log in '$logs'"
    return
  fi
  [[ -f $host && -x $host ]] || rig_die "there is no program '$host'; ./build.sh publish makes out/linux-x64/nvmepf-host; try --help"
  [[ -f $model && -x $model ]] || rig_die "there is no program '$model'; ./build.sh publish makes out/linux-x64/nvmepf-soc"
  [[ -r $rig_cache/judge/recipe ]] || rig_die "there is no arm64 kernel in $rig_cache; run tools/rig/provision-judge.sh"
}

# number BYTES VALUE: a little-endian number, in binary.
number() {
  local i text=''
  for ((i = 0; i < $1; i++)); do text+=$(printf '\\x%02x' $((($2 >> (8 * i)) & 255))); done
  printf '%b' "$text"
}

# What runs before the kernel. A boot loader would have placed the BARs; QEMU, given a kernel, brings none, and the kernel's clock driver reads the
# CRU long before there is a PCI bus. So these instructions store a table of 32-bit values and go on to the kernel as its boot protocol wants it.
make_stub() {
  local word
  {
    #      adr x4, table; next: ldp x5, x6, [x4], #16; cbz x5, last; str w6, [x5]; b next
    for word in 0x10000184 0xa8c11885 0xb4000065 0xb90000a6 0x17fffffd \
      0xf9400080 0xaa1f03e1 0xaa1f03e2 0xaa1f03e3 0xd61f00c0 0xd503201f 0xd503201f; do
      # last: ldr x0, [x4]; mov x1, xzr; mov x2, xzr; mov x3, xzr; br x6; nop; nop; table:
      number 4 "$word"
    done
    # Address and value: the four words of three BARs, then Command with memory space on.
    for word in $((config + 0x10)) $bar0 $((config + 0x14)) $bar1 $((config + 0x18)) $((bar2 & 0xffffffff)) \
      $((config + 0x1c)) $((bar2 >> 32)) $((config + 4)) 2 0 $kernel_at $tree_at; do
      number 8 "$word"
    done
  } >"$work/stub"
}

# The machine, without what is loaded into it.
machine() {
  printf '%s\n' -M virt,gic-version=3,virtualization=on -cpu cortex-a76 -smp 1 -m "${memory_mib}M" -accel tcg -nodefaults -nographic -no-reboot \
    -L "$rig_cache/judge/tree/usr/share/qemu" -object "memory-backend-memfd,id=ram0,size=${memory_mib}M,share=on" -machine memory-backend=ram0
}

# The virt machine's own device tree, our board, and what the kernel is to know of its start. Virtualization is on because then the secure monitor
# calls of the power domain driver are answered (with "unknown") instead of being undefined instructions. The endpoint driver is to wait for its PHY
# for as long as it takes: after ten seconds, which a busy machine needs to get to init, the kernel would try it without. init.sh shares registers
# with the driver: iomem=relaxed.
make_tree() {
  local -a base
  mapfile -t base < <(machine)
  "$rig_cache/judge/qemu-system-aarch64" "${base[@]}" -machine dumpdtb="$work/virt.dtb" >"$work/qemu.log" 2>&1 ||
    rig_die "QEMU gives no device tree: $(<"$work/qemu.log")"
  {
    "$rig_cache/judge/dtc" -q -I dtb -O dts "$work/virt.dtb"
    cat "$rig_dir/judge/board.dts"
    cat <<END
/ {
  chosen {
    bootargs = "console=ttyAMA0 panic=-1 mitigations=off nokaslr audit=0 apparmor=0 nowatchdog iomem=relaxed deferred_probe_timeout=-1";
    linux,initrd-start = <0 $initrd_at>;
    linux,initrd-end = <0 $((initrd_at + $(stat -c %s "$work/initrd")))>;
  };
};
END
  } >"$work/board.dts"
  "$rig_cache/judge/dtc" -q -I dts -O dtb -o "$work/board.dtb" "$work/board.dts" 2>"$work/dtc.log" ||
    rig_die "the device tree does not compile: $(<"$work/dtc.log")"
}

make_initrd() {
  mkdir "$work/root"
  cp "$rig_dir/judge/init.sh" "$work/root/init"
  chmod +x "$work/root/init"
  if [[ -n $firmware ]]; then
    mkdir "$work/root/sbin" "$work/root/tmp"
    cp "$firmware" "$work/root/sbin/nvmepf" || rig_die "there is no firmware $firmware"
    cp "$rig_cache/judge/libc.cpio" "$work/libc.cpio"
  fi
  (cd "$work/root" && find . | "$rig_cache/judge/tree/usr/bin/busybox" cpio --quiet -o -H newc -R 0:0) >"$work/init.cpio"
  : >>"$work/libc.cpio"
  cat "$rig_cache/judge/base.cpio" "$work/libc.cpio" "$work/init.cpio" >"$work/initrd"
}

# The model from power-on: nothing has power, clock or a released reset yet.
start_model() {
  local deadline=$((SECONDS + 15))
  mkdir "$work/board" "$work/host"
  "$model" --start cold --board "$work/board" --host "$work/host" --access-log "$work/access.log" </dev/null >"$work/model.log" 2>&1 &
  model_pid=$!
  until [[ -S $work/board/cntrl ]]; do
    kill -0 "$model_pid" 2>/dev/null || rig_die "the model ended before it listened"
    ((SECONDS < deadline)) || rig_die "the model does not listen on $work/board/cntrl after 15 s"
    sleep 0.1
  done
}

boot() {
  local deadline=$((SECONDS + time_limit)) status=0
  local -a command
  mapfile -t command < <(machine)
  command+=(-serial stdio
    -device "loader,file=$rig_cache/judge/kernel,addr=$kernel_at,force-raw=on" -device "loader,file=$work/board.dtb,addr=$tree_at,force-raw=on"
    -device "loader,file=$work/initrd,addr=$initrd_at,force-raw=on" -device "loader,file=$work/stub,addr=$stub_at,force-raw=on,cpu-num=0"
    -device "{\"driver\":\"vfio-user-pci\",\"id\":\"soc\",\"bus\":\"pcie.0\",\"addr\":\"1\",\"socket\":{\"type\":\"unix\",\"path\":\"$work/board/cntrl\"}}")
  "$rig_cache/judge/qemu-system-aarch64" "${command[@]}" </dev/null 2>"$work/qemu.log" > >(sed -u 's,\r,,g' | tee "$work/console.log") &
  qemu_pid=$!
  while kill -0 "$qemu_pid" 2>/dev/null; do
    ((SECONDS < deadline)) || rig_die "the kernel did not come to its end within $time_limit s"
    if [[ ! -e $work/host.log ]] && grep -q '^JUDGE-LINK$' "$work/console.log"; then
      visit
    fi
    sleep 0.2
  done
  wait "$qemu_pid" || status=$?
  qemu_pid=
  ((status == 0)) || rig_die "QEMU ended with status $status: $(tail -n 3 "$work/qemu.log")"
}

# The host's visit. Without firmware there is no NVMe controller behind the link: the host finds that out, and goes; that it was there is what counts.
visit() {
  if [[ -z $firmware ]]; then
    "$host" --socket "$work/host" --timeout 2 identify >"$work/host.log" 2>&1 || true
  else
    "$host" --socket "$work/host" --timeout 120 tour >"$work/host.log" 2>&1 ||
      rig_die "the host's tour of the firmware's SSD failed:"$'\n'"$(tail -n 30 "$work/host.log")"
  fi
}

# The model writes the rest of its log when it ends.
stop_model() {
  local deadline=$((SECONDS + 10)) status=0
  kill -0 "$model_pid" 2>/dev/null || rig_die "the model died"
  kill -TERM "$model_pid"
  while kill -0 "$model_pid" 2>/dev/null; do
    ((SECONDS < deadline)) || rig_die "the model does not end within 10 s of SIGTERM"
    sleep 0.1
  done
  wait "$model_pid" || status=$?
  model_pid=
  ((status == 0)) || rig_die "the model ended with status $status"
}

# The parts of the access log between init.sh's marks, without times: direction and width, address, name, value.
cut_trace() {
  printf '# What the drivers of Linux %s for the RK3588 write and read.\n' "$(sed -n '/Linux version/ { s/.*Linux version \([^ ]*\) .*/\1/p; q }' "$work/console.log")"
  printf '# Recorded by tools/rig/judge.sh --trace; reads that give the same again are left out.\n\n'
  awk '
    $4 == "GPIO4.DR_L" { on = 1; print "# bring-up: from power-on to an endpoint without a link"; next }
    $4 == "GPIO4.DDR_L" { on = 1; print "\n# hot reset: from the interrupt to the link being let up again"; next }
    $4 ~ /^GPIO4/ { on = 0 }
    on && $2 ~ /^[RW][124]$/ { print $2, $3, $4, $5 }
  ' "$work/access.log"
}

# The writes of a trace made with the same kernel have to be the same. A newer kernel may differ: its trace is then to be recorded and explained.
compare_trace() {
  local difference
  [[ -r $expected ]] || rig_die "there is no trace $expected"
  if [[ $(head -n 1 "$expected") != "$(head -n 1 "$work/trace")" ]]; then
    rig_say "judge: $expected is of another kernel and not compared; to record this one's: tools/rig/judge.sh MODEL --trace FILE"
    return
  fi
  difference=$(diff <(grep '^W' "$expected") <(grep '^W' "$work/trace")) || rig_die "the kernel wrote something else than recorded:"$'\n'"$difference"
}

# said TEXT: the kernel has to have said it.
said() { grep -q -F -- "$1" "$work/console.log" || rig_die "the kernel did not say: $1"; }

# What the drivers have to say, and what they must not. Of their words the one warning about the translating bus is expected: the model's window
# lies elsewhere than the SoC's, and the driver assumes then that it does not.
verdict() {
  local complaint
  complaint=$(sed -n 's/^JUDGE-FAILED //p' "$work/console.log")
  [[ -z $complaint ]] || rig_die "$complaint"
  said "iATU: unroll T, 16 ob, 16 ib, align 64K, limit 8G"
  said "eDMA: unroll T, 2 wr, 2 rd"
  said JUDGE-BOUND
  said JUDGE-CONTROLLER
  said JUDGE-LINK
  said JUDGE-LINK-AGAIN
  said JUDGE-END
  complaint=$(grep -E 'rockchip|rk3588|(^|[^0-9a-f])10[04][0-9a-f]{5}\.|Oops|SError|Call trace' "$work/console.log" |
    grep -v -F -e "nvmepf: " -e "iATU: unroll" -e "eDMA: unroll" -e 'devicetree "ranges" is broken, assuming no translation') || true
  [[ -z $complaint ]] || rig_die "the drivers complain:"$'\n'"$complaint"
  complaint=$(grep -E ' !! |BUS FAULT' "$work/access.log") || true
  [[ -z $complaint ]] || rig_die "the model holds against the drivers:"$'\n'"$(head -n 20 <<<"$complaint")"
  cut_trace >"$work/trace"
  grep -q '^W4 [^ ]* APB.INTR_MASK_MISC' "$work/trace" || rig_die "the access log does not hold the whole bring-up between its marks"
  # The firmware answers resets itself.
  grep -q 'nvmepf: ' "$work/console.log" || grep -q '^W4 [^ ]* APB.HOT_RESET_CTRL 0x00080008' "$work/trace" || rig_die "the driver did not let the link up again after the hot reset"
}

main() {
  parse "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nvmepf-judge.XXXXXX")
  if [[ -n $logs ]]; then
    cp "$logs"/{console,access}.log "$work/"
  else
    make_stub
    make_initrd
    make_tree
    start_model
    boot
    stop_model
  fi
  verdict
  if [[ -n $trace ]]; then cp "$work/trace" "$trace"; fi
  if [[ -n $expected ]]; then compare_trace; fi
  rig_say "judge: everything held; $(grep -c '^W' "$work/trace") writes and $(grep -c '^R' "$work/trace") different reads in bring-up and hot reset"
}

main "$@"
