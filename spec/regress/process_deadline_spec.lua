-- A credential_process outlived the deadline of its call, and held up the host
-- for as long as it ran.

local process = require("glacier.credentials.process")

it("a credential_process neither outlives the call's deadline nor holds the host up", function()
  local now, turns = 0, 0
  local fields, err = process.load({
    configuration = { profile_name = "slow", profile = { credential_process = "sleep 60" } },
    remaining = function()
      return 5 - now
    end,
    sleep = function(seconds)
      assert.is_true(seconds > 0 and now + seconds <= 5)
      now, turns = now + seconds, turns + 1
    end,
  })
  assert.is_nil(fields)
  assert.are.equal("timeout", err.kind)
  assert.are.equal("DeadlineExceededError", err.code)
  assert.are.equal(5, now)
  assert.is_true(turns > 1)
end)
