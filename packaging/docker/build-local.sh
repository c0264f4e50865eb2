#!/usr/bin/env bash
# Builds the image without any registry of images, and proves that it works:
#   packaging/docker/build-local.sh [--keep] PROGRAM
# PROGRAM is a kinora that was built on Debian 12, such as target/release/kinora: the image's stage `prebuilt` takes it.
# The base is made with debootstrap, buildah builds, and prove.sh runs the result in namespaces of its own. Needs root,
# and the Debian packages of `image_packages` in packaging/lib.sh; takes some 3 minutes and 2 GB below ~/.cache/kinora.
# --keep leaves the image in the storage that is told at the end.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/lib.sh
. "$root/packaging/lib.sh"

mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
work=${XDG_CACHE_HOME:-$HOME/.cache}/kinora/image
base=localhost/kinora-debian:bookworm
image=localhost/kinora:cpu
container=kinora-proof
keep=no

usage() { sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}"; }

# The storage is a folder of ours: nothing of the machine's own engine is touched.
builder() {
  buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"
}

clean_up() {
  builder umount "$container" >/dev/null 2>&1 || true
  builder rm "$container" >/dev/null 2>&1 || true
  rm -rf "$work/context" "$work/base"
  [ "$keep" = yes ] || {
    builder rmi --force "$image" >/dev/null 2>&1 || true
    builder rmi --prune --force >/dev/null 2>&1 || true
  }
}

# Debian 12 as it is installed, less what its own small image leaves out.
make_base() {
  local from
  builder inspect --type image "$base" >/dev/null 2>&1 && return 0
  say "Debian 12, as a base image"
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    fail "debootstrap failed; see $work/debootstrap.log"
  echo "deb $mirror-security bookworm-security main" >"$work/base/etc/apt/sources.list.d/security.list"
  rm -rf "$work"/base/var/{cache,log}/* "$work"/base/var/lib/apt/lists/* "$work"/base/usr/share/{locale,man,info}/*
  find "$work/base/usr/share/doc" -type f ! -name copyright -delete
  from=$(builder from scratch)
  builder add -q "$from" "$work/base" / >/dev/null
  builder config --cmd bash "$from"
  builder commit -q --rm "$from" "$base" >/dev/null
  rm -rf "$work/base"
}

# What `.dockerignore` lets through, and the program.
make_context() {
  local names
  rm -rf "$work/context"
  mkdir -p "$work/context"
  mapfile -t names < <(sed -n 's/^!//p' "$root/.dockerignore")
  tar -C "$root" -c .dockerignore "${names[@]}" | tar -C "$work/context" -x
  install -D "$1" "$work/context/packaging/docker/prebuilt/kinora"
  # This buildah does not see which stages are needed where their names are variables.
  sed -E '/^FROM /{s/\$\{VARIANT\}/cpu/;s/\$\{PROGRAM\}/prebuilt/}' "$root/packaging/docker/Dockerfile" \
    >"$work/context/Dockerfile"
}

build() {
  local start=$SECONDS
  say "The image"
  builder build --isolation chroot --format docker -q -f "$work/context/Dockerfile" -t "$image" \
    --build-arg "DEBIAN_IMAGE=$base" --build-arg PROGRAM=prebuilt \
    --build-arg "VERSION=$("$1" --version | cut -d' ' -f2)" \
    --build-arg "CREATED=$(date -u +%FT%TZ)" "$work/context" >"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log" >&2 && fail "the build failed; see $work/build.log"; }
  say "built in $((SECONDS - start)) s"
}

main() {
  local program='' mounted
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --keep) keep=yes ;;
      -*) fail "$1 is no option; see packaging/docker/build-local.sh --help" ;;
      *) program=$(realpath -- "$1") ;;
    esac
    shift
  done
  [ -x "$program" ] || fail "name a program to put in, such as target/release/kinora"
  [ "$(id -u)" = 0 ] || fail "this must run as root: it makes file systems and mounts"
  need_packages "${image_packages[@]}"
  mkdir -p "$work"
  trap clean_up EXIT
  make_base
  make_context "$program"
  build "$program"
  builder from --name "$container" "$image" >/dev/null
  mounted=$(builder mount "$container")
  builder inspect --type image "$image" >"$work/image.json"
  say "Unpacked: $(du -sm "$mounted" | cut -f1) MiB, of which the base is $(base_mib) MiB; packed (gzip): $(packed_mib "$mounted") MiB"
  "$root/packaging/docker/prove.sh" "$mounted" "$work/image.json"
  [ "$keep" = no ] || say "The image is $image in buildah --storage-driver vfs --root $work/storage --runroot $work/run"
}

base_mib() {
  local from
  from=$(builder from "$base")
  du -sm "$(builder mount "$from")" | cut -f1
  builder umount "$from" >/dev/null
  builder rm "$from" >/dev/null
}

packed_mib() { echo $(($(tar -C "$1" -c . | gzip -1 | wc -c) / 1024 / 1024)); }

main "$@"
