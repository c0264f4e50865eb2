#!/usr/bin/env bash
# Runs an unpacked image as an engine would, and checks what an owner is promised:
#   packaging/docker/prove.sh ROOTFS IMAGE.json
# ROOTFS is where the image is mounted, IMAGE.json what `buildah inspect --type image` says of it. Each container has
# mounts, processes and a network of its own; its root is read-only, but for the folders that are named. Called by
# build-local.sh; needs root.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/lib.sh
. "$root/packaging/lib.sh"

# Docker's own set of rights.
capabilities=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod
# Longer than any start should take on a busy machine, seconds.
patience=120

rootfs=$1
image=$2
work=$(mktemp -d)
running=()

clean_up() {
  local pid
  # Process 1 of a container: whoever became another user outlives the one that started it.
  for pid in "${running[@]}"; do
    pkill -KILL -P "$pid" 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

of_image() { jq -r ".Docker.config.$1" "$image"; }

expect() { # WHAT EXPECTED FOUND
  [ "$2" = "$3" ] || fail "$1: expected \"$2\", found \"$3\""
  printf '   ok  %s\n' "$1"
}

expect_told() { # WHAT WORDS FILE
  grep -qF -- "$2" "$3" || { cat "$3" >&2 && fail "$1: nobody says \"$2\""; }
  printf '   ok  %s\n' "$1"
}

# Waits until a command succeeds: until_true WHAT COMMAND...
until_true() {
  local what=$1 end=$((SECONDS + patience))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { tail -n 20 "$folder"/log* >&2 && fail "$what did not come true within $patience s"; }
    read -rt 0.2 <> <(:) || true
  done
}

# A container: container [-u UID:GID] [-g GROUP] [-c CAPABILITIES] [-p ENTRYPOINT] [-e NAME=VALUE]... ARGUMENT...
# Its folders are $config and $media. Everything it says goes to where its caller wants.
container() {
  local user='' groups='' caps=$capabilities entry variables=() option OPTIND=1
  entry=$(of_image 'Entrypoint[0]')
  mapfile -t variables < <(of_image 'Env[]')
  while getopts 'u:g:c:p:e:' option; do
    case $option in
      u) user=$OPTARG ;;
      g) groups=$OPTARG ;;
      c) caps=$OPTARG ;;
      p) entry=$OPTARG ;;
      e) variables+=("$OPTARG") ;;
      *) fail "container: no option $option" ;;
    esac
  done
  shift $((OPTIND - 1))
  # shellcheck disable=SC2016 # the inner shell expands it
  exec unshare --mount --pid --net --fork --kill-child --propagation private bash -c '
    set -euo pipefail
    rootfs=$1 config=$2 media=$3 caps=$4 user=$5 groups=$6
    shift 6
    mount --rbind "$rootfs" "$rootfs"
    mount -o remount,bind,ro "$rootfs"
    mount -t proc proc "$rootfs/proc"
    mount -t tmpfs -o mode=755 tmpfs "$rootfs/dev"
    for device in null zero random urandom; do
      touch "$rootfs/dev/$device"
      mount --bind "/dev/$device" "$rootfs/dev/$device"
    done
    mount --rbind "$config" "$rootfs/config"
    mount --bind "$media" "$rootfs/media"
    ip link set lo up
    if [ -n "$user" ]; then become=(--reuid "${user%:*}" --regid "${user#*:}" --bounding-set=-all --no-new-privs)
    else become=(--bounding-set="-all,+${caps//,/,+}" --inh-caps=-all); fi
    if [ -n "$groups" ]; then become+=(--groups "$groups"); else become+=(--clear-groups); fi
    cd "$rootfs"
    exec env -i "${@:2:$1}" chroot "$rootfs" /usr/bin/setpriv "${become[@]}" -- "${@:$(($1 + 2))}"
  ' container "$rootfs" "$config" "$media" "$caps" "$user" "$groups" "${#variables[@]}" "${variables[@]}" "$entry" "$@"
}

# Prints the process that $1 started as process 1 of its own; children it had before it was `unshare` are none.
process_1() {
  local pid
  for pid in $(pgrep -P "$1"); do
    [ "$(sed -n 's/^NSpid:.*\t//p' "/proc/$pid/status")" != 1 ] || { echo "$pid" && return 0; }
  done
  return 1
}

# Starts the daemon in a container and waits for its health; $daemon is its process 1, as seen from here.
serve() { # LOG OPTION...
  local log=$1
  shift
  (container "$@" serve) >"$log" 2>&1 &
  outer=$!
  running+=("$outer")
  until_true "the container's process" process_1 "$outer"
  daemon=$(process_1 "$outer")
  until_true "the daemon's health" inside kinora status
}

