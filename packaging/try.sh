#!/usr/bin/env bash
# Builds Kinora on a fresh Debian 12 and subtitles the sample, and your own files if you name some:
#   packaging/try.sh [--out DIR] [VIDEO...]
# Installs system packages (as root or with sudo) and Rust where they are missing. Your videos are only read: all that
# is written goes to DIR (./try-out). Run it again as often as you like. Installing Rust was never tried by the authors,
# whose machines have no open network; all else was.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

# Space a release build takes, MiB.
build_space_mib=2000

usage() { sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}"; }

# The build: $1 is the target directory.
build() {
  local target=$1 level=modern free
  if ! cpu_is_modern; then
    level=old
    say "This processor has no AVX2: building without it. Kinora works, but listens several times slower."
    export GGML_AVX=OFF GGML_AVX2=OFF GGML_FMA=OFF GGML_F16C=OFF GGML_BMI2=OFF
  fi
  mkdir -p "$target"
  free=$(df -Pm "$target" | awk 'NR == 2 { print $4 }')
  [ -x "$target/release/kinora" ] || [ "$free" -ge "$build_space_mib" ] ||
    fail "$target has $free MiB free and the build needs $build_space_mib; set CARGO_TARGET_DIR to a folder with more"
  # Cargo does not see that these settings changed, so what was built with others goes first.
  if [ -d "$target/release" ] && [ "$(cat "$target/kinora-cpu" 2>/dev/null || echo modern)" != "$level" ]; then
    cargo clean --release --package whisper-rs-sys
  fi
  say "Building (5 to 20 minutes the first time, depending on the machine)"
  cargo build --release --locked || fail "the build failed; the lines above say why"
  echo "$level" >"$target/kinora-cpu"
}

main() {
  local out="$root/try-out" files=() target kinora file srt
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --out)
        [ $# -ge 2 ] || fail "--out needs a folder"
        out=$(realpath -m -- "$2") && shift
        ;;
      -*) fail "$1 is no option; see packaging/try.sh --help" ;;
      *)
        [ -e "$1" ] || fail "there is no $1"
        files+=("$(realpath -- "$1")")
        ;;
    esac
    shift
  done
  need_packages "${build_packages[@]}"
  need_cargo
  target=$(realpath -m -- "${CARGO_TARGET_DIR:-$root/target}")
  export CARGO_TARGET_DIR=$target
  cd "$root"
  build "$target"
  kinora=$target/release/kinora

  # What Kinora remembers stays in the same folder, so that removing it removes everything.
  export KINORA__DATA_DIR=$out/data
  mkdir -p "$KINORA__DATA_DIR"
  say "Subtitling the sample, 11 seconds of a speech of 1961"
  "$kinora" run --output "$out" "$root/assets/jfk.wav" || fail "the sample could not be subtitled"
  for srt in "$out"/jfk*.srt; do
    [ -s "$srt" ] || fail "no subtitles were written to $out"
    say "$srt:"
    cat "$srt"
  done
  if [ ${#files[@]} -gt 0 ]; then
    say "Subtitling your own"
    "$kinora" run --output "$out" "${files[@]}" ||
      fail "not all of your files could be subtitled; the lines above say which, why, and what to do"
  fi

  say "Done. The subtitles are in $out"
  cat <<EOF
Your own videos, subtitles beside each of them:
  $kinora run /path/to/video.mkv /path/to/folder
What would be done and why, without doing it:
  $kinora explain /path/to/video.mkv
To remove all of this again:
  rm -r $out $target
  and what Kinora remembers of your own runs: rm -r ~/.local/share/kinora (as root: /var/lib/kinora)
EOF
}

main "$@"
