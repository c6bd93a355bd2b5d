-- -D_GNU_SOURCE, which many builds add, stopped the build and left errors
-- without the system's text.

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
  it("every file compiles with " .. flags, function()
    for _, folder in ipairs { "src/core", "src/core/sigv4", "src/core/http", "src/binding" } do
      shell.check(("gcc %s %s $(pkg-config --cflags lua%s) -fsyntax-only %s"):format(
        flags, WARNINGS, shell.version, table.concat(sources(folder), " ")))
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
