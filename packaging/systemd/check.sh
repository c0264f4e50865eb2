#!/usr/bin/env bash
# Checks what systemd is given: the unit, the user, the folder. Needs Debian's package systemd, not a running one:
#   packaging/systemd/check.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/packaging/lib.sh"
cd "$root/packaging/systemd"

# How exposed the service may be at most, in tenths.
exposure_max=20

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Verifies the unit in folder $1 with its drop-ins. systemd-analyze ends with 0 where it does not know a key, so every
# word it says counts.
verify() {
  local said
  said=$(SYSTEMD_UNIT_PATH="$1:" systemd-analyze verify --man=no "$1/kinora.service" 2>&1) || true
  [ -z "$said" ] || { printf '%s\n' "$said" && return 1; }
}

# A copy of the unit in folder $1, whose program is here.
unit_in() {
  mkdir -p "$1"
  sed 's|^ExecStart=/usr/bin/kinora |ExecStart=/bin/true |' kinora.service >"$1/kinora.service"
}

check_unit() {
  local line
  unit_in "$work/unit"
  verify "$work/unit" || fail "systemd does not like the unit"
  # The drop-in that its head shows to the owner.
  mkdir -p "$work/unit/kinora.service.d"
  sed -n '/^#   \[Service\]/,/^#$/{s/^#   //p}' kinora.service >"$work/unit/kinora.service.d/own.conf"
  [ "$(wc -l <"$work/unit/kinora.service.d/own.conf")" -ge 4 ] || fail "the head of the unit shows no drop-in"
  verify "$work/unit" || fail "systemd does not like the drop-in at the head of the unit"
  # The check itself sees a key that nobody knows.
  for line in s/^ProtectClock=/ProtectClok=/ s/^WatchdogSec=.*/WatchdogSec=soon/ s/@chown/@chwon/; do
    unit_in "$work/wrong"
    sed -i "$line" "$work/wrong/kinora.service"
    ! verify "$work/wrong" >/dev/null || fail "a unit with a mistake passes: $line"
  done
}

check_exposure() {
  local said
  said=$(systemd-analyze security --no-pager --offline=true --threshold="$exposure_max" "$PWD/kinora.service") || {
    printf '%s\n' "$said"
    fail "the service is more exposed than $exposure_max tenths"
  }
  printf '%s\n' "$said" | tail -n 1
}

# Seconds a key of the unit says, of the form 60s or 2min.
seconds() {
  local said
  said=$(sed -n "s/^$1=//p" kinora.service)
  case $said in
    *min) echo $((${said%min} * 60)) ;;
    *s) echo "${said%s}" ;;
    *) fail "$1=$said is not understood" ;;
  esac
}

check_times() {
  local drain=30
  [ "$(seconds TimeoutStopSec)" -gt "$drain" ] || fail "TimeoutStopSec is not above serve.drain, $drain s"
  [ "$(seconds TimeoutStartSec)" -gt "$(seconds WatchdogSec)" ] || fail "a start has less time than a turn"
}

check_user_and_folder() {
  local said
  mkdir -p "$work/root/etc" "$work/root/var/lib"
  said=$(systemd-sysusers --root="$work/root" "$PWD/sysusers.d/kinora.conf" 2>&1 | grep -v '^Creating ' || true)
  [ -z "$said" ] || fail "sysusers: $said"
  grep -q '^kinora:.*:/var/lib/kinora:' "$work/root/etc/passwd" || fail "sysusers makes no user kinora"
  grep -q '^render:.*kinora' "$work/root/etc/group" || fail "the user kinora may not use graphics processors"
  if [ "$(id -u)" = 0 ]; then
    said=$(systemd-tmpfiles --create --root="$work/root" "$PWD/tmpfiles.d/kinora.conf" 2>&1) || true
    [ -z "$said" ] || fail "tmpfiles: $said"
    said=$(stat -c '%a %u' "$work/root/var/lib/kinora")
    [ "$said" = "750 $(awk -F: '$1 == "kinora" { print $3 }' "$work/root/etc/passwd")" ] ||
      fail "tmpfiles makes /var/lib/kinora with mode and owner $said"
  fi
}

command -v systemd-analyze >/dev/null || fail "there is no systemd-analyze; it is in Debian's package systemd"
check_unit
check_exposure
check_times
check_user_and_folder
