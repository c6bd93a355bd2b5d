#!/bin/sh
# Reads a vault of 500 small archives back from the embedded endpoint, by four
# processes, of which one is killed amid it, and checks every file. Called by
# `make demo-restore`.
set -eu
cd "$(dirname "$0")/../.."
. spec/support/demo_environment.sh

folder=$(mktemp -d)
processes=
trap 'kill $processes 2>/dev/null || :; rm -rf "$folder"' EXIT

# The vault: jobs are ready a few seconds after they were started.
{
  echo '{ "verify": true, "settings": { "ready_after": 3 }, "archives": ['
  i=1
  while [ $i -le 500 ]; do
    echo "{ \"description\": \"photos/20$((10 + i % 10))/$i.jpg\"," \
      "\"size\": $((i * 97)) }$([ $i = 500 ] || echo ,)"
    i=$((i + 1))
  done
  echo '] }'
} >"$folder/setup"
"$LUA" spec/support/vault_server.lua --setup "$folder/setup" \
  >"$folder/address" &
processes=$!
tries=0
while [ ! -s "$folder/address" ] && [ $tries -lt 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
AWS_ENDPOINT_URL=$(cat "$folder/address")
export AWS_ENDPOINT_URL
echo "the embedded endpoint listens at $AWS_ENDPOINT_URL"

echo
echo "== what is in the vault"
"$LUA" examples/retrieve_inventory.lua examplevault "$folder/inventory" 1 \
  >"$folder/list"
tail -n 1 "$folder/list"

store=$folder/photos.db
restore() {
  verb=$1
  shift
  "$LUA" bin/glacier-restore "$verb" --store "$store" "$@"
}

echo
echo "== planned"
restore plan --vault examplevault --inventory "$folder/inventory" \
  --into "$folder/photos" --tier Bulk --cost 1 --starts-per-second 50 \
  --price-per-1000-requests 0.025 --price-per-gib 0.0025

echo
echo "== four processes; one is killed"
begun=$(date +%s)
first=
for number in 1 2 3 4; do
  "$LUA" bin/glacier-restore run --store "$store" --downloads 4 \
    >"$folder/run$number" 2>&1 &
  first=${first:-$!}
  processes="$processes $!"
done
sleep 6
kill -9 "$first"
restore status --watch

echo
echo "== what is there after $(($(date +%s) - begun)) seconds"
wait_for=${processes#* } # the endpoint goes on
for process in ${wait_for#* }; do
  wait "$process"
done
"$LUA" spec/support/restore_check.lua "$folder/inventory" "$folder/photos" \
  "$AWS_ENDPOINT_URL"
