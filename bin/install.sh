#!/bin/sh
# Copies a program of Lua to a folder: install.sh PROGRAM FOLDER. The copy is
# run by LUA, and finds the modules that are installed under PREFIX whatever the
# environment says.
set -eu
program=$1
folder=$2
target=$folder/$(basename "$program")
share=$PREFIX/share/lua/$LUA_VERSION
lib=$PREFIX/lib/lua/$LUA_VERSION
case $share$lib in
  *[\"\\]*) echo "a PREFIX with quotes is none for $target" >&2; exit 1 ;;
esac
case $LUA in
  /*) first="#!$LUA" ;;
  *) first="#!/usr/bin/env $LUA" ;;
esac
{
  echo "$first"
  echo "package.path = \"$share/?.lua;$share/?/init.lua;\" .. package.path"
  echo "package.cpath = \"$lib/?.so;\" .. package.cpath"
  sed 1d "$program"
} >"$target.new"
chmod 755 "$target.new"
mv "$target.new" "$target"
