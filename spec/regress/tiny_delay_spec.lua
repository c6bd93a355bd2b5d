-- The rate limiter could ask to wait for so short a time that no clock moves,
-- and its caller went round for ever.

local rate = require("glacier.call.rate")

it("a wait for the rate limit moves the clock", function()
  local limiter = rate.new(0)
  for i = 1, 40 do
    limiter:update(false, i / 20)
  end
  limiter:update(true, 2)
  limiter.tokens, limiter.refilled = 1 - 1e-15, 1e6
  local delay = limiter:acquire(1e6)
  assert.is_true(1e6 + delay > 1e6)
end)
