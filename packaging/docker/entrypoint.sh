#!/bin/sh
# The start of the container: makes /config ready and becomes the one whose files these are. Arguments are Kinora's.
set -eu
here=/usr/lib/kinora

tell() { printf 'kinora: %s\n' "$*" >&2; }

# /config belongs to PUID:PGID. Only what does not is touched, and nothing on other disks or below other mounts, where
# media may lie.
own_config() {
  uid=${PUID:-1000} gid=${PGID:-1000}
  mkdir -p /config || return 0
  set --
  # The mount points below it; the kernel writes blanks in them as \040, so words are lines.
  # shellcheck disable=SC2013
  for mount in $(awk '$2 ~ "^/config/" { print $2 }' /proc/self/mounts); do
    set -- "$@" -path "$(printf '%b' "$mount")" -prune -o
  done
  find /config -xdev "$@" \( ! -user "$uid" -o ! -group "$gid" \) -exec chown -h "$uid:$gid" {} + ||
    tell "not all of /config could be given to $uid:$gid"
}

# As root, and asked to be somebody else; whether PUID and PGID are numbers is told by as-owner.sh.
"$here/as-owner.sh" true
if [ "$(id -u)" = 0 ] && [ "${PUID:-1000}" != 0 ]; then
  own_config
fi
if [ -n "${TZ:-}" ] && [ ! -e "/usr/share/zoneinfo/$TZ" ]; then
  tell "TZ is \`$TZ\`, which is no time zone; write one such as Europe/Berlin. Hours are those of UTC until then"
fi
# shellcheck disable=SC2016 # the inner shell expands it
"$here/as-owner.sh" sh -c '
  [ -w /config ] || exit 1
  [ -e /config/kinora.toml ] || cp -n /usr/share/kinora/kinora.toml /config/kinora.toml || :
' || tell "/config cannot be written by user $("$here/as-owner.sh" id -u), group $("$here/as-owner.sh" id -g); on the host, give its folder to them with chown, or set PUID and PGID to its owner"
exec "$here/as-owner.sh" tini -s -- "$here/kinora" "$@"
