#!/usr/bin/env bash
# Builds, tests and runs nvmepf. What it needs and does not find it installs (as root) or names.
# It does not know what the tests are: those are tests/ and tools/rig/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rid=linux-x64
configuration=Release
out="$PWD/out"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

usage() {
    cat <<'TEXT'
usage: ./build.sh [--rid RID] [VERB] [OPTIONS]

  (none)                 build everything (hal and firmware for .NET 10 and .NET 9)
  publish                publish the native binaries to out/linux-x64/: nvmepf, nvmepf-host and nvmepf-soc
  publish --rid linux-arm64
                         the same for the board, to out/linux-arm64/ (--rid linux-arm64 alone does this too); where the package feed
                         lacks a package for it, says which one and fails
  check-arm64            publish, compile the same code for AArch64 and read the machine code: register accesses, barriers, allocations
  run [--host linux]     publish, serve a file as a disk, boot a real Linux in QEMU on it, show what it sees
  run --host builtin     the same tour by the userspace host of tools/HostDriver: no download, no virtual machine
  bench [OPTIONS]        publish, then measure: the firmware on one core, its load on another, limits of the machine beside each figure;
                         also --compare A.json B.json, and --model: the board's speed as the register model predicts it, beside the
                         reference driver's way (out/board-bench.json). OPTIONS as in `nvmepf-host suite --help` (default: result in out/bench.json, .svg)
  board                  publish, boot two machines with a register model of the SoC between them: a board whose init starts
                         the firmware, and a Linux host that uses the SSD; show both, leave the logs in out/board/
  test [FILTER]          every test, unit to end to end; FILTER as in `dotnet test --filter`
  defects [NAME]...      build defects into a copy of the sources, one after the other, and see that the tests fail which should; NAME: part of
                         the name of one in tests/Defects/Reference or tests/Defects/Promises (default: all, which takes a quarter of an hour)
  clean                  remove out/ and all build products (the download cache of the rig stays)
  help                   this text

Environment:
  NVMEPF_CACHE           where the rig keeps its downloads (default: ~/.cache/nvmepf)
  NVMEPF_SEEDS=N         test: simulate the seeds 1 to N instead of 1 to 10000 (filter FullyQualifiedName~Swarm)
  NVMEPF_SEED=N          test: simulate this one seed, as one that failed prints it
  NVMEPF_SKIP_GUEST=1    test: skip the tests that boot Linux in QEMU; they are counted as skipped
TEXT
}

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

need_dotnet() {
    command -v dotnet >/dev/null || die "the .NET SDK is missing: install .NET SDK 10.0 so that 'dotnet' is on the PATH"
    local version
    version=$(dotnet --version)
    [ "${version%%.*}" -ge 10 ] || die "the .NET SDK is $version: 10.0 or newer is needed"
}

need_command() { # COMMAND PURPOSE PACKAGE...
    local command=$1 purpose=$2
    shift 2
    if command -v "$command" >/dev/null; then return; fi
    [ "$(id -u)" = 0 ] || die "$command is missing ($purpose): install it with 'apt-get install $*' (needs root)"
    say "installing $* ($purpose)"
    { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; } >&2 ||
        die "could not install $*: check the network, or install by hand"
}

# NativeAOT links with the system's C compiler; for the board with a cross compiler, unless this is the board.
need_linker() {
    linking=()
    if [ "$rid" = linux-arm64 ] && [ "$(uname -m)" != aarch64 ]; then
        need_command aarch64-linux-gnu-gcc "links for arm64" gcc-aarch64-linux-gnu libc6-dev-arm64-cross
        linker=aarch64-linux-gnu-gcc linking=(-p:ObjCopyName=aarch64-linux-gnu-objcopy)
        return
    fi
    if command -v clang >/dev/null; then linker=clang; return; fi
    need_command gcc "links the native binary" gcc libc6-dev
    linker=gcc
}

need_disassembler() { need_command aarch64-linux-gnu-objdump "reads arm64 machine code" binutils-aarch64-linux-gnu; }

publish_one() { # PROJECT FRAMEWORK
    dotnet publish "$1" -c "$configuration" -f "$2" -r "$rid" -p:PublishAot=true -p:NvmepfFrameworks="$2" \
        -p:CppCompilerAndLinker="$linker" "${linking[@]}" --artifacts-path "$out/obj/$2" -o "$out/$rid" -v q -nologo
}

