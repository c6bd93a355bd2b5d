#!/bin/sh
# The place of an interpreter, for busted --lua=: VALGRIND_LUA under valgrind. What is
# used after its end or never given back ends it with status 9.
exec valgrind -q --error-exitcode=9 --leak-check=full \
  --show-leak-kinds=definite --errors-for-leak-kinds=definite \
  "${VALGRIND_LUA:-lua5.4}" "$@"
