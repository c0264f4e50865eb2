#!/usr/bin/env bash
# Holds a running daemon against its own document with schemathesis: thousands of right and wrong requests, none of
# which may end in an error of the server (5xx), or in an answer that the document does not know.
# tests/schemathesis.sh [PROGRAM]; without one it takes the program that the tests built. SCHEMATHESIS_SECONDS is the
# time it may take, 75 where it is not said; SCHEMATHESIS_SEED draws other requests; SCHEMATHESIS_KEEP is a folder for
# what was said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=4.32.5
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kinora
venv=$cache/schemathesis
program=${1:-${CARGO_TARGET_DIR:-$cache/target}/ci/kinora}
seconds=${SCHEMATHESIS_SECONDS:-75}
seed=${SCHEMATHESIS_SEED:-22}
# An answer of these is right by the document, whatever was asked.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance
checks+=,response_schema_conformance

[ -x "$program" ] || {
  echo "there is no $program; build it first" >&2
  exit 1
}

installed() {
  "$venv/bin/python" -c "import importlib.metadata as m, sys; sys.exit(m.version('schemathesis') != '$version')" \
    2>/dev/null
}

if ! installed; then
  rm -rf "$venv"
  python3 -m venv "$venv" && "$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
    "schemathesis==$version" || true
fi
if ! installed; then
  echo "schemathesis $version cannot be had here: the daemon is NOT held against its document by it"
  exit 0
fi

dir=$(mktemp -d)
daemon=
end() {
  [ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || true
  [ -z "$daemon" ] || wait "$daemon" 2>/dev/null || true
  rm -rf "$dir"
}
trap end EXIT

mkdir -p "$dir/films/Series" "$dir/data"
cp assets/jfk.wav "$dir/films/Speech.wav"
cp assets/jfk.wav "$dir/films/Series/Speech 2.wav"
printf '1\n00:00:01,000 --> 00:00:02,000\nAnd so\n' >"$dir/films/Speech.eng.srt"
cat >"$dir/kinora.toml" <<TOML
data_dir = "$dir/data"
[http]
listen = "127.0.0.1:0"
[listen]
from = "en"
[[library]]
name = "Films"
path = "$dir/films"
TOML

# Made-up names of models are sought nowhere: nobody listens on this port.
env http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 HOME="$dir" \
  "$program" serve --config "$dir/kinora.toml" 2>"$dir/log" &
daemon=$!
for _ in $(seq 300); do
  addr=$(sed -n 's|.*listening on http://\([0-9.:]*\).*|\1|p' "$dir/log" | head -n 1)
  [ -z "$addr" ] || break
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.1
done
[ -n "${addr:-}" ] || {
  cat "$dir/log" >&2
  echo "the daemon does not start" >&2
  exit 1
}

# A stream of events never ends. What it remembers of a run lies where it is started.
status=0
(cd "$dir" && "$venv/bin/schemathesis" run "http://$addr/openapi.json" --checks "$checks" --exclude-path /api/v1/events \
  --mode all --seed "$seed" --max-time "$seconds" --request-timeout 20 --continue-on-failure --no-shrink --workers 1 \
  --warnings off --report ndjson --report-ndjson-path "$dir/report.ndjson") 2>&1 | tee "$dir/out" || status=$?

if grep -n "panicked" "$dir/log"; then
  echo "the daemon panicked" >&2
  status=1
fi
kill -0 "$daemon" 2>/dev/null || {
  tail -n 20 "$dir/log" >&2
  echo "the daemon ended" >&2
  status=1
}
[ -z "${SCHEMATHESIS_KEEP:-}" ] || cp "$dir/log" "$dir/out" "$SCHEMATHESIS_KEEP/"
exit "$status"
