local shell = require "spec.support.shell"

-- Runs a program that sends itself signals; what it prints, and its status.
local function run(program)
  return shell.run(("timeout 20 %s %s -e %s"):format(shell.environment(), shell.interpreter,
    shell.quote([[
      local signals = require "glacier.core.signals"
      local function send(name)
        os.execute("kill -" .. name .. " $PPID")
      end
      ]] .. program)))
end

describe("core.signals", function()
  it("keeps one that comes until it is asked for", function()
    local output, status = run [[
      local handle = assert(signals.hold())
      print(handle:take())
      send "TERM"
      print(handle:take(), handle:take())
      handle:close()
      handle:close()
      print(pcall(handle.take, handle))
      handle = assert(signals.hold())
      send "INT"
      print(handle:take())
    ]]
    assert.equal(0, status, output)
    assert.matches("^nil\nSIGTERM\tnil\nfalse\t[^\n]+\nSIGINT\n$", output)
  end)

  it("lets a second one end the program", function()
    local output, status = run [[
      local handle = signals.hold()
      send "TERM"
      print(handle:take())
      io.stdout:flush()
      send "TERM"
      print "is still there"
    ]]
    assert.equal("SIGTERM\n", output)
    assert.is_true(status == 143 or status == 124 or status > 128, status)
  end)

  it("lets one that waits do what it does, once it is closed or collected", function()
    for _, way in ipairs { "handle:close()", "handle = nil collectgarbage() collectgarbage()" } do
      local output, status = run("local handle = signals.hold() send 'TERM' " .. way ..
        " print 'is still there'")
      assert.equal("", output)
      assert.is_true(status > 128, status)
    end
  end)

  it("leaves other signals alone, and children none that is blocked", function()
    local output = shell.check(("%s %s -e %s"):format(shell.environment(), shell.interpreter,
      shell.quote [[
        local handle = require("glacier.core.signals").hold()
        for line in io.lines "/proc/self/status" do
          if line:find "^SigBlk" then print(line) end
        end
        local process = assert(require("glacier.core.process").start "grep SigBlk /proc/self/status")
        local text
        repeat text = process:read() until text
        io.write(text)
        handle:close()
      ]]))
    -- 15 and 2, as bits from 1.
    assert.equal("SigBlk:\t0000000000004002\nSigBlk:\t0000000000000000\n", output)
  end)
end)
