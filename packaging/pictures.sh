#!/usr/bin/env bash
# Makes the pictures of the operator's screen that README.md shows:
#   packaging/pictures.sh [DIR]
# Starts Kinora with a small library of its own in a temporary folder, lets it work, looks at `kinora tui` in a terminal
# (tmux), and writes what is there to DIR (assets/) as SVG. Needs ffmpeg, tmux and python3; builds Kinora where
# $KINORA names no program and there is no target/release/kinora.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

columns=100 rows=30
picture_bytes_max=60000
# Nothing here takes longer, seconds.
patience=300

usage() { sed -n '2,6s/^# \?//p' "${BASH_SOURCE[0]}"; }

program() {
  local target=${CARGO_TARGET_DIR:-$root/target}
  [ -n "${KINORA:-}" ] && return
  KINORA=$target/release/kinora
  [ -x "$KINORA" ] && return
  need_packages "${build_packages[@]}"
  need_cargo
  (cd "$root" && cargo build --release --locked) || fail "the build failed; the lines above say why"
}

# wait_until WHAT COMMAND...: again and again, until it is true.
wait_until() {
  local what=$1 start=$SECONDS
  shift
  until "$@"; do
    [ $((SECONDS - start)) -lt "$patience" ] || {
      screen >&2 || true
      tail -n 20 "$work/log" >&2 || true
      fail "$what did not come within $patience s; above is what was there"
    }
    sleep 0.2
  done
}

kinora() { "$KINORA" --config "$work/kinora.toml" "$@"; }
terminal() { tmux -L "kinora-pictures-$$" -f /dev/null -u "$@"; }
screen() { terminal capture-pane -p; }
shows() { screen 2>/dev/null | grep -q -- "$1"; }
# How many jobs have this status.
jobs_are() { [ "$(kinora jobs list --status "$1" --json | grep -o '"execution"' | wc -l)" -ge "$2" ]; }
# A worker listens, and is so far that it can say how long it takes.
listens() { kinora status --json | grep -Eq '"step":"listen"[^{}]*"progress":0\.(0[2-9]|[1-9])'; }
keys() { terminal send-keys "$@"; }

# film NAME FFMPEG-ARGS...: a film of the sample.
film() {
  local file=$films/$1
  shift
  mkdir -p "$(dirname "$file")"
  ffmpeg -nostdin -v error -y "$@" "$file"
}

library() {
  local sample=$root/assets/jfk.wav name number=0
  # Done: each with another cut of the sample, so that none is recognised as another.
  for name in "Metropolis (1927)/Metropolis (1927).mkv" "The General (1926).mkv" "千と千尋の神隠し (2001).mkv"; do
    number=$((number + 1))
    film "$name" -i "$sample" -af "atempo=1.0$number" -c:a flac
  done
  # What an owner meets: downloads that reserved their place and never came, one that ended early, a page in its place,
  # a film without sound, an empty file.
  mkdir -p "$films/Series/The Twilight Zone"
  head -c 3000000 /dev/zero >"$films/Sherlock Jr. (1924).mkv"
  head -c 3000000 /dev/zero >"$films/Series/The Twilight Zone/The Twilight Zone S01E01.mkv"
  echo '<html><body>429 Too Many Requests</body></html>' >"$films/M (1931).mkv"
  film "whole.mkv" -i "$sample" -c:a flac
  head -c 700 "$films/whole.mkv" >"$films/Series/The Twilight Zone/The Twilight Zone S01E02.mkv"
  rm "$films/whole.mkv"
  film "The Kid (1921).mkv" -f lavfi -i testsrc=d=3 -c:v mpeg4
  : >"$films/Safety Last! (1923).mkv"
}

# One that is under way for long, and some that wait for it.
more() {
  local sample=$root/assets/jfk.wav number
  film "Der Himmel über Berlin (1987).mkv" -stream_loop 300 -i "$sample" -af "atempo=0.97" -c:a flac
  for number in 1 2 3; do
    film "Series/Sita Sings the Blues/Part $number.mkv" -stream_loop 20 -i "$sample" -af "atempo=0.9$number" -c:a flac
  done
}

serve() {
  cat >"$work/kinora.toml" <<TOML
data_dir = "$work/data"
[http]
listen = "127.0.0.1:0"
[serve]
stable = "0s"
[listen]
from = "en"
beam = 1
[[library]]
name = "Films"
path = "$films"
TOML
  "$KINORA" --config "$work/kinora.toml" serve 2>"$work/log" &
  daemon=$!
  wait_until "the service" kinora status >/dev/null 2>&1
}

# Nothing on the screen is still asked for.
settled() { ! shows "[Aa]sking"; }

# picture NAME TITLE: what is on the screen.
picture() {
  local file=$out/screen-$1.svg
  wait_until "all that is asked" settled
  terminal capture-pane -e -p | python3 "$root/packaging/ansi_svg.py" "$columns" "$rows" "$2" >"$file.new"
  [ "$(wc -c <"$file.new")" -lt "$picture_bytes_max" ] || fail "$file would have more than $picture_bytes_max bytes"
  mv "$file.new" "$file"
  say "$file: $(wc -c <"$file") bytes"
}

main() {
  case ${1:-} in -h | --help) usage && exit 0 ;; esac
  out=$(realpath -m -- "${1:-$root/assets}")
  local tool
  for tool in tmux ffmpeg python3; do command -v "$tool" >/dev/null || fail "this needs $tool"; done
  program
  mkdir -p "$out"
  work=$(mktemp -d "${TMPDIR:-/tmp}/nas.XXXXXX")
  films=$work/Films
  daemon=
  trap 'terminal kill-server 2>/dev/null || true; [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
  mkdir -p "$films"
  library
  serve
  wait_until "the ends of the first films" jobs_are "done" 3
  wait_until "what failed" jobs_are parked 6
  more
  kinora scan >/dev/null
  wait_until "a film under way" listens

  env -u NO_COLOR -u TMUX COLORTERM=truecolor LC_ALL=C.UTF-8 tmux -L "kinora-pictures-$$" -f /dev/null -u \
    new-session -d -x "$columns" -y "$rows" "$KINORA --config $work/kinora.toml tui"
  terminal set-option -g status off
  terminal set-option -g default-terminal tmux-256color
  terminal resize-window -x "$columns" -y "$rows"
  wait_until "the overview" shows "1 Overview"
  wait_until "what is under way" shows "Himmel"
  wait_until "how far it is" shows "[0-9] %\|[0-9]%"
  picture overview "Kinora's screen: the overview"

  keys 5
  wait_until "the failures" shows "what to do"
  picture failures "Kinora's screen: what failed, by cause"

  keys 2
  wait_until "the queue" shows "Himmel\|Metropolis"
  picture queue "Kinora's screen: the queue"
  keys /
  keys Himmel Enter
  wait_until "the film" shows "Himmel"
  keys Enter
  wait_until "its page" shows "listen"
  # Some lines that were heard.
  wait_until "what is heard" shows "[Cc]ountry\|[Aa]merican"
  picture execution "Kinora's screen: one film, while it is listened to"
  keys q
}

main "$@"
