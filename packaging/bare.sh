#!/usr/bin/env bash
# Proves on a bare Debian 12, in a folder of its own, that the package of packaging/deb.sh installs, works, upgrades, and
# leaves nothing but the data. As root:
#   packaging/bare.sh [--keep] PACKAGE.deb         without a running systemd, then booted; --booted: only that
#   packaging/bare.sh --try                        packaging/try.sh passes there as well: 10 minutes, 4 GB
#   packaging/bare.sh --test                       and so does packaging/test.sh: an hour, 7 GB
# The folder is made in TMPDIR (/tmp) and removed at the end; --keep leaves it. This machine's Debian mirror, cargo and
# Rust are used as they are set up here. Nothing is mounted but in a namespace of this script.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kinora
base=$cache/bare/bookworm.tar.gz
# What is heard in the sample.
heard="ask not"

usage() { sed -n '2,8s/^# \?//p' "${BASH_SOURCE[0]}"; }

# Lines of the first argument that a pattern in the second does not name.
but() { grep -Ev "$2" <<<"$1" || true; }

# The mirror this machine takes Debian 12 from; nothing where it does not say.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) bookworm .*/\2/p' | head -n 1
}

make_base() {
  local folder=$bare/base
  [ ! -s "$base" ] || return 0
  say "Fetching a bare Debian 12"
  mkdir -p "$(dirname "$base")"
  # shellcheck disable=SC2046 # No mirror is no argument.
  debootstrap --variant=minbase bookworm "$folder" $(mirror) >"$bare/debootstrap.log" 2>&1 || {
    tail -n 20 "$bare/debootstrap.log" >&2
    fail "debootstrap could not make a Debian 12; the lines above say why"
  }
  rm -rf "$folder"/var/cache/apt/archives/*.deb
  tar -C "$folder" -czf "$base.new" . && mv "$base.new" "$base"
  rm -rf "$folder"
}

# Lays a bare Debian out in $1, with this machine's way to the mirror.
lay_out() {
  local name
  mkdir -p "$1"
  tar -C "$1" -xzf "$base"
  rm -rf "$1/etc/apt/sources.list"
  for name in sources.list sources.list.d apt.conf.d auth.conf.d trusted.gpg.d keyrings preferences.d; do
    [ ! -e "/etc/apt/$name" ] || cp -a "/etc/apt/$name" "$1/etc/apt/"
  done
  cp -L /etc/resolv.conf "$1/etc/resolv.conf"
  cp -L /etc/hosts "$1/etc/hosts"
  # Nobody needs this folder after a power cut.
  echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
  mount -t proc proc "$1/proc"
  mount -t tmpfs tmpfs "$1/run"
  mkdir -p "$1/run/lock" "$1/dev/shm"
  mount -t tmpfs tmpfs "$1/dev/shm"
}

# What a command in the bare Debian finds as its environment.
bare_env=(/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
# Runs a command in the bare Debian.
inside() { chroot "$bare/root" "${bare_env[@]}" "$@"; }
apt() { inside apt-get -y -q --no-install-recommends "$@" >>"$bare/apt.log" 2>&1 || {
  tail -n 30 "$bare/apt.log" >&2
  fail "apt-get $* failed; the lines above say why"
}; }

# All files that are not dpkg's and apt's own, and not of this script.
listing() {
  (cd "$bare/root" && find . -xdev -printf '%y %p\n' |
    grep -Ev '^. \./(var/lib/(dpkg|apt)|var/cache|var/log|tmp|proc|run|dev|root|home)(/|$)' |
    grep -Ev '^. \./etc/((passwd|group|shadow|gshadow|subuid|subgid)-|\.pwd\.lock|ld\.so\.cache)$' | sort)
}
# What is written in /etc, but for the accounts.
etc() {
  (cd "$bare/root" && find etc -type f ! -name '*-' ! -name .pwd.lock ! -name passwd ! -name group ! -name shadow \
    ! -name gshadow ! -name ld.so.cache ! -name subuid ! -name subgid -exec sha256sum {} + | sort)
}

start_service() {
  # As the unit does it, without the unit: nothing boots here. Each of these becomes the next, so the number is Kinora's.
  chroot "$bare/root" "${bare_env[@]}" STATE_DIRECTORY=/var/lib/kinora \
    setpriv --reuid kinora --regid kinora --init-groups kinora serve >"$bare/serve.log" 2>&1 &
  service=$!
  await "the service answers" inside kinora status
}
stop_service() {
  kill -TERM "$service"
  wait "$service" || { tail "$bare/serve.log" >&2 && fail "the service did not end in order"; }
}
# Waits for a command to succeed, ten minutes at most: await WHAT COMMAND...
await() {
  local what=$1 n
  shift
  for ((n = 0; n < 1200; n++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  tail -n 20 "$bare/serve.log" >&2
  fail "ten minutes, and not yet: $what"
}

# The same package with another version, as a release is.
newer() {
  dpkg-deb -R "$1" "$bare/newer"
  sed -i 's/^Version: .*/&+newer/' "$bare/newer/DEBIAN/control"
  dpkg-deb -b --root-owner-group -Znone "$bare/newer" "$bare/root/tmp/newer.deb" >/dev/null
  rm -rf "$bare/newer"
}

