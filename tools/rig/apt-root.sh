# shellcheck shell=bash
# The rig's private apt root: package lists, downloads and an empty package database of its own, inside the cache.
# Sourced by provision.sh. It reads the machine's apt configuration (mirror, proxy) and changes nothing of it: no package of the machine is
# installed, removed or upgraded, and no hook of the machine's apt runs. Packages are only downloaded and unpacked; apt verifies each of them
# through the signed lists with Debian's archive keyring. Needs no root.

# shellcheck disable=SC2154  # paths.sh, sourced before, sets it
apt_root=$rig_cache/apt

# The architectures whose packages are wanted: the machine's own first. A caller that wants another one's packages adds it before it opens the
# root, and names them as PACKAGE:ARCHITECTURE.
apt_root_architectures=(amd64)

# Prints Debian's archive keyring.
apt_root_keyring() {
  local file
  for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    [[ -r $file ]] && { printf '%s\n' "$file"; return; }
  done
  return 1
}

# Prints "URI SUITE COMPONENTS" for each binary source that the machine's apt knows, from both formats of source file.
apt_root_sources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -r $file ]] || continue
    sed -n -E 's/[[:space:]]*#.*//; s/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?//p' "$file"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -r $file ]] || continue
    awk '
      function flush(  u, s, i, j, nu, ns) {
        if (types ~ /(^| )deb( |$)/ && enabled !~ /^(no|false|0|off)$/) {
          nu = split(uris, u, " "); ns = split(suites, s, " ")
          for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++) print u[i], s[j], components
        }
        types = uris = suites = components = enabled = ""
      }
      /^#/ { next }
      /^[[:space:]]*$/ { flush(); next }
      { line = $0; sub(/^[^:]*:[[:space:]]*/, "", line); field = tolower($1) }
      field == "types:" { types = line }
      field == "uris:" { uris = line }
      field == "suites:" { suites = line }
      field == "components:" { components = line }
      field == "enabled:" { enabled = tolower(line) }
      END { flush() }
    ' "$file"
  done
}

# Prints the Debian mirror that this machine uses. NVMEPF_DEBIAN_MIRROR overrides it.
apt_root_mirror() {
  if [[ -n "${NVMEPF_DEBIAN_MIRROR:-}" ]]; then
    printf '%s\n' "$NVMEPF_DEBIAN_MIRROR"
    return
  fi
  # A Debian suite with component main; the security archive and the add-on suites do not hold what the rig needs.
  apt_root_sources | awk '
    $2 ~ /^(bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable)$/ && / main( |$)/ { print $1; found = 1; exit }
    END { exit !found }'
}

# Sets the private root up and fetches the package lists.
apt_root_open() {
  local keyring mirror suite
  keyring=$(apt_root_keyring) ||
    rig_die "Debian's archive keyring is not on this machine, so downloads could not be verified. As root: apt-get install debian-archive-keyring"
  mirror=$(apt_root_mirror) ||
    rig_die "no Debian mirror in /etc/apt/sources.list or /etc/apt/sources.list.d. Set NVMEPF_DEBIAN_MIRROR to the URI of one and try again."
  mkdir -p "$apt_root"/{state/lists/partial,cache/archives/partial,empty/partial}
  : >"$apt_root/status"
  for suite in trixie trixie-backports; do
    printf 'deb [arch=%s signed-by=%s] %s %s main\n' "$(IFS=,; printf '%s' "${apt_root_architectures[*]}")" "$keyring" "$mirror" "$suite"
  done >"$apt_root/sources.list"
  apt_root_configure
  export APT_CONFIG=$apt_root/apt.conf

  rig_say "fetching Debian's package lists (about $((10 * ${#apt_root_architectures[@]})) MB) from $mirror"
  # Error-Mode=any: a list that could not be fetched is a failure, not a warning about an old one.
  apt_root_run "the package lists could not be fetched from $mirror" update -o APT::Update::Error-Mode=any
}

# The machine's way to the network (proxies, retries) is kept, its hooks and pins are not. Only the owner may read the file: a proxy's
# setting may hold a password.
apt_root_configure() {
  (
    umask 077
    apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date)' >"$apt_root/apt.conf" || true
    cat >>"$apt_root/apt.conf" <<EOF
APT::Architecture "${apt_root_architectures[0]}";
APT::Architectures { $(printf '"%s"; ' "${apt_root_architectures[@]}")};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::Cache "$apt_root/cache";
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$apt_root/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$apt_root/state";
Dir::State::status "$apt_root/status";
EOF
  )
}

# apt_root_run WHAT-FAILED ARGUMENTS...: runs apt-get; a failure shows what apt said and what can be done.
apt_root_run() {
  local failed=$1
  shift
  apt-get -q -y "$@" >"$apt_root/log" 2>&1 && return
  tail -n 15 "$apt_root/log" >&2
  if grep -q -E 'NO_PUBKEY|EXPKEYSIG|not signed' "$apt_root/log"; then
    rig_die "$failed: their signature could not be verified. Is the keyring too old?" \
      "As root: apt-get update && apt-get install debian-archive-keyring"
  fi
  rig_die "$failed. The rig needs the network once; after that everything comes from $rig_cache." \
    "Behind a proxy, set Acquire::http::Proxy in /etc/apt/apt.conf.d or http_proxy. A cache filled on another machine works too: copy $rig_cache." \
    "An interrupted download continues when this is run again."
}

# apt_root_fetch WHAT DIRECTORY ARGUMENTS...: downloads the packages that "apt-get ARGUMENTS" names and unpacks them into DIRECTORY.
apt_root_fetch() {
  local what=$1 into=$2 package
  shift 2
  local -a uris
  # What lies there from an interrupted run is not printed, so this looks where nothing lies.
  (cd "$apt_root/empty" && apt_root_run "$what: apt does not know the packages" "$@" --print-uris -o Dir::Cache::archives="$apt_root/empty")
  mapfile -t uris < <(awk -F"'" '/^\x27/ { print $3 }' "$apt_root/log")
  rig_say "fetching $what: $(printf '%s\n' "${uris[@]}" |
    awk '{ n++; bytes += $2 } END { printf "%d packages, %.0f MB", n, bytes / 1e6 }')"
  # "install" keeps downloads in the cache, "download" in the current directory: one place for both.
  (cd "$apt_root/cache/archives" && apt_root_run "$what could not be fetched" "$@")
  mkdir -p "$into"/usr/{bin,sbin,lib,lib64}
  ln -sfn usr/bin usr/sbin usr/lib usr/lib64 "$into"/
  for package in "${uris[@]}"; do
    package=${package# } package=${package%% *}
    dpkg-deb -x "$apt_root/cache/archives/$package" "$into" || rig_die "$package could not be unpacked into $into"
  done
}
