#!/bin/sh
# Called by `make bench`, after the build.
set -eu
cd "$(dirname "$0")/.."
export LUA_PATH="./?.lua;lua/?.lua;lua/?/init.lua;;"
export LUA_CPATH="$OUT/?.so;;"
port=$(mktemp)
build/bench/server >"$port" &
server=$!
trap 'kill $server 2>/dev/null; rm -f "$port"' EXIT
while [ ! -s "$port" ]; do
  sleep 0.05
done
"$LUA" bench/bench.lua build/bench/baseline "http://127.0.0.1:$(cat "$port")"
