#!/bin/sh
# Called by `make bench-check`, after the build: counts instructions and
# compares them with bench/instructions.txt. UPDATE=yes renews that file.
#
# What would make a difference from run to run is fixed: the addresses
# (setarch -R, and the same environment, which lies on the stack), the time,
# from which Lua takes the seed of its hashes, and the number of turns.
set -eu
cd "$(dirname "$0")/.."
for program in valgrind callgrind_annotate setarch; do
  if ! command -v "$program" >/dev/null; then
    echo "bench-check needs $program (Debian: valgrind, util-linux)" >&2
    exit 1
  fi
done
BENCH_FOLDER=$(mktemp -d /tmp/glacier-bench.XXXXXX)
trap 'rm -rf "$BENCH_FOLDER"' EXIT
env -i PATH="$PATH" HOME=/nonexistent BENCH_FOLDER="$BENCH_FOLDER" \
  BUILD=build LUA="$LUA" LUA_VERSION="$LUA_VERSION" UPDATE="${UPDATE:-}" \
  LUA_PATH="./?.lua;lua/?.lua;lua/?/init.lua;;" LUA_CPATH="$OUT/?.so;;" \
  "$LUA" bench/check.lua