# As `docker exec`: as root of the running container, with the image's variables and those of $exec_env.
exec_env=()
inside() {
  local variables
  mapfile -t variables < <(of_image 'Env[]')
  nsenter --target "$daemon" --mount --pid --net --root --wdns=/ \
    env -i "${variables[@]}" "${exec_env[@]}" setpriv --bounding-set="-all,+${capabilities//,/,+}" --inh-caps=-all -- "$@"
}

health() {
  mapfile -t test < <(of_image 'Healthcheck.Test[1:][]')
  inside timeout "$(($(of_image Healthcheck.Timeout) / 1000000000))" "${test[@]}"
}

# Fresh folders; media has the sample, which belongs to somebody else.
fresh() { # NAME
  folder=$work/$1 config=$work/$1/config media=$work/$1/media
  mkdir -p "$config" "$media/films"
  cp "$root/assets/jfk.wav" "$media/films/jfk.wav"
  chown -R 4321:4321 "$media"
  chmod 777 "$media" "$media/films"
}

owners() { find "$1" -printf '%U:%G\n' | sort -u | paste -sd' '; }

described() {
  say "What the image says of itself"
  expect "it names no user" "" "$(of_image 'User // ""')"
  expect "it has one volume" /config "$(of_image 'Volumes | keys | join(" ")')"
  expect "it has one port" 8710/tcp "$(of_image 'ExposedPorts | keys | join(" ")')"
  expect "its health is kinora status" "CMD kinora status" "$(of_image 'Healthcheck.Test | join(" ")')"
  expect "its command serves" serve "$(of_image 'Cmd | join(" ")')"
  expect "it has a licence" "MIT AND GPL-3.0-or-later" "$(of_image 'Labels["org.opencontainers.image.licenses"]')"
}

as_root() {
  say "Started as root, PUID=1234: one file"
  fresh rooted
  (container -e PUID=1234 -e PGID=2345 -e UMASK=027 run --output /media/out /media/films/jfk.wav) >"$folder/log" 2>&1 ||
    { cat "$folder/log" && fail "the sample could not be subtitled"; }
  expect "the sample is heard" 1 "$(grep -ci 'what your country can do for you' "$media/out/jfk.eng.srt")"
  expect "the subtitle belongs to PUID, PGID" "1234:2345" "$(owners "$media/out")"
  expect "so does all of /config" "1234:2345" "$(owners "$config")"
  expect "media are nobody's concern" "4321:4321" "$(owners "$media/films")"
  expect "UMASK holds" 0 "$(find "$config" -type f -perm /027 | wc -l)"
  expect "a starter is there, all in comments" "" "$(grep -v '^#' "$config/kinora.toml" | grep . || true)"

  say "Another PUID takes it over; what is mounted below /config stays as it is"
  mkdir "$config/more films"
  echo x >"$folder/mine" && echo x >"$config/more films/a" && chown 77:77 "$folder/mine" "$config/more films/a"
  echo 'to = ["en"]' >"$config/kinora.toml"
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare --mount --propagation private bash -c 'mount --bind "$1/more films" "$1/more films" && exec "${@:2}"' _ \
    "$config" "$root/packaging/docker/prove.sh" --again "$rootfs" "$image" "$folder" >"$folder/log" 2>&1 ||
    { cat "$folder/log" && fail "it did not start again"; }
  expect "all but the mount is the new one's" "555:555" "$(find "$config" -not -path '*/more films*' -printf '%U:%G\n' | sort -u | paste -sd' ')"
  expect "the mount is as it was" "77:77" "$(owners "$config/more films/a")"
  expect "the owner's settings are kept" 'to = ["en"]' "$(cat "$config/kinora.toml")"
  expect_told "and hold" "$(printf 'to = ["en"]  # /config/kinora.toml')" "$folder/log"
}

# The second start of as_root, inside of a mount of its own.
again() {
  folder=$1 config=$1/config media=$1/media
  (container -e PUID=555 -e PGID=555 config show)
}

as_user() {
  say "Started with --user 1234:1234, nothing but /config and media can be written, no /tmp"
  fresh user
  chown 1234:1234 "$config"
  (container -u 1234:1234 run --output /media/out /media/films/jfk.wav) >"$folder/log" 2>&1 ||
    { cat "$folder/log" && fail "the sample could not be subtitled"; }
  expect "the subtitle and /config are its own" "1234:1234" "$(find "$media/out" "$config" -printf '%U:%G\n' | sort -u)"
  (container -u 1234:1234 explain /media/films/jfk.wav) >"$folder/log" 2>&1 || { cat "$folder/log" && fail "explain"; }
  expect "temporary files go to /config" yes "$([ -d "$config/tmp" ] && echo yes)"
}

