#!/bin/sh
# Runs the C tests and the specs and counts them together; the last line says
# how many passed and failed. Called by `make test`, after the build.
#
#   LUA_VERSIONS  the Luas to run on; the first runs all, see `specs`
#   SPECS         these files only
#   BUILD         where the modules are that the specs load; by default build
#   JOBS          how many runs go side by side: most of them wait most of the
#                 time, so it is twice as many as there are processors
#
# A run is one program of the C tests, or one busted: of one folder of specs on
# one Lua, without those whose head says that they begin early. Each of those
# is a run of its own, and they begin before all others, since what takes long
# and begins last is waited for alone. Reports are shown in an order of their
# own: the C tests, then folder by folder on one Lua after the other.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
log=$build/test
rm -rf "$log"
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

# Variables of the AWS tools would change what the specs see.
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') \
    http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY \
    no_proxy NO_PROXY REQUESTS_CA_BUNDLE; do
  unset "$variable"
done

versions=${LUA_VERSIONS:-5.4}
first=${versions%% *}

# A spec whose head says so does not depend on the Lua that runs it (it starts
# programs of its own, or reads the sources): it runs once, on the first.
specs() {
  find spec -name '*_spec.lua' | sort | while read -r path; do
    if [ "$1" = "$first" ] || ! grep -q '^-- Runs on one Lua' "$path"; then
      echo "$path"
    fi
  done
}

# Writes the files of each run of a version into NAME.list, where a run is called
# VERSION-FOLDER, or VERSION-FOLDER+SPEC if it is of one spec alone.
list_runs() {
  for path in ${SPECS:-$(specs "$1")}; do
    folder=${path#spec/}
    case $folder in
      */*) folder=${folder%%/*} ;;
      *) folder=spec ;;
    esac
    if grep -q '^-- Begins early' "$path"; then
      folder=$folder+$(basename "$path" _spec.lua)
    fi
    echo "$path" >>"$log/$1-$folder.list"
  done
}

# names PATTERN: of the runs whose list is called so.
names() {
  (cd "$log" && ls -d $1 2>/dev/null) | sed 's/\.list$//'
}

# interpreter RUN, and the folder of what is built for it.
interpreter() {
  case $1 in
    jit-*) echo luajit ;;
    *) echo "lua${1%%-*}" ;;
  esac
}

built() {
  case $1 in
    jit-*) echo lua5.1 ;;
    *) echo "lua${1%%-*}" ;;
  esac
}

# run RUN: leaves RUN.txt, and RUN.status when it has ended.
run() {
  if [ -e "$log/$1.list" ]; then
    busted --lua="/usr/bin/$(interpreter "$1")" \
      --cpath="$build/$(built "$1")/?.so" --output=plainTerminal \
      $(cat "$log/$1.list")
  else
    ASAN_OPTIONS=detect_leaks=1 "build/sanitized/$1"
  fi >"$log/$1.txt" 2>&1 </dev/null
  echo $? >"$log/$1.new"
  mv "$log/$1.new" "$log/$1.status"
}

# Runs what no other lane has taken. A folder can be made once only.
lane() {
  for name in $runs; do
    if mkdir "$log/$name.taken" 2>/dev/null; then
      run "$name"
    fi
  done
}

for version in $versions; do
  list_runs "$version"
done
programs=$(cd build/sanitized 2>/dev/null && ls -d *_test 2>/dev/null)
runs="$(names '*+*.list') $programs $(for version in $versions; do
  names "$version-*.list" | grep -v '+'
done)"
lanes=
left=${JOBS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}
while [ "$left" -gt 0 ]; do
  lane &
  lanes="$lanes $!"
  left=$((left - 1))
done
trap 'kill $lanes 2>/dev/null; exit 1' INT TERM

# Whether a lane is left that runs anything.
are_running() {
  for lane in $lanes; do
    kill -0 "$lane" 2>/dev/null && return 0
  done
  return 1
}

# show RUN: what it has said, when it has ended.
show() {
  while [ ! -e "$log/$1.status" ] && are_running; do
    sleep 0.2
  done
  touch "$log/$1.txt"
  cat "$log/$1.txt"
}

# ended RUN: the status with which it has.
ended() {
  cat "$log/$1.status" 2>/dev/null || echo -1
}

report="$log/failures.txt"
: >"$report"
for name in $programs; do
  show "$name"
  count "$(number passed "$log/$name.txt")" \
    "$(number failed "$log/$name.txt")" "$name" "$(ended "$name")"
  if [ "$(ended "$name")" != 0 ]; then
    sed "s/^/$name: /" "$log/$name.txt" | tail -n 5 >>"$report"
  fi
done

for folder in $(for version in $versions; do
  names "$version-*.list" | sed 's/+.*//' | sort -u
done); do
  told="$(interpreter "$folder"), spec/${folder#*-}"
  echo "specs on $told"
  for name in $(names "$folder.list") $(names "$folder+*.list"); do
    show "$name"
    count "$(number success "$log/$name.txt")" \
      "$(($(number failure "$log/$name.txt") + \
        $(number 'error[ s]' "$log/$name.txt")))" \
      "busted on $told" "$(ended "$name")"
    failures "$(interpreter "$name")" "$log/$name.txt" >>"$report"
  done
done

# What failed is told once more where it is seen: in front of the last line.
cut -c 1-400 "$report"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
