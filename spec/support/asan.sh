#!/bin/sh
# The whole suite on one Lua, every C module under AddressSanitizer and UBSan,
# in each host too. Called by `make check-asan`; its last line is that of
# run.sh.
#
#   LUA_VERSIONS  the Lua that runs it
#   SPECS, JOBS   as for run.sh
#   FOLDERS       only the specs of these folders, in which C is at work, and
#                 neither the C tests, which `make test` runs under the same
#                 sanitizers, nor specs that look at what they build themselves
#   SANITIZE      the compiler's flags
#
# It is done in a copy of the tree, since hosts, servers and programs find the
# modules by their place. The programs know nothing of it: the library of
# AddressSanitizer is loaded into all of them first.
set -eu
cd "$(dirname "$0")/../.."
tree=build/asan/tree
compiler=${CC:-gcc}

mkdir -p "$tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$tree"
cd "$tree"

programs=check-c-build
if [ -n "${FOLDERS:-}" ]; then
  programs=
  rm -rf build/sanitized
  SPECS=$(for folder in $FOLDERS; do
    grep -L '^-- Builds what it looks at' "spec/$folder"/*_spec.lua
  done)
  export SPECS
fi

make --no-print-directory -j "$(getconf _NPROCESSORS_ONLN)" all-luas \
  $programs CFLAGS="-O1 -g $SANITIZE" LDFLAGS="$SANITIZE" HARDEN= \
  HARDEN_LINK= >build.log || { tail -n 20 build.log; exit 1; }

# Leaks are check-valgrind's: of a program that ends in the middle of its work
# nothing says which of what it leaves behind is one.
export ASAN_OPTIONS="detect_leaks=0:malloc_context_size=8:quarantine_size_mb=8"
export UBSAN_OPTIONS=print_stacktrace=1
LD_PRELOAD=$("$compiler" -print-file-name=libasan.so)
export LD_PRELOAD SANITIZE
exec sh spec/support/run.sh
