#!/bin/sh
# Runs a command as the user whose files these are: as-owner.sh COMMAND [ARGUMENT...]
# Root becomes PUID:PGID (1000:1000 where they are not set) and keeps the groups it was given, such as `render` for a
# GPU; anybody else stays who they are. PUID=0 keeps root: in rootless engines that is the owner outside. UMASK holds for
# what the command writes.
set -eu

fail() {
  printf 'kinora: %s\n' "$*" >&2
  exit 2
}

is_number() {
  case $1 in '' | *[!0-9]*) return 1 ;; *) [ ${#1} -le 9 ] ;; esac
}

uid=${PUID:-1000} gid=${PGID:-1000}
is_number "$uid" || fail "PUID is \`$uid\`, which is no number; write the one that \`id -u NAME\` prints"
is_number "$gid" || fail "PGID is \`$gid\`, which is no number; write the one that \`id -g NAME\` prints"
case ${UMASK:=022} in
  [0-7][0-7][0-7] | 0[0-7][0-7][0-7]) umask "$UMASK" ;;
  *) fail "UMASK is \`$UMASK\`, which is no mask; write one such as 022 or 002" ;;
esac

if [ "$(id -u)" = 0 ] && [ "$uid" != 0 ]; then
  groups=
  # Root's own group is not passed on.
  for group in $(id -G); do
    [ "$group" = 0 ] || groups=${groups:+$groups,}$group
  done
  set -- "$0" "$@"
  if [ -n "$groups" ]; then set -- --groups "$groups" -- "$@"; else set -- --clear-groups -- "$@"; fi
  setpriv --reuid "$uid" --regid "$gid" --clear-groups true 2>/dev/null ||
    fail "this container may not become user $uid; give it the capabilities SETUID and SETGID, or start it with --user $uid:$gid"
  exec setpriv --reuid "$uid" --regid "$gid" --no-new-privs "$@"
fi

# From here on we are the one who reads and writes.
if [ -z "${KINORA_CONFIG:-}" ] && [ -e /config/kinora.toml ]; then
  export KINORA_CONFIG=/config/kinora.toml
fi
# In a container whose root is read-only there may be no place for temporary files but ours.
if [ ! -w "${TMPDIR:-/tmp}" ] && mkdir -p /config/tmp 2>/dev/null; then
  export TMPDIR=/config/tmp
fi
exec "$@"
