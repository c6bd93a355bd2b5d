-- -D_GNU_SOURCE, which many builds add, stopped the build and left errors
-- without the system's text.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Begins early: it takes long.
-- Builds what it looks at: a sanitizer finds nothing there.

local lfs = require "lfs"
local shell = require "spec.support.shell"

local WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Werror"

local PROGRAM = [[
#include <stdio.h>
#include "error.h"
int main(void) {
  char text[80] = "x";
  glc_error_describe(2, text, sizeof text);
  puts(text);
  glc_error_describe(13, text, sizeof text);
  puts(text);
  return 0;
}
]]

local function sources(folder)
  local list = {}
  for name in lfs.dir(folder) do
    if name:find "%.c$" then
      list[#list + 1] = folder .. "/" .. name
    end
  end
  table.sort(list)
  assert(#list > 2)
  return list
end

local FLAGS = {
  "-std=c99", "-std=c99 -D_GNU_SOURCE", "-std=c99 -D_GNU_SOURCE=1", "-std=gnu99",
  "-std=gnu17", "-std=gnu17 -D_GNU_SOURCE", "-std=gnu17 -D_FORTIFY_SOURCE=2 -O2",
}

for _, flags in ipairs(FLAGS) do
  -- The core's files know of no Lua; those of the bindings, of one after the other.
  it("every file compiles with " .. flags, function()
    for _, folder in ipairs { "src/core", "src/core/sigv4", "src/core/http" } do
      shell.check(("gcc %s %s -fsyntax-only %s"):format(flags, WARNINGS,
        table.concat(sources(folder), " ")))
    end
    for _, version in ipairs { "5.1", "5.2", "5.3", "5.4" } do
      if shell.has_package("lua" .. version) then
        shell.check(("gcc %s %s $(pkg-config --cflags lua%s) -fsyntax-only %s"):format(
          flags, WARNINGS, version, table.concat(sources "src/binding", " ")))
      end
    end
  end)

  it("errors have the system's text with " .. flags, function()
    local folder = shell.folder()
    finally(function()
      shell.remove(folder)
    end)
    local file = assert(io.open(folder .. "/main.c", "w"))
    file:write(PROGRAM)
    file:close()
    shell.check(("gcc %s -Isrc/core %s/main.c src/core/error.c -o %s/main"):format(
      flags, shell.quote(folder), shell.quote(folder)))
    assert.are.equal("No such file or directory\nPermission denied",
      (shell.check("LC_ALL=C " .. shell.quote(folder .. "/main")):gsub("%s+$", "")))
  end)
end
