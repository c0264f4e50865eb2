# What the scripts of this folder share; sourced, not run.
# shellcheck shell=bash disable=SC2034

# What building needs on Debian 12.
build_packages=(gcc g++ make cmake pkg-config libclang-dev
  libavcodec-dev libavformat-dev libavutil-dev libswresample-dev ca-certificates)
# Space a release build takes, MiB.
build_space_mib=2000
# What packaging/docker/check.sh and nix/tests/check.sh run, and packaging/docker/build-local.sh.
check_packages=(shellcheck dash python3 python3-venv python3-yaml)
nix_packages=(nix-bin jq)
image_packages=(buildah debootstrap jq iproute2 procps util-linux)
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

# The build that suits this processor: modern, old (no AVX2), or any (before 2008, no SSE4.2 either).
cpu_level() {
  if cpu_is_modern; then
    echo modern
  elif grep -qw sse4_2 /proc/cpuinfo; then
    echo old
  else
    echo any
  fi
}

# Builds $1/release/kinora for processors of level $2: modern, old, any.
build_release() {
  local target=$1 level=$2 free name settings=()
  case $level in
    modern) ;;
    old | any)
      for name in AVX AVX2 FMA F16C BMI2; do settings+=("GGML_$name=OFF"); done
      [ "$level" = old ] || settings+=(GGML_SSE42=OFF)
      ;;
    *) fail "there is no level $level" ;;
  esac
  mkdir -p "$target"
  free=$(df -Pm "$target" | awk 'NR == 2 { print $4 }')
  [ -x "$target/release/kinora" ] || [ "$free" -ge "$build_space_mib" ] ||
    fail "$target has $free MiB free and the build needs $build_space_mib; set CARGO_TARGET_DIR to a folder with more"
  # Cargo does not see that these settings changed, so what was built with others goes first.
  if [ -d "$target/release" ] && [ "$(cat "$target/kinora-cpu" 2>/dev/null || echo modern)" != "$level" ]; then
    env CARGO_TARGET_DIR="$target" cargo clean --release --package whisper-rs-sys
  fi
  # Whoever interrupts the build leaves what is of the new level.
  echo "$level" >"$target/kinora-cpu"
  env CARGO_TARGET_DIR="$target" "${settings[@]}" cargo build --release --locked ||
    fail "the build failed; the lines above say why"
}

# Makes the manual and the completions of program $1 in the folder $2: man/*.1 and completions/.
make_share() {
  rm -rf "$2/man" "$2/completions"
  mkdir -p "$2/man" "$2/completions"
  "$1" man --out "$2/man" >/dev/null
  "$1" completions bash >"$2/completions/kinora.bash"
  "$1" completions zsh >"$2/completions/_kinora"
  "$1" completions fish >"$2/completions/kinora.fish"
}

# The version of this checkout.
kinora_version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1
}
