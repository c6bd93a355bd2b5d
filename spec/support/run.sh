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

# failures NAME FILE: a line for each spec that failed, with the beginning of
# its message, from the report of busted.
failures() {
  awk -v name="$1" '
    function tell() { if (where) print name ": " where ": " text; where = "" }
    /^(Failure|Error|Pending) -> / || /^$/ { tell() }
    /^(Failure|Error) -> / { where = $3 ":" $5; text = ""; next }
    where { text = text (text == "" ? "" : " | ") $0 }
    END { tell() }' "$2"
}

report="$log/failures.txt"
: >"$report"
for program in build/sanitized/*_test; do
  [ -x "$program" ] || continue
  name=$(basename "$program")
  ASAN_OPTIONS=detect_leaks=1 "$program" >"$log/$name.txt" 2>&1
  status=$?
  cat "$log/$name.txt"
  count "$(number passed "$log/$name.txt")" \
    "$(number failed "$log/$name.txt")" "$name" "$status"
  if [ "$status" -ne 0 ]; then
    sed "s/^/$name: /" "$log/$name.txt" | tail -n 5 >>"$report"
  fi
done

# Variables of the AWS tools would change what the specs see.
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') \
    http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY \
    no_proxy NO_PROXY REQUESTS_CA_BUNDLE; do
  unset "$variable"
done

# Specs that start a program of their own do not depend on the Lua that runs
# them: they run once, on the first.
specs() {
  find spec -name '*_spec.lua' | sort | if [ "$1" = "$first" ]; then
    cat
  else
    grep -vE '/host[_/](openresty|neovim|love|haproxy)|/(static|threads|wrong_lua|floors|recipes|module_guards)[a-z_]*_spec'
  fi
}

versions=${LUA_VERSIONS:-5.4}
first=${versions%% *}
for version in $versions; do
  case $version in
    jit) interpreter=/usr/bin/luajit built=lua5.1 ;;
    *) interpreter=/usr/bin/lua$version built=lua$version ;;
  esac
  echo "specs on $(basename "$interpreter")"
  busted --lua="$interpreter" --cpath="build/$built/?.so" \
    --output=plainTerminal ${SPECS:-$(specs "$version")} \
    >"$log/$version.txt" 2>&1
  status=$?
  cat "$log/$version.txt"
  count "$(number success "$log/$version.txt")" \
    "$(($(number failure "$log/$version.txt") + \
      $(number 'error[ s]' "$log/$version.txt")))" \
    "busted on $(basename "$interpreter")" "$status"
  failures "$(basename "$interpreter")" "$log/$version.txt" >>"$report"
done

# What failed is told once more where it is seen: in front of the last line.
cut -c 1-400 "$report"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
