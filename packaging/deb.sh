#!/usr/bin/env bash
# Makes the Debian package of Kinora for Debian 12, as root or with sudo where packages are missing:
#   packaging/deb.sh [--out DIR]
# The package goes to DIR (./dist). Builds in target/, or where CARGO_TARGET_DIR says.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

# What puts the package together.
cargo_deb_version=3.8.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kinora

usage() { sed -n '2,4s/^# \?//p' "${BASH_SOURCE[0]}"; }

cargo_deb() {
  export PATH="$PATH:$cache/tools/bin"
  if [[ $(cargo deb --version 2>/dev/null) != *"$cargo_deb_version" ]]; then
    say "Building cargo-deb, which puts the package together"
    # A debug build: it is used once, and this is three times quicker to build.
    CARGO_TARGET_DIR="$cache/tools/build-deb" \
      cargo install --locked --debug --force --version "$cargo_deb_version" --root "$cache/tools" cargo-deb ||
      fail "cargo-deb could not be installed; the lines above say why"
    rm -rf "$cache/tools/build-deb"
  fi
}

main() {
  local out=$root/dist target made
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --out)
        [ $# -ge 2 ] || fail "--out needs a folder"
        out=$(realpath -m -- "$2") && shift
        ;;
      *) fail "$1 is no option; see packaging/deb.sh --help" ;;
    esac
    shift
  done
  need_packages "${build_packages[@]}" dpkg-dev
  need_cargo
  target=$(realpath -m -- "${CARGO_TARGET_DIR:-$root/target}")
  export CARGO_TARGET_DIR=$target
  cd "$root"
  cargo_deb
  say "Building for processors with AVX2"
  build_release "$target" modern
  make_share "$target/release/kinora" "$target/release/share"
  gzip -9n "$target"/release/share/man/*.1
  say "Putting the package together"
  mkdir -p "$out"
  # Most of it are weights, which no compression makes smaller.
  made=$(cargo deb --no-build --fast --locked --output "$out") || fail "cargo-deb failed; the lines above say why"
  say "The package: install it with  apt install $made"
}

main "$@"
