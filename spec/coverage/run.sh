#!/bin/sh
# Runs the C tests and the specs, on Lua 5.4, with what counts lines, and tells
# what was not run. Called by `make coverage`, after the build.
#
#   OUT    where it was built, with an absolute path
#   LUA    the interpreter, 5.4
#   JOBS   how many runs of specs go side by side; 4 where it is not set
#   SPECS  files or folders of specs, which are counted anew beside what the last
#          run has left; all, and the C tests, where it is not set
#   LIMIT  seconds for one file of specs; 300 where it is not set
#
# Each file of specs has a folder in $OUT/counted, in which is what it ran
# ("lines"), what it said ("said"), and "ended", its status and seconds: mutants.lua
# reads them. Specs that fail (what counts makes all slower) are told, and count.
# Left out are those that build and install: nothing is counted in what they do.
set -u

counted="$OUT/counted"
if [ -z "${SPECS:-}" ]; then
  rm -rf "$counted"
  find "$OUT" -name '*.gcda' -exec rm {} +
  for program in "$OUT"/sanitized/*_test; do
    timeout -k 5 "${LIMIT:-300}" "$program" >"$program.txt" 2>&1 ||
      echo "coverage: $(basename "$program") failed, see $program.txt"
  done
fi

export LUA_INIT="@$PWD/spec/coverage/hook.lua"
unset AWS_CA_BUNDLE REQUESTS_CA_BUNDLE
find ${SPECS:-spec} -name '*_spec.lua' ! -path 'spec/release/*' \
  ! -name '*install*_spec.lua' ! -name bench_spec.lua | sort |
  xargs -n 1 -P "${JOBS:-4}" sh -c '
    export GLC_COVERAGE="$0/$(echo "$1" | tr / =)"
    rm -rf "$GLC_COVERAGE"
    mkdir -p "$GLC_COVERAGE"
    began=$(date +%s)
    timeout -k 5 "${LIMIT:-300}" busted --lua="$LUA" \
      --cpath="$OUT/lua5.4/?.so" --output=plainTerminal "$1" \
      </dev/null >"$GLC_COVERAGE/said" 2>&1
    status=$?
    echo "$status $(($(date +%s) - began))" >"$GLC_COVERAGE/ended"
    [ $status = 0 ] || echo "coverage: failures in $1"' "$counted"

unset LUA_INIT
exec "$LUA" spec/coverage/report.lua "$OUT" ${SPECS:-}