# .NET 10 is the target; where the package feed lacks its NativeAOT runtime pack, .NET 9's is used, and said.
pick_framework() {
    local mark="$out/obj/aot-framework-$rid" log="$out/obj/aot-framework-$rid.log"
    if [ -s "$mark" ]; then framework=$(cat "$mark"); return; fi
    mkdir -p "$out/obj"
    for framework in net10.0 net9.0; do
        if dotnet restore firmware/Firmware.csproj -r "$rid" -p:PublishAot=true -p:NvmepfFrameworks="$framework" \
            --artifacts-path "$out/obj/$framework" -v q -nologo >"$log" 2>&1; then
            echo "$framework" >"$mark"
            return
        fi
        say "the package feed does not have what $framework needs for $rid: $(missing_packages "$log")"
    done
    die "no NativeAOT runtime for $rid could be restored; see $log"
}

# Name and version of each package that a restore did not find; the versions are the SDK's choice, as a missing name is reported without one.
missing_packages() { # LOG
    local wanted name
    wanted=$(dotnet msbuild firmware/Firmware.csproj -t:ProcessFrameworkReferences -p:RuntimeIdentifier="$rid" -p:PublishAot=true \
        -p:NvmepfFrameworks="$framework" -p:TargetFramework="$framework" -getItem:PackageDownload 2>/dev/null || true)
    for name in $(sed -n 's/.*Unable to find package \([^ ]*[^ .]\)\.* .*/\1/p' "$1" | sort -u); do
        printf '%s %s, ' "$name" "$(grep -iA1 "\"Identity\": \"$name\"" <<<"$wanted" | sed -n 's/.*"Version": "\[\(.*\)\]".*/\1/p')"
    done | sed 's/, $//' | grep . || tail -n 1 "$1"
}

publish() {
    need_dotnet
    pick_framework
    need_linker
    say "publishing out/$rid/nvmepf, nvmepf-host and nvmepf-soc ($framework, linked by $linker)"
    publish_one firmware/Firmware.csproj "$framework"
    publish_one tools/HostDriver/HostDriver.csproj "$framework"
    publish_one tools/SocModel/Server/Server.csproj "$framework"
    [ -x "$out/$rid/nvmepf" ] || die "publish ended without out/$rid/nvmepf"
}

# The check compiles against the arm64 framework where the feed has it, against the x86-64 one where not.
need_arm64_framework() {
    need_disassembler
    dotnet restore firmware/Firmware.csproj -r linux-arm64 -p:PublishAot=true -p:NvmepfFrameworks="$framework" \
        --artifacts-path "$out/obj/arm64" -v q -nologo >"$out/obj/arm64-framework.log" 2>&1 ||
        say "the package feed has no arm64 framework for $framework: the x86-64 one stands in for it"
}

# Where the publish left what it told the compiler; the check compiles by it, for another machine.
compiler_response() { echo "$out/obj/$framework/obj/Firmware/release_${framework}_$rid/native/nvmepf.ilc.rsp"; }

check_arm64() {
    publish
    need_arm64_framework
    mkdir -p "$out/arm64"
    say "compiling for AArch64 and reading the machine code; the object stays in out/arm64/"
    dotnet run --project tools/Arm64Check/Arm64Check.csproj -c "$configuration" -f net10.0 --property:NvmepfFrameworks=net10.0 \
        --artifacts-path "$out/obj/tests" -- "$(compiler_response)" "$out/arm64"
}

build() {
    need_dotnet
    say "building every project"
    dotnet build Firmware.sln -c "$configuration" --artifacts-path "$out/obj/all" -v q -nologo
}

