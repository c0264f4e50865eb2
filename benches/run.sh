#!/bin/sh
# Runs the benches in a release build: all of them, or those that are named.
set -eu
cd "$(dirname "$0")/.."
exec cargo bench --locked --bench figures -- "$@"