install() {
  local needed said
  cp "$1" "$bare/root/tmp/kinora.deb"
  apt update
  say "What it needs"
  needed=$(inside apt-get -s install --no-install-recommends /tmp/kinora.deb | awk '$1 == "Inst" && $2 != "kinora" { print $2 }')
  # shellcheck disable=SC2086 # One word a package.
  apt install $needed
  echo "$(wc -w <<<"$needed") packages of Debian"
  inside useradd -m tester
  before=$(listing)
  before_etc=$(etc)
  say "Installing $(basename "$1")"
  apt install /tmp/kinora.deb
  rm "$bare/root/tmp/kinora.deb"
  inside kinora --version
  said=$(inside dpkg-query -W -f '${Conffiles}' kinora)
  [[ $said = *" /etc/kinora/kinora.toml "* ]] || fail "/etc/kinora/kinora.toml is no conffile: $said"
  [ "$(stat -c %U:%a "$bare/root/usr/bin/kinora")" = root:755 ] || fail "the program is not root's, or may not be run"
  [ "$(inside stat -c %U:%G:%a /var/lib/kinora)" = kinora:kinora:750 ] || fail "/var/lib/kinora is not the service's"
  for said in usr/share/man/man1/kinora-jobs-list.1.gz usr/share/bash-completion/completions/kinora \
    usr/share/zsh/vendor-completions/_kinora usr/share/fish/vendor_completions.d/kinora.fish \
    usr/share/doc/kinora/copyright usr/lib/systemd/system/kinora.service \
    etc/systemd/system/multi-user.target.wants/kinora.service; do
    [ -e "$bare/root/$said" ] || [ -L "$bare/root/$said" ] || fail "there is no /$said"
  done
}

run_by_hand() {
  say "A user subtitles the sample"
  inside setpriv --reuid tester --regid tester --init-groups env HOME=/home/tester \
    kinora run --output /home/tester/out /usr/share/doc/kinora/examples/jfk.wav
  grep -qi "$heard" "$bare"/root/home/tester/out/jfk*.srt || fail "the sample was not heard right"
}

serve() {
  say "The service subtitles a library"
  inside groupadd media
  inside usermod -aG media kinora
  inside install -d -g media -m 2775 /srv/films
  inside install -g media -m 664 /usr/share/doc/kinora/examples/jfk.wav /srv/films/Speech.wav
  # Any port: others may serve on this machine.
  printf '[[library]]\nname = "Films"\npath = "/srv/films"\n[http]\nlisten = "127.0.0.1:0"\n[serve]\nstable = "1s"\n' \
    >"$bare/root/etc/kinora/kinora.toml"
  start_service
  await "a subtitle is there" test -s "$bare/root/srv/films/Speech.eng.srt"
  grep -qi "$heard" "$bare/root/srv/films/Speech.eng.srt" || fail "the library was not heard right"
  inside kinora status
  [ "$(inside stat -c %U:%G:%a /srv/films/Speech.eng.srt)" = kinora:media:664 ] ||
    fail "the subtitle is not for the group of its video: $(inside stat -c %U:%G:%a /srv/films/Speech.eng.srt)"
  stop_service
}

upgrade() {
  local said
  say "A newer package"
  newer "$1"
  said=$(inside sha256sum /etc/kinora/kinora.toml)
  apt install /tmp/newer.deb
  rm "$bare/root/tmp/newer.deb"
  [[ $(inside dpkg-query -W -f '${Version}' kinora) = *+newer ]] || fail "the newer package is not there"
  [ "$(inside sha256sum /etc/kinora/kinora.toml)" = "$said" ] || fail "the upgrade changed the owner's configuration"
  start_service
  said=$(inside kinora jobs list --json)
  [[ $said = *Speech.wav* ]] || fail "the upgrade forgot what was heard: $said"
  stop_service
}

leave() {
  local gone left changed
  say "Removing"
  apt remove kinora
  [ ! -e "$bare/root/usr/bin/kinora" ] || fail "the program is still there"
  [ -s "$bare/root/etc/kinora/kinora.toml" ] || fail "a removal is no purge: the configuration is gone"
  [ -s "$bare/root/var/lib/kinora/kinora.redb" ] || fail "the removal deleted data"
  say "Purging"
  inside dpkg --purge kinora
  left=$(comm -13 <(echo "$before") <(listing))
  gone=$(comm -23 <(echo "$before") <(listing))
  changed=$(diff <(echo "$before_etc") <(etc) || true)
  say "What is left"
  printf '%s\n' "$left"
  left=$(but "$left" '^. \./(var/lib/kinora|srv/films)(/|$)')
  [ -z "$left$gone" ] || fail "beside the data there is left: $left; and there is gone: $gone"
  [ -z "$changed" ] || fail "/etc is not as it was: $changed"
  [ -s "$bare/root/var/lib/kinora/kinora.redb" ] || fail "the purge deleted data"
  echo "and the user $(inside getent passwd kinora)"
}

