-- A shell that closes its pipes and goes on held close(), and the collector, up
-- until its end. Numbers that are used again: spec/core/child_test.c.

local process = require "glacier.core.process"
local socket = require "socket"

local PATIENCE = 30

-- The command's own bracket ends early: what follows is the shell's.
local COMMANDS = {
  ["tells no status"] = "true\n) 3>&-\nexec >&- 3>&-; sleep 60; (true",
  ["has told a status"] = "true\n) 3>&-\necho 0 >&3; exec >&- 3>&-; sleep 60; (true",
  ["ignores signals"] = "true\n) 3>&-\ntrap '' TERM HUP INT; exec 3>&-; sleep 60; (true",
  ["has a background"] = "true\n) 3>&-\nsleep 60 >&- 3>&- & exec >&- 3>&-; wait; (true",
}

local function start(command)
  local handle = assert(process.start(command))
  local deadline = socket.gettime() + PATIENCE
  local output, status
  repeat
    output, status = handle:read()
  until output or status or socket.sleep(0.001) or socket.gettime() > deadline
  return handle
end

local function children()
  local file = assert(io.open "/proc/thread-self/children")
  local text = file:read "*a"
  file:close()
  return text
end

describe("a shell that closes its pipes and goes on:", function()
  local before

  before_each(function()
    collectgarbage()
    collectgarbage()
    before = children()
  end)

  local function check(finish)
    local begun = socket.gettime()
    finish()
    assert.is_true(socket.gettime() - begun < PATIENCE / 2)
    while children() ~= before and socket.gettime() - begun < PATIENCE do
      process.start ""
      socket.sleep(0.001)
    end
    assert.equal(before, children())
  end

  for name, command in pairs(COMMANDS) do
    it("close does not wait for it: it " .. name, function()
      local handle = start(command)
      check(function()
        handle:close()
      end)
      assert.has_error(function() handle:read() end)
    end)

    it("nor does the collector: it " .. name, function()
      start(command)
      check(function()
        collectgarbage()
        collectgarbage()
      end)
    end)
  end
end)
