-- A program crashed that ended while a thread nobody waited for was calling:
-- OpenSSL had been cleaned up under it.
-- Runs on one Lua: what it tests runs in programs of its own.

local shell = require "spec.support.shell"

it("a program may end while its threads are at work", function()
  local folder = shell.folder()
  finally(function()
    shell.remove(folder)
  end)
  local program = folder .. "/exit_while_busy"
  shell.compile("spec/support/exit_while_busy.c", program, { flags = "-rdynamic" })
  for _ = 1, 30 do
    local output, status = shell.run(shell.environment() .. program)
    assert.equal(0, status, output)
  end
end)
