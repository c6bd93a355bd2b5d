#!/bin/sh
# Called by `make bench`, after the build. ONLY=section,... runs some sections
# only; ROUNDS=n changes how often each figure is taken; NODE_PATH says where
# node finds the peers (`make bench-peers` fetches them to build/bench/peers).
set -eu
cd "$(dirname "$0")/.."
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') \
    http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY \
    no_proxy NO_PROXY REQUESTS_CA_BUNDLE; do
  unset "$variable"
done
export LUA_PATH="./?.lua;lua/?.lua;lua/?/init.lua;;"
export LUA_CPATH="$OUT/?.so;;"
export PATH="$PATH:/usr/sbin"
export NODE_PATH="${NODE_PATH:-$PWD/build/bench/peers/node_modules}"
export NODE_NO_WARNINGS=1
BENCH_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/glacier-bench.XXXXXX")
export BENCH_FOLDER
trap 'rm -rf "$BENCH_FOLDER"' EXIT
"$LUA" bench/main.lua
