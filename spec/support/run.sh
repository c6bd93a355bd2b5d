#!/bin/sh
# Runs the C tests and the specs and counts them together; the last line says
# how many passed and failed. Called by `make test`, after the build.
set -u
cd "$(dirname "$0")/../.."
log=build/test
mkdir -p "$log"
passed=0
failed=0

# count PASSED FAILED WHAT STATUS: a run that died has failed once more.
count() {
  passed=$((passed + $1))
  failed=$((failed + $2))
  if [ "$2" -eq 0 ] && [ "$4" -ne 0 ]; then
    failed=$((failed + 1))
    echo "$3 ended with status $4"
  fi
}

# number TEXT-BEHIND FILE: the number that stands before the text, or 0.
number() {
  sed -n "s/.*[^0-9]\([0-9][0-9]*\) $1.*/\1/p; s/^\([0-9][0-9]*\) $1.*/\1/p" \
    "$2" | tail -n 1 | grep . || echo 0
}

for program in build/sanitized/*_test; do
  [ -x "$program" ] || continue
  name=$(basename "$program")
  ASAN_OPTIONS=detect_leaks=1 "$program" >"$log/$name.txt" 2>&1
  status=$?
  cat "$log/$name.txt"
  count "$(number passed "$log/$name.txt")" \
    "$(number failed "$log/$name.txt")" "$name" "$status"
done

# Variables of the AWS tools would change what the specs see.
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') \
    http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY; do
  unset "$variable"
done

for version in ${LUA_VERSIONS:-$LUA_VERSION}; do
  echo "specs on Lua $version"
  busted --lua="/usr/bin/lua$version" --cpath="build/lua$version/?.so" \
    --output=plainTerminal ${SPECS:-} >"$log/lua$version.txt" 2>&1
  status=$?
  cat "$log/lua$version.txt"
  errors=$(number errors "$log/lua$version.txt")
  [ "$errors" != 0 ] || errors=$(number "error " "$log/lua$version.txt")
  count "$(number success "$log/lua$version.txt")" \
    "$(($(number failure "$log/lua$version.txt") + errors))" \
    "busted on Lua $version" "$status"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
