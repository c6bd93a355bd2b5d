#!/bin/sh
# Turns Lua files into C: the table of src/static/files.h, on standard output.
#   embed.sh ROOT FILE...    files relative to ROOT, such as glacier/client.lua
set -eu

root=$1
shift

# identifier FILE: glacier/host/luv.lua -> file_glacier_host_luv_lua
identifier() {
  echo "file_$1" | tr -c 'A-Za-z0-9\n' _
}

# module FILE: glacier/host/luv.lua -> glacier.host.luv
module() {
  echo "$1" | sed 's/\.lua$//; s:/init$::; s:/:.:g'
}

echo '/* Made by src/embed/embed.sh. */'
echo '#include "files.h"'
for file in "$@"; do
  echo
  echo "static const unsigned char $(identifier "$file")[] = {"
  # An array has at least one element; the length leaves the 0 out.
  od -An -v -tu1 "$root/$file" | sed 's/^ *//; s/  */,/g; s/$/,/'
  echo '0};'
done
echo
echo 'const struct glc_file glc_files[] = {'
for file in "$@"; do
  name=$(identifier "$file")
  echo "  {\"$(module "$file")\", \"=$file\", $name, sizeof $name - 1},"
done
echo '  {NULL, NULL, NULL, 0}};'
