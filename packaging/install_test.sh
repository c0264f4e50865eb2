#!/usr/bin/env bash
# Tests packaging/install.sh with a stand-in for the program, in folders of its own:
#   packaging/install_test.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/packaging/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/usr
export ROOT=$work/root

# A download of kind $1, with a stand-in for the program.
furnish() {
  local folder=$work/kinora-1.2.3-x86_64-$1
  mkdir -p "$folder"/{bin,systemd,share/{man,completions,kinora/models}}
  printf '#!/bin/sh\necho kinora 1.2.3\n' >"$folder/bin/kinora"
  chmod 755 "$folder/bin/kinora"
  touch "$folder"/share/kinora/models/{ggml-base-q8_0,ggml-silero-v6}.bin "$folder"/share/man/{kinora,kinora-run}.1
  touch "$folder"/share/completions/{kinora.bash,_kinora,kinora.fish}
  cp "$root/packaging/systemd/kinora.service" "$root/packaging/debian/kinora.toml" "$folder"
  mv "$folder/kinora.service" "$folder/systemd/"
  cp "$root/packaging/systemd/sysusers.d/kinora.conf" "$folder/systemd/sysusers.conf"
  cp "$root/packaging/systemd/tmpfiles.d/kinora.conf" "$folder/systemd/tmpfiles.conf"
  cp "$root"/{LICENSE,README.md} "$root/packaging/install.sh" "$folder"
  (cd "$folder" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs -d '\n' sha256sum >"$work/sums")
  mv "$work/sums" "$folder/SHA256SUMS"
}

# Runs the script of a download with the processor $2: install KIND CPU ARGUMENT...; what it says is in $said.
install() {
  local kind=$1 cpu=$2
  shift 2
  said=$(CPUINFO="$work/$cpu" "$work/kinora-1.2.3-x86_64-$kind/install.sh" --prefix "$prefix" "$@" </dev/null 2>&1)
}
refused() {
  local what=$1
  shift
  ! install "$@" || fail "it is not refused: $*"
  [[ $said = *"$what"* ]] || fail "the refusal does not say \"$what\": $said"
  # A plan and a list of files may stand before it.
  [ "$(printf '%s\n' "$said" | grep -c '^install.sh: ')" = 1 ] || fail "that is not one sentence: $said"
  [ ! -e "$prefix" ] || fail "something was written"
}
there() { [ -e "$1" ] || fail "there is no ${1#"$work"/}"; }
gone() { [ ! -e "$1" ] || fail "${1#"$work"/} is still there"; }

printf 'flags\t\t: fpu sse4_2 avx avx2 fma f16c bmi2\n' >"$work/new"
printf 'flags\t\t: fpu sse4_2\n' >"$work/old"
printf 'flags\t\t: fpu\n' >"$work/ancient"
furnish avx2
furnish baseline

refused "x86_64-baseline" avx2 old --yes
refused "lacks sse4_2" baseline ancient --yes
refused "nobody can be asked" avx2 new
refused "is no option" avx2 new --force
echo "not what was packed" >>"$work/kinora-1.2.3-x86_64-baseline/LICENSE"
refused damaged baseline old --yes

install avx2 new --dry-run || fail "a dry run fails: $said"
[[ $said = *"$prefix/bin/kinora"* ]] || fail "a dry run does not show the plan: $said"
gone "$prefix"
gone "$ROOT"

install avx2 new --yes || fail "it does not install: $said"
for file in bin/kinora share/kinora/models/ggml-base-q8_0.bin share/man/man1/kinora-run.1 \
  share/bash-completion/completions/kinora share/zsh/site-functions/_kinora share/fish/vendor_completions.d/kinora.fish; do
  there "$prefix/$file"
done
there "$ROOT/etc/kinora/kinora.toml"
gone "$ROOT/etc/systemd"

# Again, over what is there: the owner's configuration stays.
echo "# mine" >>"$ROOT/etc/kinora/kinora.toml"
mkdir -p "$ROOT/var/lib/kinora" && touch "$ROOT/var/lib/kinora/kinora.redb" "$prefix/bin/other"
install avx2 new --yes || fail "it does not install again: $said"
grep -q '^# mine' "$ROOT/etc/kinora/kinora.toml" || fail "the owner's configuration is overwritten"

install avx2 new --uninstall --yes || fail "it does not go: $said"
[[ $said = *"$ROOT/var/lib/kinora"* ]] || fail "it does not say what stays: $said"
gone "$prefix/bin/kinora"
gone "$prefix/share/kinora"
[ -z "$(find "$prefix" -type f ! -name other)" ] || fail "files are left: $(find "$prefix" -type f)"
there "$prefix/bin/other"
there "$ROOT/etc/kinora/kinora.toml"
there "$ROOT/var/lib/kinora/kinora.redb"
install avx2 new --uninstall --yes || fail "going twice fails: $said"
[[ $said = *"nothing of Kinora"* ]] || fail "going twice says: $said"

# A system without apt, and without the libraries.
rm -rf "$prefix"
mkdir "$work/tools"
for name in bash env dirname basename sha256sum grep cut awk sort uname realpath; do ln -s "$(command -v "$name")" "$work/tools/"; done
printf '#!/bin/sh\necho "libavcodec.so.59 => not found"\n' >"$work/tools/ldd"
chmod 755 "$work/tools/ldd"
PATH=$work/tools refused "libavcodec59" avx2 new --yes
echo "the installer does what it says"