groups_and_rights() {
  say "Groups and rights"
  fresh groups
  expect "groups of --group-add are kept, root's is not" "1000 105" \
    "$(container -g 0,105 -p /usr/lib/kinora/as-owner.sh id -G)"
  expect "no right of root's is left" "0000000000000000" \
    "$(container -p /usr/lib/kinora/as-owner.sh sed -n 's/^CapEff:\t//p' /proc/self/status)"
  expect "PUID=0 stays root" 0 "$(container -e PUID=0 -p /usr/lib/kinora/as-owner.sh id -u)"
  (container -c setuid,setgid,chown,dac_override -e PUID=1234 config check) >"$folder/log" 2>&1 ||
    { cat "$folder/log" && fail "four rights are not enough"; }
  expect "four of root's rights are enough" "1234:1000" "$(owners "$config")"
  (container -c chown -e PUID=1234 config check) >"$folder/log" 2>&1 && fail "it became 1234 without a right to"
  expect_told "without them it says what to do" "give it the capabilities SETUID and SETGID" "$folder/log"
}

mistakes() {
  local variable words
  say "Mistakes are told"
  fresh mistakes
  while IFS='|' read -r variable words; do
    (container -e "$variable" config check) >"$folder/log" 2>&1 && fail "$variable was taken"
    expect_told "$variable" "$words" "$folder/log"
  done <<'LIST'
PUID=media|PUID is `media`, which is no number
PGID=-1|PGID is `-1`, which is no number
UMASK=9|UMASK is `9`, which is no mask
KINORA__SERVE__DRAIN=soon|KINORA__SERVE__DRAIN=soon
LIST
  (container -e TZ=Europe/Nowhere config check) >"$folder/log" 2>&1 || fail "an odd TZ kept it from starting"
  expect_told "TZ=Europe/Nowhere" "TZ is \`Europe/Nowhere\`, which is no time zone" "$folder/log"
  chown 7:7 "$config" && chmod 755 "$config"
  (container -u 1234:1234 config check) >"$folder/log" 2>&1 || true
  expect_told "a /config of somebody else" "/config cannot be written by user 1234, group 1234" "$folder/log"
}

service() {
  local pid
  say "The service: a library by a variable, its health, its end"
  fresh service
  exec_env=(PUID=1234 PGID=1234)
  serve "$folder/log" -e PUID=1234 -e PGID=1234 -e TZ=Asia/Tokyo -e KINORA__SERVE__STABLE=0s \
    -e 'KINORA__LIBRARY=[{ name = "Films", path = "/media/films" }]'
  health >"$folder/health" || fail "the health check fails while it serves"
  printf '   ok  the health check says that it is well\n'
  until_true "a subtitle beside the film" test -s "$media/films/jfk.eng.srt"
  expect "a subtitle stands beside the film, and belongs to PUID" "1234:1234" "$(owners "$media/films/jfk.eng.srt")"
  inside kinora jobs list >"$folder/jobs" || fail "jobs cannot be listed"
  inside kinora run --force --output /media/out /media/films/jfk.wav >/dev/null 2>&1 || fail "a run beside the service"
  expect "what root does by docker exec belongs to PUID too" "1234:1234" "$(owners "$config")"
  pid=$(pgrep -P "$daemon" -x kinora)
  kill -STOP "$pid"
  health >"$folder/health" 2>&1 && fail "the health check says that a stopped daemon is well"
  kill -CONT "$pid"
  printf '   ok  the health check notices a daemon that hangs\n'
  health >/dev/null || fail "the health check does not notice that it is back"
  kill -TERM "$daemon"
  wait "$outer" || fail "it ended with $?"
  printf '   ok  it ends in order when it is told to\n'
  expect_told "and says so" "ended" "$folder/log"

  say "Killed: the health check fails, and the next start goes on"
  serve "$folder/log2" -e PUID=1234 -e PGID=1234
  kill -KILL "$(pgrep -P "$daemon" -x kinora)"
  wait "$outer" && fail "a killed daemon ended well"
  printf '   ok  the container ends with its daemon, so the engine starts it again\n'
  (container -e PUID=1234 -e PGID=1234 -p /usr/local/bin/kinora status) >"$folder/health" 2>&1 && fail "nobody serves, and all is well"
  expect_told "the health check says why" "no Kinora serves here" "$folder/health"
  serve "$folder/log3" -e PUID=1234 -e PGID=1234
  kill -TERM "$daemon"
  wait "$outer" || fail "it ended with $?"
}

if [ "$1" = --again ]; then
  rootfs=$2 image=$3
  again "$4"
  exit
fi
described
groups_and_rights
mistakes
as_root
as_user
service
say "The image does what it says, in $SECONDS s"
