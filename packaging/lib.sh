# What try.sh and test.sh share; sourced, not run.
# shellcheck shell=bash

# What building needs on Debian 12.
build_packages=(gcc g++ make cmake pkg-config libclang-dev
  libavcodec-dev libavformat-dev libavutil-dev libswresample-dev ca-certificates)
# The oldest cargo that builds Kinora: 1.90.
cargo_minor_min=90

say() { printf '\n== %s\n' "$*"; }
fail() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this must run as root, and there is no sudo: $*"
  fi
}

# Installs the Debian packages of its arguments that are missing.
need_packages() {
  local missing=() name
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    fail "this system has no apt-get; install what corresponds to these Debian packages, then build with cargo: $*"
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${#missing[@]} system packages: ${missing[*]}"
  as_root apt-get update -q || fail "apt-get could not fetch its lists; is the network up?"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install the packages above"
}

# True where $1 is a cargo that is new enough.
cargo_serves() {
  local version minor
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#cargo }
  minor=${version#*.}
  minor=${minor%%.*}
  [ "${version%%.*}" -gt 1 ] 2>/dev/null || [ "$minor" -ge "$cargo_minor_min" ] 2>/dev/null
}

# Puts a cargo that is new enough first in PATH; installs one with the official installer where there is none.
need_cargo() {
  local home=${CARGO_HOME:-$HOME/.cargo} candidate
  for candidate in "$(command -v cargo || true)" "$home/bin/cargo"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && cargo_serves "$candidate"; then
      PATH="$(dirname "$candidate"):$PATH"
      return 0
    fi
  done
  # Not tried by the authors: their machines have no open network.
  PATH="$home/bin:$PATH"
  if [ -x "$home/bin/rustup" ]; then
    say "The Rust here is older than 1.$cargo_minor_min; fetching the current one beside it"
    "$home/bin/rustup" toolchain install stable --profile minimal || fail "rustup could not fetch the current Rust"
    export RUSTUP_TOOLCHAIN=stable
  else
    say "No cargo of at least 1.$cargo_minor_min here; installing Rust into $home with the installer of rustup.rs"
    need_packages curl ca-certificates
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
      sh -s -- -y --profile minimal --no-modify-path ||
      fail "Rust could not be installed; see https://rustup.rs, then run this again"
  fi
  cargo_serves "$home/bin/cargo" || fail "the Rust that was installed is older than 1.$cargo_minor_min"
}

# True where this processor has what a normal build uses (all since Intel Haswell 2013 and AMD Zen, except small
# Celeron, Pentium and Atom ones); other architectures have no such levels.
cpu_is_modern() {
  local flag flags
  [ "$(uname -m)" = x86_64 ] || return 0
  flags=" $(grep -m1 '^flags' /proc/cpuinfo | cut -d: -f2) "
  for flag in avx avx2 fma f16c bmi2; do
    case $flags in *" $flag "*) ;; *) return 1 ;; esac
  done
}
