#!/usr/bin/env bash
# What packaging/bare.sh does in a Debian 12 that it booted: the package under a running systemd. Run by nothing else; the
# packages are /kinora.deb and /newer.deb.
set -euo pipefail

export LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive

say() { printf '\n== %s\n' "$*"; }
fail() {
  printf '\nbooted.sh: %s\n' "$*"
  systemctl status --no-pager --full kinora || true
  journalctl --no-pager -n 40 -u kinora || true
  exit 1
}
is() { systemctl show --value --property "$1" kinora; }
# Waits for a command to succeed, ten minutes at most: await WHAT COMMAND...
await() {
  local what=$1 n
  shift
  for ((n = 0; n < 1200; n++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  fail "ten minutes, and not yet: $what"
}
active() { [ "$(is ActiveState)" = active ]; }
another_than() { active && [ "$(is MainPID)" != "$1" ]; }
restarted() { active && [ "$(is NRestarts)" -ge "$1" ]; }
failed() { [ "$(is ActiveState)" = failed ]; }
all_its_own() { [ -z "$(find /var/lib/kinora ! -user kinora)" ]; }

say "Installed, it runs"
apt-get install -y -q /kinora.deb
active || fail "the service does not run after the installation"
[ "$(systemctl is-enabled kinora)" = enabled ] || fail "the service does not start with the machine"
kinora status

say "A library in a folder at the top, for the group media"
groupadd media
install -d -g media -m 2775 /tank/films
install -g media -m 664 /usr/share/doc/kinora/examples/jfk.wav /tank/films/Speech.wav
printf '[[library]]\nname = "Films"\npath = "/tank/films"\n[serve]\nstable = "1s"\n' >/etc/kinora/kinora.toml
mkdir -p /etc/systemd/system/kinora.service.d
printf '[Service]\nSupplementaryGroups=media\nWatchdogSec=4s\n' >/etc/systemd/system/kinora.service.d/own.conf
systemctl daemon-reload
systemctl restart kinora
await "a subtitle" test -s /tank/films/Speech.eng.srt
[ "$(stat -c %U:%G:%a /tank/films/Speech.eng.srt)" = kinora:media:664 ] ||
  fail "the subtitle is $(stat -c %U:%G:%a /tank/films/Speech.eng.srt)"
kinora doctor || true

say "What it may not: /etc, /var, homes"
pid=$(is MainPID)
grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' "/proc/$pid/status"
[ "$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$pid/status")" = 0000000000000000 ] || fail "it has capabilities left"
for place in /etc /usr /var /var/log /opt; do
  ! nsenter --mount --target "$pid" sh -c ": >$place/kinora-was-here" 2>/dev/null || fail "$place can be written"
done
mkdir -p /home/anna/Videos
[ -z "$(nsenter --mount --target "$pid" ls /home)" ] || fail "homes are seen"

say "A folder in a home, by the drop-in at the head of the unit"
printf '[Service]\nBindPaths=/home/anna/Videos\n' >/etc/systemd/system/kinora.service.d/home.conf
systemctl daemon-reload
systemctl restart kinora
nsenter --mount --target "$(is MainPID)" test -d /home/anna/Videos || fail "the folder that was named is not seen"

say "Reloaded, it is the same process"
pid=$(is MainPID)
systemctl reload kinora || fail "it cannot be reloaded"
sleep 1
[ "$(is ActiveState) $(is MainPID)" = "active $pid" ] || fail "a reload ended it"

say "Killed, it comes back"
kill -KILL "$pid"
await "a restart after a kill" restarted 1

say "Stuck, the watchdog ends it, and it comes back"
pid=$(is MainPID)
kill -STOP "$pid"
await "a restart by the watchdog" another_than "$pid"
[[ $(journalctl --no-pager -u kinora) = *[Ww]atchdog* ]] || fail "no watchdog in the journal"

say "What root did with its files is undone by a restart"
kinora run --output /root/out /usr/share/doc/kinora/examples/jfk.wav
all_its_own || echo "root left: $(find /var/lib/kinora ! -user kinora | tr '\n' ' ')"
systemctl restart kinora
all_its_own || fail "root's files stay in /var/lib/kinora"
[ "$(stat -c %U:%G:%a /var/lib/kinora)" = kinora:kinora:750 ] || fail "the folder is $(stat -c %U:%G:%a /var/lib/kinora)"

say "A wrong configuration waits for a person"
cp /etc/kinora/kinora.toml /root/right.toml
echo 'nonsense = true' >>/etc/kinora/kinora.toml
! systemctl restart kinora || fail "it runs with a wrong configuration"
# Longer than until it would be tried again.
sleep 12
failed || fail "it is tried again with a wrong configuration: $(is ActiveState) $(is SubState)"
cp /root/right.toml /etc/kinora/kinora.toml
# Whoever is at it restarts it often.
for _ in 1 2 3 4 5 6; do systemctl restart kinora || fail "it does not start with a right configuration"; done

say "A newer package restarts it"
pid=$(is MainPID)
apt-get install -y -q /newer.deb
another_than "$pid" || fail "the newer program does not run"
cmp /root/right.toml /etc/kinora/kinora.toml || fail "the upgrade changed the configuration"
[[ $(kinora jobs list --json) = *Speech.wav* ]] || fail "the upgrade forgot what was heard"

say "As the user of the videos"
useradd -m -G media anna
printf '[Service]\nUser=anna\nGroup=media\n' >/etc/systemd/system/kinora.service.d/user.conf
systemctl daemon-reload
systemctl restart kinora
[ "$(stat -c %U /var/lib/kinora/kinora.redb)" = anna ] || fail "the store is not of the service's user"
rm /etc/systemd/system/kinora.service.d/user.conf
systemctl daemon-reload
systemctl restart kinora
[ "$(stat -c %U /var/lib/kinora/kinora.redb)" = kinora ] || fail "the store is not kinora's again"

say "Removed, it ends; purged, its data stay"
apt-get remove -y -q kinora
[ "$(is ActiveState)" = inactive ] || fail "it still runs"
dpkg --purge kinora
[ -s /var/lib/kinora/kinora.redb ] || fail "the purge deleted data"
echo "passed"
