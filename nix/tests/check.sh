#!/usr/bin/env bash
# Checks the flake, the package and the module, without nixpkgs and without building: every file is parsed, the flake's
# outputs and the module are evaluated against a stub (stub.nix), good settings give what expected.json says, wrong ones
# (cases.nix) are refused for the right reason; with a program, Kinora itself takes the files that come of the good ones:
#   nix/tests/check.sh [--accept] [PROGRAM]
# --accept writes expected.json anew; look at what changed. Needs the Debian packages of `nix_packages` in
# packaging/lib.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/lib.sh
. "$here/../../packaging/lib.sh"
accept=no
program=

usage() { sed -n '2,8s/^# \?//p' "${BASH_SOURCE[0]}"; }

# What an attribute of eval.nix is, as JSON. Nothing is written to the machine's store.
value() {
  NIX_STORE_DIR=/nix/store NIX_STATE_DIR=$work/state NIX_LOG_DIR=$work/log NIX_CONF_DIR=$work \
    nix-instantiate --eval --strict --json --attr "$1" "$here/eval.nix"
}

parsed() {
  local file
  for file in "$here"/*.nix "$here"/../*.nix; do
    nix-instantiate --parse "$file" >/dev/null 2>"$work/told" || { cat "$work/told" >&2 && return 1; }
  done
}

# All that is evaluated, against what it was.
expected() {
  local attribute
  for attribute in flake good toml; do
    value "$attribute" >"$work/$attribute.json" 2>"$work/told" || { cat "$work/told" >&2 && return 1; }
  done
  jq -S -n --slurpfile flake "$work/flake.json" --slurpfile good "$work/good.json" --slurpfile toml "$work/toml.json" \
    '{flake: $flake[0], good: $good[0], toml: $toml[0]}' >"$work/found.json"
  [ "$accept" = no ] || cp "$work/found.json" "$here/expected.json"
  diff -u "$here/expected.json" "$work/found.json"
}

refused() {
  local name words
  value words >"$work/words.json"
  while read -r name; do
    words=$(jq -r --arg name "$name" '.[$name]' "$work/words.json")
    if value "bad.$name" >/dev/null 2>"$work/told"; then
      fail "the settings of \`$name\` are taken, and should be refused"
    fi
    grep -qF -- "$words" "$work/told" || { cat "$work/told" >&2 && fail "\`$name\` is refused, but nobody says \"$words\""; }
  done < <(jq -r 'keys[]' "$work/words.json")
  say "$(jq length "$work/words.json") wrong settings are refused, each with its reason"
}

# Every key the module writes, and every value, as Kinora sees it.
taken() {
  local name
  while read -r name; do
    jq -r --arg name "$name" '.[$name]' "$work/toml.json" >"$work/kinora.toml"
    # What the service would have from its credentials.
    JELLYFIN_API_KEY=key KINORA__DATA_DIR=$work/data "$program" --config "$work/kinora.toml" config check >/dev/null ||
      fail "Kinora refuses what the module makes of \`$name\`: $(cat "$work/kinora.toml")"
  done < <(jq -r 'keys[]' "$work/toml.json")
  say "Kinora takes the $(jq length "$work/toml.json") files that come of good settings"
}

# The service is no softer than the unit of the Debian package, where that is in this checkout.
hardened() {
  local unit=$here/../../packaging/systemd/kinora.service key value found
  [ -e "$unit" ] || return 0
  while IFS='=' read -r key value; do
    found=$(jq -r --arg key "$key" '.good.least.service.serviceConfig[$key] // empty | tostring' "$work/found.json")
    case $value in yes) value=true ;; no) value=false ;; esac
    [ "$found" = "$value" ] || fail "the module has $key=$found, and $unit has $key=$value"
  done < <(grep -E '^(Protect(Clock|ControlGroups|Hostname|Kernel[A-Za-z]+|Proc|Home)|Restrict(Namespaces|Realtime|SUIDSGID)|NoNewPrivileges|LockPersonality|MemoryDenyWriteExecute|PrivateTmp|PrivateMounts|RemoveIPC|SystemCallErrorNumber|UMask|KillMode|WatchdogSec|OOMPolicy|DevicePolicy|Type|Restart)=' "$unit")
}

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --accept) accept=yes ;;
    -*) fail "$1 is no option; see nix/tests/check.sh --help" ;;
    *) program=$(realpath -- "$1") ;;
  esac
  shift
done
need_packages "${nix_packages[@]}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parsed || fail "a file is no Nix"
expected || fail "what comes of the flake or of good settings is not what nix/tests/expected.json says; if that is meant, --accept"
refused
[ -z "$program" ] || taken
hardened
say "The flake and the module are as they should be"
