#!/bin/sh
# Copies a program of Lua to a folder: install.sh PROGRAM FOLDER. The copy is
# run by LUA, and finds the modules that are installed under PREFIX whatever the
# environment says.
set -eu
program=$1
folder=$2
target=$folder/$(basename "$program")
# What stands in quotes in Lua.
quoted() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}
share=$(quoted "$PREFIX/share/lua/$LUA_VERSION")
lib=$(quoted "$PREFIX/lib/lua/$LUA_VERSION")
case $LUA in
  /*) first="#!$LUA" ;;
  *) first="#!/usr/bin/env $LUA" ;;
esac
{
  printf '%s\n' "$first" \
    "package.path = \"$share/?.lua;$share/?/init.lua;\" .. package.path" \
    "package.cpath = \"$lib/?.so;\" .. package.cpath"
  sed 1d "$program"
} >"$target.new"
chmod 755 "$target.new"
mv "$target.new" "$target"
