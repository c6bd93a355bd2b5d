local limits = require "glacier.restore.limits"

local GIB = 2 ^ 30

-- A budget in which everything fits, but for what is given.
local function budget(given)
  local all = { money = 1e12, cap = 1e12, starts = 10, bytes = 1e12, window = 1e12, staged = 1, disk = 1e12 }
  for name, value in pairs(given or {}) do
    all[name] = value
  end
  return all
end

describe("limits of a restore: money", function()
  it("is whole billionths, never less than it is", function()
    assert.equal(25000, limits.nano(0.025 / 1000))
    assert.equal(300e9, limits.nano(300))
    assert.equal(1, limits.nano(1e-10))
    assert.equal(0, limits.nano(0))
    assert.is_nil(limits.nano(nil))
  end)

  it("knows no sum above the largest, which is no limit", function()
    assert.equal(limits.MOST, limits.nano(math.huge))
    assert.equal(limits.MOST, limits.nano(2 ^ 53))
    assert.is_true(limits.nano(9e6) < limits.MOST)
  end)

  it("prices an archive by requests, bytes and egress, rounded up", function()
    assert.equal(0, limits.price({}, GIB))
    assert.equal(5, limits.price({ request_price = 5 }, 40 * GIB))
    assert.equal(5 + 7 + 11, limits.price({ request_price = 5, gib_price = 7, egress_price = 11 }, GIB))
    assert.equal(1, limits.price({ gib_price = 7 }, 1))
    assert.equal(2.5e6 * 40000, limits.price({ gib_price = 2.5e6 }, 40000 * GIB))
  end)

  it("is taken as long as there is enough: to the last billionth", function()
    local left = budget({ money = 30 })
    assert.is_nil(limits.take(left, 1, 10))
    assert.is_nil(limits.take(left, 1, 20))
    assert.equal(0, left.money)
    assert.is_nil(limits.take(left, 1, 0))
    assert.truthy(limits.take(left, 1, 1):find("^cap"))
    assert.equal(0, left.money)
  end)
end)

describe("limits of a restore: rates", function()
  it("leave a second's worth at the most", function()
    assert.equal(10, limits.level({ level = 0, at = 0 }, 10, 1000))
    assert.equal(5, limits.level({ level = 0, at = 100 }, 10, 100.5))
    assert.equal(7, limits.level({ level = 2, at = 100 }, 10, 100.5))
  end)

  it("of less than one a second let one pass when it is time", function()
    assert.equal(1, limits.level({ level = 0, at = 0 }, 0.1, 1000))
    assert.equal(0.5, limits.level({ level = 0, at = 100 }, 0.1, 105))
  end)

  it("are not moved by a clock that goes back", function()
    assert.equal(3, limits.level({ level = 3, at = 100 }, 10, 50))
  end)

  it("may be none", function()
    assert.equal(math.huge, limits.level({ level = 0, at = 0 }, nil, 0))
  end)

  it("are halved by a throttling, grow by a twentieth a minute, and are whole again in time", function()
    assert.equal(0.5, limits.throttled(1))
    assert.is_true(math.abs(limits.factor(0.5, 0, 60) - 0.525) < 1e-9)
    assert.equal(1, limits.factor(0.5, 0, 3600))
    assert.equal(0.5, limits.factor(0.5, 100, 50))
    assert.equal(1, limits.factor(0.01, 0, 1e9))
    local factor = 1
    for _ = 1, 100 do
      factor = limits.throttled(factor)
    end
    assert.is_true(factor > 0)
  end)

  it("let no more pass than there are tokens, and one archive that is larger than what is left", function()
    local left = budget({ starts = 1.5 })
    assert.is_nil(limits.take(left, 1, 0))
    assert.truthy(limits.take(left, 1, 0):find("^rate"))
    left = budget({ bytes = 1 })
    assert.is_nil(limits.take(left, 1000, 0))
    assert.equal(-999, left.bytes)
    assert.truthy(limits.take(left, 1, 0):find("^rate"))
  end)
end)

describe("limits of a restore: what can be fetched and held", function()
  it("is a window by the workers' rate, and one for whom nobody has measured", function()
    assert.equal(64 * GIB, limits.window(nil))
    assert.equal(64 * GIB, limits.window(0))
    assert.equal(1e9 * 16 * 3600, limits.window(1e9))
    assert.is_true(limits.window(1) >= GIB)
  end)

  it("lets an archive pass that is larger than the window, but alone", function()
    assert.is_nil(limits.take(budget({ window = 1, staged = 0 }), 1000, 0))
    assert.truthy(limits.take(budget({ window = 1, staged = 5 }), 1000, 0):find("^window"))
  end)

  it("lets none pass that the disk does not hold", function()
    local left = budget({ disk = 100 })
    assert.is_nil(limits.take(left, 60, 0))
    assert.truthy(limits.take(left, 60, 0):find("^disk"))
    assert.is_nil(limits.take(left, 40, 0))
  end)

  it("takes nothing of a budget for what does not fit", function()
    for name in pairs({ money = 1, starts = 1, window = 1, disk = 1 }) do
      local left = budget({ [name] = 0 })
      local before = budget({ [name] = 0 })
      assert.is_string(limits.take(left, 10, 10))
      assert.same(before, left)
    end
  end)
end)
