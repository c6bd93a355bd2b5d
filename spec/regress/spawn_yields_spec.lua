-- In Lua 5.1 glacier.spawn ran its function inside pcall where the host has no
-- way to begin a coroutine, and so kept it from yielding to a scheduler.

local glacier = require "glacier"

it("a spawned function may yield to the scheduler of a host of one's own", function()
  local task
  local turns = {}
  local thread = coroutine.create(function()
    task = glacier.spawn(function(first)
      turns[#turns + 1] = first
      turns[#turns + 1] = coroutine.yield("waits")
      return "ended"
    end, "begun")
  end)
  assert.same({ true, "waits" }, { coroutine.resume(thread) })
  assert.is_true((coroutine.resume(thread, "resumed")))
  assert.same({ "begun", "resumed" }, turns)
  assert.equal("ended", task:wait())
end)
