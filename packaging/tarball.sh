#!/usr/bin/env bash
# Makes the downloads of Kinora for systems with glibc and FFmpeg 5, such as Debian 12; as root or with sudo where packages
# are missing:
#   packaging/tarball.sh [--out DIR] [avx2|baseline]...
# For each kind of processor (without a word: both) DIR (./dist) gets kinora-VERSION-x86_64-KIND.tar.gz, and SHA256SUMS.
# Builds in target/, or where CARGO_TARGET_DIR says, one kind after the other.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

usage() { sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}"; }

# The level of a kind, as build_release names it.
level_of() {
  case $1 in
    avx2) echo modern ;;
    baseline) echo old ;;
    *) fail "$1 is no kind of processor; see packaging/tarball.sh --help" ;;
  esac
}

# Makes the folder of one kind: $1 its name, $2 the program, $3 where.
furnish() {
  local folder=$3/$1
  mkdir -p "$folder/bin" "$folder/share/kinora/models" "$folder/systemd"
  install -m 755 "$2" "$folder/bin/kinora"
  install -m 644 models/ggml-base-q8_0.bin models/ggml-silero-v6.bin "$folder/share/kinora/models/"
  make_share "$2" "$folder/share"
  install -m 644 packaging/systemd/kinora.service packaging/systemd/sysusers.d/kinora.conf "$folder/systemd/"
  install -m 644 packaging/systemd/tmpfiles.d/kinora.conf "$folder/systemd/tmpfiles.conf"
  mv "$folder/systemd/kinora.conf" "$folder/systemd/sysusers.conf"
  install -m 644 packaging/debian/kinora.toml "$folder/"
  install -m 644 LICENSE README.md CHANGELOG.md assets/jfk.wav "$folder/"
  install -m 755 packaging/install.sh "$folder/"
  (cd "$folder" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs -d '\n' sha256sum >SHA256SUMS)
}

make() {
  local kind=$1 out=$2 target=$3 name work date
  name=kinora-$(kinora_version)-x86_64-$kind
  say "Building $name"
  build_release "$target" "$(level_of "$kind")"
  work=$(mktemp -d)
  furnish "$name" "$target/release/kinora" "$work"
  # The same checkout gives the same file.
  date=$(git log -1 --format=%cI 2>/dev/null || echo 2026-01-01T00:00:00Z)
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="$date" -cf - "$name" |
    gzip -9n >"$out/$name.tar.gz.new"
  mv "$out/$name.tar.gz.new" "$out/$name.tar.gz"
  rm -rf "$work"
  (cd "$out" && sha256sum "$name.tar.gz" >>SHA256SUMS.new)
}

main() {
  local out=$root/dist kinds=() kind target first=avx2
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --out)
        [ $# -ge 2 ] || fail "--out needs a folder"
        out=$(realpath -m -- "$2") && shift
        ;;
      -*) fail "$1 is no option; see packaging/tarball.sh --help" ;;
      *) level_of "$1" >/dev/null && kinds+=("$1") ;;
    esac
    shift
  done
  [ "$(uname -m)" = x86_64 ] || fail "the downloads are made on an x86_64 machine"
  need_packages "${build_packages[@]}"
  need_cargo
  target=$(realpath -m -- "${CARGO_TARGET_DIR:-$root/target}")
  export CARGO_TARGET_DIR=$target
  cd "$root"
  if [ ${#kinds[@]} = 0 ]; then
    # What is built already comes first.
    [ "$(cat "$target/kinora-cpu" 2>/dev/null)" != old ] || first=baseline
    kinds=("$first" "$([ $first = avx2 ] && echo baseline || echo avx2)")
  fi
  mkdir -p "$out"
  rm -f "$out/SHA256SUMS.new"
  for kind in "${kinds[@]}"; do make "$kind" "$out" "$target"; done
  mv "$out/SHA256SUMS.new" "$out/SHA256SUMS"
  say "The downloads are in $out:"
  cat "$out/SHA256SUMS"
}

main "$@"