# Counts from the results files, so that what the runner prints does not matter.
count() { # ATTRIBUTE
    { grep -ho "<Counters [^>]*" "$out"/results/*.trx 2>/dev/null || true; } | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" | awk '{ n += $1 } END { print n + 0 }'
}

run_tests() {
    # Whatever ends the script early is a failure, and is counted as one.
    trap 'echo "0 passed, 1 failed"' EXIT
    publish
    need_arm64_framework
    say "building the tests"
    dotnet build tests/Tests.csproj -c "$configuration" -p:NvmepfFrameworks=net10.0 --artifacts-path "$out/obj/tests" -v q -nologo
    rm -rf "$out/results"
    mkdir -p "$out/results"
    export NVMEPF_BINARY="$out/$rid/nvmepf" NVMEPF_HOST_BINARY="$out/$rid/nvmepf-host" NVMEPF_SOC_BINARY="$out/$rid/nvmepf-soc" NVMEPF_ROOT="$PWD"
    export NVMEPF_ILC_RESPONSE && NVMEPF_ILC_RESPONSE=$(compiler_response)
    local status=0
    dotnet test tests/Tests.csproj -c "$configuration" -p:NvmepfFrameworks=net10.0 --artifacts-path "$out/obj/tests" --no-build -nologo \
        --results-directory "$out/results" --logger "trx;LogFileName=tests.trx" --logger "console;verbosity=normal" \
        ${1:+--filter "$1"} || status=$?
    trap - EXIT
    local passed failed total
    passed=$(count passed) failed=$(count failed) total=$(count total)
    [ "$total" -gt 0 ] || { echo "no test ran"; status=1; }
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=$((failed + 1)); fi
    echo "$passed passed, $failed failed$([ $((total - passed - failed)) -le 0 ] || echo ", $((total - passed - failed)) skipped")"
    return "$status"
}

# Builds and tests by itself: what it runs is changed sources in out/defects, not what is published.
defects() {
    need_dotnet
    exec dotnet run --project tools/Mutations/Mutations.csproj -c "$configuration" -f net10.0 --property:NvmepfFrameworks=net10.0 \
        --artifacts-path "$out/obj/tests" -v q -- "$PWD" "$out/defects" "$@"
}

run() {
    local host=linux
    while [ $# -gt 0 ]; do
        case $1 in
            --host) host=${2:-}; shift 2 || die "--host needs a value: linux or builtin" ;;
            *) die "run: unknown option '$1'; allowed: --host linux, --host builtin" ;;
        esac
    done
    case $host in
        linux) publish; exec tools/rig/run.sh "$out/$rid/nvmepf" ;;
        builtin) publish; exec tools/rig/run-builtin.sh "$out/$rid/nvmepf" "$out/$rid/nvmepf-host" ;;
        *) die "--host $host: allowed are linux and builtin" ;;
    esac
}

# The board on the model: no binary, no clock of this machine.
bench_model() {
    need_dotnet
    mkdir -p "$out"
    local options=()
    for option in "$@"; do [ "$option" = --model ] || options+=("$option"); done
    exec dotnet run --project tools/BoardBench/BoardBench.csproj -c "$configuration" -f net10.0 --property:NvmepfFrameworks=net10.0 \
        --artifacts-path "$out/obj/tests" -v q -- --json "$out/board-bench.json" ${options[@]+"${options[@]}"}
}

bench() {
    case " $* " in *" --model "*) bench_model "$@" ;; esac
    publish
    case " $* " in
        *" --compare "* | *" --help "*) exec "$out/$rid/nvmepf-host" suite "$@" ;;
        *)
            need_command fio "shows what a file gives without us" fio
            exec "$out/$rid/nvmepf-host" suite --firmware "$out/$rid/nvmepf" --json "$out/bench.json" --svg "$out/bench.svg" "$@"
            ;;
    esac
}

board() {
    publish
    tools/rig/provision.sh
    say "a board and its host; the host's console follows, every register access goes to out/board/access.log"
    exec tools/rig/board.sh board --nvmepf "$out/$rid/nvmepf" --soc "$out/$rid/nvmepf-soc" --boots 2 --keep "$out/board"
}

arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --rid) rid=${2:-} && shift 2 || die "--rid needs a value: linux-x64 or linux-arm64" ;;
        *) arguments+=("$1") && shift ;;
    esac
done
case $rid in
    linux-x64) default=build ;;
    linux-arm64) default=publish ;;
    *) die "--rid $rid: allowed are linux-x64 and linux-arm64" ;;
esac
set -- "${arguments[@]}"
verb=${1:-$default}
[ $# -eq 0 ] || shift
[ "$rid" = linux-x64 ] || [ "$verb" = publish ] || die "$verb --rid $rid: only publish can be done for another machine than this"
case $verb in
    build) build ;;
    publish) publish ;;
    check-arm64) check_arm64 ;;
    run) run "$@" ;;
    board) board ;;
    test) run_tests "${1:-}" ;;
    bench) bench "$@" ;;
    defects) defects "$@" ;;
    clean) rm -rf "$out"; find . -type d \( -name bin -o -name obj \) -not -path './.git/*' -prune -exec rm -rf {} + ;;
    help | --help | -h) usage ;;
    *) usage >&2; die "unknown verb '$verb'" ;;
esac
