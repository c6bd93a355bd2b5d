#!/bin/sh
# Runs the example against the embedded endpoint. Called by `make demo`.
set -eu
cd "$(dirname "$0")/../.."
export LUA_PATH="./?.lua;lua/?.lua;lua/?/init.lua;;"
export LUA_CPATH="$OUT/?.so;;"
# What is set for the AWS tools would lead elsewhere.
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') \
    http_proxy all_proxy ALL_PROXY; do
  unset "$variable"
done
address=$(mktemp)

"$LUA" spec/support/server.lua --play initiate_job/success >"$address" &
server=$!
trap 'kill $server 2>/dev/null; rm -f "$address"' EXIT
tries=0
while [ ! -s "$address" ] && [ $tries -lt 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done

echo "the embedded endpoint listens at $(cat "$address")"
AWS_ENDPOINT_URL=$(cat "$address") \
AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
AWS_REGION=us-west-2 \
AWS_ACCESS_KEY_ID=AKIDEXAMPLE \
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY \
  "$LUA" examples/initiate_job.lua
