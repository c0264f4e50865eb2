#!/usr/bin/env bash
# Installs Kinora from this folder, as root:
#   ./install.sh [--prefix DIR] [--dry-run] [--yes] [--no-service]
#   ./install.sh --uninstall [--prefix DIR] [--dry-run] [--yes]
# It shows what it would do and asks; --yes does not ask, --dry-run does nothing. DIR is /usr/local. --no-service leaves out
# the service, its user and its configuration. --uninstall leaves the configuration and what Kinora remembers.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Debian's packages with the libraries the program is linked with.
library_packages=(libavcodec59 libavformat59 libavutil57 libswresample4 libstdc++6 ca-certificates)
# Where the folder systemd is told of things by whoever administers the machine; ROOT is for tests.
system=${ROOT:-}/etc
data=${ROOT:-}/var/lib/kinora

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
usage() { sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}"; }

# Steps that were planned: what they do in words, and the command.
words=()
commands=()
plan() {
  words+=("$1")
  shift
  commands+=("$(printf '%q ' "$@")")
}

# Fails where this processor cannot run the program of this folder.
check_processor() {
  local flags flag lacking="" name
  [ "$(uname -m)" = x86_64 ] || fail "this download is for x86_64, and this machine is $(uname -m): build Kinora from its sources"
  name=$(basename "$here")
  flags=" $(grep -m1 '^flags' "${CPUINFO:-/proc/cpuinfo}" | cut -d: -f2) "
  case $name in
    *-baseline) set -- sse4_2 ;;
    *) set -- avx2 fma f16c bmi2 ;;
  esac
  for flag in "$@"; do
    case $flags in *" $flag "*) ;; *) lacking="$lacking $flag" ;; esac
  done
  [ -n "$lacking" ] || return 0
  case $name in
    *-baseline) fail "this processor lacks$lacking: build Kinora on this machine from its sources, with packaging/try.sh" ;;
    *) fail "this processor lacks$lacking, which this build needs: use the download whose name ends in x86_64-baseline" ;;
  esac
}

# The libraries that are missing, by the names the program asks for.
missing_libraries() {
  { ldd "$here/bin/kinora" 2>/dev/null || true; } | awk '/not found/ { print $1 }' | sort -u
}

