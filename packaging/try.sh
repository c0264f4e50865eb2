#!/usr/bin/env bash
# Builds Kinora on a fresh Debian 12 and subtitles the sample, and your own files if you name some:
#   packaging/try.sh [--out DIR] [VIDEO...]
# Installs system packages (as root or with sudo) and Rust where they are missing. Your videos are only read: all that
# is written goes to DIR (./try-out). Run it again as often as you like. Installing Rust was never tried by the authors,
# whose machines have no open network; all else was.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

usage() { sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}"; }

# The build that suits this processor: $1 is the target directory.
build() {
  local level
  level=$(cpu_level)
  [ "$level" = modern ] ||
    say "This processor has no AVX2: building without it. Kinora works, but listens several times slower."
  say "Building (5 to 20 minutes the first time, depending on the machine)"
  build_release "$1" "$level"
}

main() {
  local out="$root/try-out" files=() target kinora srt
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
