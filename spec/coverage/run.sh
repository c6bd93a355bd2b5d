#!/bin/sh
# Runs the C tests and the specs, on Lua 5.4, with what counts lines, and tells
# what was not run. Called by `make coverage`, after the build.
#
#   OUT    where it was built, with an absolute path
#   LUA    the interpreter, 5.4
#   JOBS   how many runs of specs go side by side; 3 where it is not set
#   SPECS  files or folders of specs; all where it is not set
#
# Specs that fail here (what counts makes all slower) are told, and count.
set -u

export GLC_COVERAGE="$OUT/counted"
rm -rf "$GLC_COVERAGE"
mkdir -p "$GLC_COVERAGE"
find "$OUT" -name '*.gcda' -exec rm {} +

for program in "$OUT"/sanitized/*_test; do
  "$program" >"$OUT/$(basename "$program").txt" 2>&1 ||
    echo "coverage: $(basename "$program") failed"
done

export LUA_INIT_5_4="@$PWD/spec/coverage/hook.lua"
unset AWS_CA_BUNDLE REQUESTS_CA_BUNDLE
: >"$OUT/specs.txt"
for path in $(find ${SPECS:-spec} -name '*_spec.lua' | sort); do
  echo "$path"
done | xargs -n 6 -P "${JOBS:-3}" sh -c '
  timeout 600 busted --lua="$LUA" --cpath="$OUT/lua5.4/?.so" \
    --output=plainTerminal "$@" </dev/null >>"$OUT/specs.txt" 2>&1 ||
    echo "coverage: failures among: $*"' sh

unset LUA_INIT_5_4
exec "$LUA" spec/coverage/report.lua "$OUT"
