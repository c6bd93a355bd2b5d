#!/bin/sh
# Runs fuzz targets for SECONDS_EACH seconds each; OUT is where they were built.
#   spec/fuzz/run.sh [TARGET ...]
# The inputs that were worth keeping stay in OUT/corpus/TARGET and are where the
# next run begins; a find is in OUT/finds, and is run again by
#   OUT/NAME_fuzz FILE      (GLC_FUZZ_TARGET=spec/fuzz/targets/NAME.lua OUT/lua_fuzz FILE)
# It fails where there was a find, after all targets have run.
set -eu

if [ $# -eq 0 ]; then
  for file in spec/fuzz/*_fuzz.c spec/fuzz/targets/*.lua; do
    name=$(basename "$file" .lua)
    case $name in
      lua_fuzz.c | same) ;;
      *) set -- "$@" "${name%_fuzz.c}" ;;
    esac
  done
fi

export LUA_PATH='lua/?.lua;lua/?/init.lua;./?.lua;;'
failed=""
mkdir -p "$OUT/finds"
for target in "$@"; do
  program="$OUT/${target}_fuzz"
  leaks=1
  if [ -e "spec/fuzz/targets/$target.lua" ]; then
    program="$OUT/lua_fuzz"
    export GLC_FUZZ_TARGET="spec/fuzz/targets/$target.lua"
    leaks=0 # what Lua collects later would be taken for one
  elif [ ! -x "$program" ]; then
    echo "$0: there is no target $target" >&2
    exit 2
  fi
  mkdir -p "$OUT/corpus/$target"
  words="spec/fuzz/seeds/$target.dict"
  [ -e "$words" ] || words=""
  if ! "$program" -max_total_time="$SECONDS_EACH" -timeout=20 -max_len=8192 \
      -rss_limit_mb=2048 -print_final_stats=1 -detect_leaks=$leaks ${words:+-dict="$words"} \
      -artifact_prefix="$OUT/finds/$target-" \
      "$OUT/corpus/$target" "spec/fuzz/seeds/$target" \
      >"$OUT/$target.log" 2>&1; then
    failed="$failed $target"
    tail -n 40 "$OUT/$target.log"
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$OUT/$target.log")
  echo "fuzz: $target: ${runs:-?} inputs, $(ls "$OUT/corpus/$target" | wc -l) kept"
done
if [ -n "$failed" ]; then
  echo "fuzz: finds of$failed are in $OUT/finds" >&2
  exit 1
fi
