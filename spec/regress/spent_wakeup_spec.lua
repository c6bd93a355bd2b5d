-- Two coroutines waited for one thing, and both could go on. The first of them took
-- it, so the second was to wait on; but it was out of the list of those that wait,
-- and nobody resumed it ever again.

local clients = require "spec.support.clients"
local scheduler = require "glacier.host.scheduler"
local waiting = require("glacier.host").waiting

describe("a wait whose reason somebody else has used up", function()
  it("goes on when there is another one", function()
    local waiters, left, took = scheduler.new(function() end), 0, {}
    for i = 1, 2 do
      waiters:spawn(function()
        waiters:park(function()
          return left > 0
        end)
        left = left - 1
        took[#took + 1] = i
      end, function(ok, err)
        assert(ok, err)
      end)
    end
    for _ = 1, 2 do
      left = 1
      waiters:resume_all(waiters:take_ready())
      assert.are.equal(0, left)
    end
    assert.same({ 1, 2 }, took)
    assert.is_true(waiters:is_idle())
  end)

  it("does so among functions that run together", function()
    local time, left, took = 0, 0, {}
    local host = {
      now = function()
        return time
      end,
      sleep = function(seconds)
        assert(time < 100, "nobody goes on")
        time = time + seconds
      end,
      wait = function()
        error("nothing is to be sent")
      end,
    }
    local client = clients.new({ url = "http://127.0.0.1:1" }, { host = host })
    local function take(name)
      return function()
        waiting.await(host, function()
          return left > 0
        end)
        left = left - 1
        took[#took + 1] = name
      end
    end
    client:run_together({ take "a", take "b", function()
      client:sleep(1)
      left = 1
      client:sleep(1)
      left = 1
    end })
    client:close()
    assert.same({ "a", "b" }, took)
  end)
end)
