-- Two installations from one tree at the same time: each threw away what the other
-- was about to copy, "cannot stat build/lua5.4/precompiled/...".
-- Builds what it looks at: a sanitizer finds nothing there.

local shell = require "spec.support.shell"

describe("make install", function()
  local folder

  before_each(function()
    folder = shell.folder()
  end)

  after_each(function()
    shell.remove(folder)
  end)

  it("may run several times at once", function()
    local one = ("env -u MAKEFLAGS -u MFLAGS make -s LUA_VERSION=%s install PREFIX=%s/$i >%s/log$i 2>&1 " ..
      "|| echo failed"):format(shell.version, folder, folder)
    for _ = 1, 2 do
      assert.equal("", shell.check(("for i in 1 2 3; do (%s) & done; wait"):format(one)),
        shell.check("cat " .. folder .. "/log*"))
    end
    for i = 2, 3 do
      shell.check(("diff -r %s/1/share %s/%d/share"):format(folder, folder, i))
    end
  end)
end)
