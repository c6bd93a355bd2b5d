-- The meter: rate, eta, how often who watches is told.

local meter_of = require("glacier.job.meter")

local function new(fields)
  local world = { time = 100, events = {} }
  world.meter = meter_of.new(function() return world.time end, function(event)
    event.at = world.time
    world.events[#world.events + 1] = event
  end, fields)
  function world.last()
    return world.events[#world.events]
  end
  return world
end

-- Bytes at a pace, in pieces of a hundredth of a second.
local function run(world, seconds, rate)
  for _ = 1, seconds * 100 do
    world.time = world.time + 0.01
    world.meter:add(rate / 100)
  end
end

local function near(expected, value, share)
  return math.abs(value - expected) <= (share or 0.02) * expected
end

describe("the meter", function()
  it("tells the first event at once, then at most two a second, and the last always", function()
    local world = new({ phase = "downloading", total = 1000 })
    world.meter:add(1)
    assert.equal(1, #world.events)
    run(world, 10, 50)
    assert.is_true(#world.events >= 19 and #world.events <= 21, #world.events)
    for i = 2, #world.events do
      assert.is_true(world.events[i].at - world.events[i - 1].at >= 0.5)
    end
    local count = #world.events
    world.meter:finish()
    assert.equal(count + 1, #world.events)
    assert.is_true(world.last().done)
    assert.is_true(near(501, world.last().bytes))
    world.meter:finish()
    world.meter:add(5)
    world.meter:set({ phase = "more" })
    assert.equal(count + 1, #world.events)
  end)

  it("measures by a window of ten seconds", function()
    local world = new({ phase = "downloading", bytes = 0, total = 20000 })
    run(world, 20, 100)
    assert.is_true(near(100, world.last().rate))
    assert.is_true(near((20000 - 2000) / 100, world.last().eta))
    run(world, 11, 1000)
    assert.is_true(near(1000, world.last().rate))
    run(world, 5, 100)
    assert.is_true(near(550, world.last().rate, 0.1))
    world.meter:finish()
    -- At the end that of all: 13,500 bytes in 36 seconds.
    assert.is_true(near(13500 / 36, world.last().rate))
  end)

  it("shows a standstill", function()
    local world = new({ phase = "downloading", bytes = 0, total = 20000 })
    run(world, 5, 100)
    for _ = 1, 30 do
      world.time = world.time + 0.5
      world.meter:tick()
    end
    assert.equal(0, world.last().rate)
    assert.is_nil(world.last().eta)
  end)

  it("knows no rate at first, and no eta without a total", function()
    local world = new({ phase = "downloading" })
    world.meter:add(1000000)
    assert.is_nil(world.last().rate)
    assert.is_nil(world.last().eta)
    run(world, 2, 100)
    assert.is_number(world.last().rate)
    assert.is_nil(world.last().eta)
    local early = new({ phase = "downloading", bytes = 0, total = 10 })
    early.meter:add(10)
    assert.equal(0, early.last().eta)
  end)

  it("does not count what was there already, nor what is taken back", function()
    local world = new({ phase = "downloading", bytes = 5000000, total = 5010000 })
    run(world, 5, 100)
    assert.is_true(near(100, world.last().rate))
    world.meter:set({ bytes = 9000000, total = 9010000 })
    run(world, 1, 100)
    assert.is_true(near(100, world.last().rate))
    world.meter:set({ bytes = 0 })
    run(world, 1, 100)
    assert.is_true(near(100, world.last().rate))
    assert.is_true(near(100, world.last().bytes, 0.6))
  end)

  it("begins anew with another phase, and tells its fields", function()
    local world = new({ phase = "verifying", bytes = 0, total = 1000 })
    run(world, 5, 100)
    world.meter:set({ phase = "downloading", bytes = 0, expires = 7, extra = "x" })
    run(world, 2, 10)
    local event = world.last()
    assert.is_true(near(10, event.rate, 0.05))
    assert.equal(7, event.expires)
    assert.equal("x", event.extra)
    assert.equal("downloading", event.phase)
    event.bytes = "broken"
    run(world, 2, 10)
    assert.is_true(near(40, world.last().bytes, 0.2))
  end)

  it("knows no rate at the end of a phase in which nothing moved", function()
    local world = new({ phase = "downloading", bytes = 0, total = 500 })
    run(world, 5, 100)
    world.meter:set({ phase = "saving" })
    world.time = world.time + 2
    world.meter:finish()
    assert.equal("saving", world.last().phase)
    assert.is_true(near(500, world.last().bytes))
    assert.is_nil(world.last().rate)
  end)

  it("tells an error", function()
    local world = new({ phase = "downloading" })
    world.meter:finish("e")
    assert.equal("e", world.last().err)
  end)

  it("costs nobody anything where nobody is told", function()
    local meter = meter_of.new(function() error("asked") end and os.time, nil, { phase = "x" })
    for _ = 1, 1000 do
      meter:add(1)
    end
    meter:set({ phase = "y" })
    meter:finish()
    assert.equal(1000, meter.fields.bytes)
  end)

  it("lets through what is raised, and goes on after that", function()
    local time, raises, told = 0, true, 0
    local meter = meter_of.new(function() return time end, function()
      told = told + 1
      if raises then
        error("mine", 0)
      end
    end, { phase = "x" })
    local ok, err = pcall(meter.add, meter, 1)
    assert.is_false(ok)
    assert.equal("mine", err)
    raises, time = false, 1
    meter:add(1)
    meter:finish()
    assert.equal(3, told)
    assert.equal(2, meter.fields.bytes)
  end)
end)
