#!/bin/sh
# Runs the examples against embedded endpoints: one plays what the service
# answers to InitiateJob, the other a vault and the life of its jobs. Called by
# `make demo`.
set -eu
cd "$(dirname "$0")/../.."
. spec/support/demo_environment.sh

# The line of a terminal where there is one.
[ -t 2 ] || export PROGRESS=json

folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; rm -rf "$folder"' EXIT

# Starts a server; AWS_ENDPOINT_URL is its address.
start() {
  [ -z "$server" ] || kill $server
  : >"$folder/address"
  "$LUA" "$@" >"$folder/address" &
  server=$!
  tries=0
  while [ ! -s "$folder/address" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  AWS_ENDPOINT_URL=$(cat "$folder/address")
  export AWS_ENDPOINT_URL
  echo "the embedded endpoint listens at $AWS_ENDPOINT_URL"
}

start spec/support/server.lua --play initiate_job/success
"$LUA" examples/initiate_job.lua

# A vault whose jobs are ready in two seconds, and whose outputs come slowly
# enough to be seen.
cat >"$folder/setup" <<'SETUP'
{ "verify": true,
  "settings": { "ready_after": 2 },
  "archives": [
    { "description": "letters/1912.txt", "size": 2048 },
    { "description": "photos/2011.tar", "size": 100663301 },
    { "description": "<m><v>4</v><p>bXVzaWMvcmVlbCA3LmZsYWM=</p></m>", "size": 5242880 }
  ],
  "faults": [ { "operation": "GetJobOutput", "times": "always", "rate": 12582912 } ] }
SETUP

echo
echo "== what is in the vault"
start spec/support/vault_server.lua --setup "$folder/setup"
"$LUA" examples/retrieve_inventory.lua examplevault "$folder/inventory.json" 1 \
  >"$folder/list"
sed 's/^\([^	]\{24\}\)[^	]*	/\1...	/' "$folder/list"

echo
echo "== one archive of it"
archive=$(sed -n 's/^\([^	]*\)	.*photos\/2011\.tar$/\1/p' "$folder/list")
"$LUA" examples/retrieve_archive.lua examplevault "$archive" "$folder/2011.tar" Standard 1