plan_libraries() {
  local missing name lacking=()
  missing=$(missing_libraries)
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    fail "the program needs ${missing//$'\n'/ }: Debian 12 has them in the packages ${library_packages[*]}; install what" \
      "corresponds to them here, then run this again"
  fi
  for name in "${library_packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || lacking+=("$name")
  done
  if [ ${#lacking[@]} = 0 ] || ! apt-cache show "${lacking[@]}" >/dev/null 2>&1; then
    fail "the program needs ${missing//$'\n'/ }, of Debian's packages ${library_packages[*]}, which apt does not know here:" \
      "run apt-get update; if it knows them no better then, this system is another than Debian 12: build Kinora on it" \
      "from its sources, with packaging/try.sh"
  fi
  plan "Debian's packages ${lacking[*]}, by apt-get" \
    env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${lacking[@]}"
}

plan_install() {
  local from to name
  (cd "$here" && sha256sum --check --quiet SHA256SUMS) || fail "files of this folder are damaged; unpack the download again"
  check_processor
  [ -n "${ROOT:-}" ] || [ "$(dpkg-query -W -f '${db:Status-Status}' kinora 2>/dev/null)" != installed ] ||
    fail "Debian's package kinora is installed; remove it first, its data stay: apt remove kinora"
  plan_libraries
  plan "the program to $prefix/bin/kinora" install -D -m 755 "$here/bin/kinora" "$prefix/bin/kinora"
  plan "its models to $prefix/share/kinora/models" install -D -m 644 -t "$prefix/share/kinora/models" \
    "$here/share/kinora/models/ggml-base-q8_0.bin" "$here/share/kinora/models/ggml-silero-v6.bin"
  plan "the manual to $prefix/share/man/man1" install -D -m 644 -t "$prefix/share/man/man1" "$here"/share/man/*.1
  while read -r from to; do
    name=$(basename "$to")
    plan "completions to $prefix/share/$to" install -D -m 644 "$here/share/completions/$from" "$prefix/share/$to"
  done <<'END'
kinora.bash bash-completion/completions/kinora
_kinora zsh/site-functions/_kinora
kinora.fish fish/vendor_completions.d/kinora.fish
END
  plan "the licence to $prefix/share/doc/kinora" install -D -m 644 -t "$prefix/share/doc/kinora" "$here/LICENSE" "$here/README.md"
  [ -n "$service" ] || return 0
  [ -e "$system/kinora/kinora.toml" ] ||
    plan "a configuration to begin with to $system/kinora/kinora.toml" install -D -m 644 "$here/kinora.toml" "$system/kinora/kinora.toml"
  if [ ! -d "${ROOT:-}/run/systemd/system" ]; then
    words+=("no service: systemd does not run here; start \`$prefix/bin/kinora serve\` as your system starts services")
    commands+=(true)
    return 0
  fi
  plan "the user kinora ($system/sysusers.d/kinora.conf)" install -D -m 644 "$here/systemd/sysusers.conf" "$system/sysusers.d/kinora.conf"
  plan "" systemd-sysusers kinora.conf
  plan "its folder $data ($system/tmpfiles.d/kinora.conf)" install -D -m 644 "$here/systemd/tmpfiles.conf" "$system/tmpfiles.d/kinora.conf"
  plan "" systemd-tmpfiles --create kinora.conf
  plan "the service ($system/systemd/system/kinora.service), which starts now and with the machine" put_unit
  plan "" systemctl daemon-reload
  plan "" systemctl enable --quiet kinora.service
  plan "" systemctl restart kinora.service
}

# The unit, with the place of the program in it.
put_unit() {
  mkdir -p "$system/systemd/system"
  sed "s|^ExecStart=/usr/bin/kinora |ExecStart=$prefix/bin/kinora |" "$here/systemd/kinora.service" \
    >"$system/systemd/system/kinora.service.new"
  mv "$system/systemd/system/kinora.service.new" "$system/systemd/system/kinora.service"
}

plan_uninstall() {
  local file unit=$system/systemd/system/kinora.service
  if [ -e "$unit" ] && [ -d "${ROOT:-}/run/systemd/system" ]; then
    plan "the service ends, and starts no more" systemctl disable --now --quiet kinora.service
  fi
  for file in "$unit" "$system/sysusers.d/kinora.conf" "$system/tmpfiles.d/kinora.conf" "$prefix/bin/kinora" \
    "$prefix/share/kinora/models/ggml-base-q8_0.bin" "$prefix/share/kinora/models/ggml-silero-v6.bin" \
    "$prefix"/share/man/man1/kinora.1 "$prefix"/share/man/man1/kinora-*.1 \
    "$prefix/share/bash-completion/completions/kinora" "$prefix/share/zsh/site-functions/_kinora" \
    "$prefix/share/fish/vendor_completions.d/kinora.fish" "$prefix/share/doc/kinora/LICENSE" \
    "$prefix/share/doc/kinora/README.md"; do
    [ ! -e "$file" ] || plan "$file is removed" rm -f "$file"
  done
  for file in "$prefix/share/kinora/models" "$prefix/share/kinora" "$prefix/share/doc/kinora"; do
    [ ! -d "$file" ] || plan "" rmdir --ignore-fail-on-non-empty "$file"
  done
  [ ! -d "${ROOT:-}/run/systemd/system" ] || plan "" systemctl daemon-reload
}

show_plan() {
  local n
  say "$1"
  for n in "${!words[@]}"; do
    [ -z "${words[$n]}" ] || say "  - ${words[$n]}"
  done
}

ask() {
  local answer
  [ -z "$yes" ] || return 0
  [ -t 0 ] || fail "nobody can be asked here; run it with --yes to do this"
  read -r -p "Do that? [y/N] " answer
  case $answer in [yY]*) ;; *) fail "nothing was done" ;; esac
}

carry_out() {
  local n
  for n in "${!commands[@]}"; do
    eval "${commands[$n]}" || fail "this failed: ${commands[$n]}; run it again when that is put right, what is done already does no harm"
  done
}

main() {
  local uninstall="" dry=""
  prefix=/usr/local
  yes=""
  service=yes
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --prefix)
        [ $# -ge 2 ] || fail "--prefix needs a folder"
        prefix=$(realpath -m -- "$2") && shift
        ;;
      --dry-run) dry=yes ;;
      --yes) yes=yes ;;
      --no-service) service="" ;;
      --uninstall) uninstall=yes ;;
      *) fail "$1 is no option; see ./install.sh --help" ;;
    esac
    shift
  done
  if [ -n "$uninstall" ]; then plan_uninstall; else plan_install; fi
  [ ${#commands[@]} -gt 0 ] || { say "There is nothing of Kinora in $prefix." && exit 0; }
  show_plan "$(if [ -n "$uninstall" ]; then echo "Removing Kinora from $prefix:"; else echo "Installing Kinora to $prefix:"; fi)"
  [ -z "$dry" ] || exit 0
  [ -w "$(dirname -- "$(existing "$prefix")/.")" ] || fail "$prefix cannot be written; run this as root"
  ask
  carry_out
  if [ -n "$uninstall" ]; then
    say "Kinora is removed. These stay: $system/kinora, and what it remembers in $data, of the user kinora. If you want them no more:"
    say "  rm -r $system/kinora $data && userdel kinora"
  else
    say "Kinora is installed: $("$prefix/bin/kinora" --version | head -n 1)."
    say "Name the folders of your videos in $system/kinora/kinora.toml, then: systemctl restart kinora"
  fi
}

# The folder itself, or the nearest above it that is there.
existing() {
  local folder=$1
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  echo "$folder"
}

main "$@"