# The same under a running systemd, in a container that has no network: $1.
boot() {
  local needed
  say "Booting a bare Debian"
  lay_out "$bare/root"
  cp "$1" "$bare/root/kinora.deb"
  newer "$1"
  mv "$bare/root/tmp/newer.deb" "$bare/root/newer.deb"
  apt update
  apt install systemd-sysv dbus
  needed=$(inside apt-get -s install --no-install-recommends /kinora.deb | awk '$1 == "Inst" && $2 != "kinora" { print $2 }')
  # shellcheck disable=SC2086 # One word a package.
  apt install $needed
  cp "$root/packaging/booted.sh" "$bare/root/booted.sh"
  cat >"$bare/root/etc/systemd/system/proof.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /booted.sh
ExecStopPost=/bin/systemctl poweroff --no-block
StandardOutput=file:/proof.log
StandardError=inherit
TimeoutStartSec=30min
END
  mkdir -p "$bare/root/etc/systemd/system/default.target.wants"
  ln -s ../proof.service "$bare/root/etc/systemd/system/default.target.wants/"
  unmount
  systemd-nspawn --quiet --directory "$bare/root" --register=no --keep-unit --private-network --boot </dev/null \
    >"$bare/boot.log" 2>&1 || true
  cat "$bare/root/proof.log"
  [ "$(tail -n 1 "$bare/root/proof.log")" = passed ] || fail "the package does not work under a running systemd"
  rm -rf --one-file-system "$bare/root"
}

# The package, from its installation to its purge: $1.
package() {
  lay_out "$bare/root"
  install "$1"
  run_by_hand
  serve
  upgrade "$1"
  leave
  unmount
  rm -rf --one-file-system "$bare/root"
}

# What the README tells to do in a checkout, from nothing but Rust: $1 is try.sh or test.sh.
script() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo} rustup_home=${RUSTUP_HOME:-$HOME/.rustup} name passed=()
  lay_out "$bare/root"
  git clone -q --no-hardlinks "$root" "$bare/root/root/kinora"
  for name in "$cargo_home" "$rustup_home"; do
    mkdir -p "$bare/root/$name"
    mount --bind "$name" "$bare/root/$name"
  done
  # How the registries are reached from here.
  for name in $(compgen -e); do
    case $name in CARGO_* | RUSTUP_* | PIP_* | *_proxy | *_PROXY) passed+=("$name=${!name}") ;; esac
  done
  say "packaging/$1 on a bare Debian"
  inside "${passed[@]}" CARGO_HOME="$cargo_home" RUSTUP_HOME="$rustup_home" CARGO_TARGET_DIR=/root/target \
    PATH="$cargo_home/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    bash "/root/kinora/packaging/$1" || fail "packaging/$1 fails on a bare Debian"
  say "packaging/$1 passed after $SECONDS s"
}

unmount() {
  local mounted
  while mounted=$(awk -v at="$bare/" 'index($5, at) == 1 { last = $5 } END { print last }' /proc/self/mountinfo) &&
    [ -n "$mounted" ]; do
    umount -l "$mounted" || break
  done
}

clean_up() {
  cd /
  # What still runs there would hold the folder.
  [ -z "${service:-}" ] || kill -KILL "$service" 2>/dev/null || true
  unmount
  [ -n "$keep" ] || rm -rf --one-file-system "$bare"
}

main() {
  local what="" file="" booted=""
  keep=""
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --keep) keep=yes ;;
      --booted) booted=only ;;
      --try | --test) what=${1#--}.sh ;;
      -*) fail "$1 is no option; see packaging/bare.sh --help" ;;
      *) file=$(realpath -- "$1") ;;
    esac
    shift
  done
  [ -n "$what" ] || [ -f "$file" ] || fail "name the package that packaging/deb.sh made; see packaging/bare.sh --help"
  bare=$(mktemp -d -t kinora-bare.XXXXXX)
  trap clean_up EXIT
  make_base
  if [ -n "$what" ]; then
    script "$what"
  else
    [ -n "$booted" ] || package "$file"
    boot "$file"
    say "The package installs, works, upgrades and goes"
  fi
  [ -z "$keep" ] || say "Left in $bare/root"
}

if [ "${1:-}" = --in-namespace ]; then
  shift
  main "$@"
else
  case " $* " in *" --help "* | *" -h "*) usage && exit 0 ;; esac
  [ "$(id -u)" = 0 ] || fail "this must run as root"
  need_packages debootstrap util-linux systemd-container
  # Mounts and processes are gone with this script, however it ends.
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$BASH" "${BASH_SOURCE[0]}" --in-namespace "$@"
fi
