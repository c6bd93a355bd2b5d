-- Adaptive mode's rate limiter, against a simulated service that throttles.

local rate = require("glacier.call.rate")

-- Sends as fast as the limiter lets it for `seconds`, at most 100 a second;
-- the service throttles what goes beyond `limit` requests in a second.
-- Returns what was sent in the last quarter, a second, and what share of it
-- was throttled.
local function drive(limiter, limit, seconds)
  local now, sent, throttled = 0, 0, 0
  local second, in_second = -1, 0
  while now < seconds do
    local delay = limiter:acquire(now)
    if delay then
      assert.is_true(delay > 0)
      now = now + delay
    else
      if math.floor(now) ~= second then
        second, in_second = math.floor(now), 0
      end
      in_second = in_second + 1
      local refused = in_second > limit
      if now >= seconds * 3 / 4 then
        sent = sent + 1
        throttled = throttled + (refused and 1 or 0)
      end
      now = now + 0.01
      limiter:update(refused, now)
    end
  end
  return sent / (seconds / 4), throttled / sent
end

describe("the rate limiter", function()
  it("lets everything pass until the service throttles", function()
    local limiter = rate.new(0)
    for i = 1, 1000 do
      assert.is_nil(limiter:acquire(i / 1000))
      limiter:update(false, i / 1000)
    end
    limiter:update(true, 1)
    assert.is_truthy(limiter:acquire(1.0))
  end)

  for _, limit in ipairs({ 2, 10, 30 }) do
    it(("settles near %d requests a second where that is the limit"):format(limit), function()
      local sent, throttled = drive(rate.new(0), limit, 120)
      assert.is_true(sent > limit * 0.5, "sent only " .. sent)
      assert.is_true(sent < limit * 1.5, "sent " .. sent)
      assert.is_true(throttled < 0.35, "throttled " .. throttled)
    end)
  end

  it("cuts the rate by three tenths at a throttling and never stops", function()
    local limiter = rate.new(0)
    for i = 1, 100 do
      limiter:update(false, i / 20) -- 20 a second
    end
    limiter:update(true, 5)
    assert.is_true(math.abs(limiter.fill_rate - 20 * 0.7) < 1.5)
    for i = 1, 100 do
      limiter:update(true, 5 + i)
    end
    assert.are.equal(0.5, limiter.fill_rate)
    assert.is_true(limiter:acquire(105) == nil or limiter:acquire(105) <= 2)
  end)

  it("gives back the rate as time passes", function()
    local limiter = rate.new(0)
    for i = 1, 100 do
      limiter:update(false, i / 20)
    end
    limiter:update(true, 5)
    local cut = limiter.fill_rate
    for i = 1, 200 do
      limiter:update(false, 5 + i / 20)
    end
    assert.is_true(limiter.fill_rate > cut)
  end)

  it("survives a clock that stands still or goes back", function()
    local limiter = rate.new(100)
    limiter:update(true, 100)
    limiter:update(false, 100)
    limiter:update(false, 50)
    local delay = limiter:acquire(50)
    assert.is_true(delay == nil or (delay >= 0 and delay < 1e6))
  end)
end)
