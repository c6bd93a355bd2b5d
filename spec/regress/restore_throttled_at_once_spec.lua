-- Requests that were sent side by side and throttled together halved the pace once
-- each: ten of them left a thousandth of it, which took hours to grow again.

local planned = require "spec.support.planned_store"
local starts = require "glacier.restore.store.starts"

describe("throttling", function()
  local NOW = planned.NOW
  local db

  if not planned.is_possible then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    db = planned.open(1)
  end)

  after_each(function()
    db:close()
  end)

  local function factor()
    return tonumber(db:row("SELECT cast(factor AS text) AS n FROM restore").n)
  end

  it("of requests at the same time halves the pace once", function()
    for i = 0, 9 do
      assert(starts.throttled(db, NOW + i % 3))
    end
    assert.equal(0.5, factor())
  end)

  it("that goes on halves it again", function()
    assert(starts.throttled(db, NOW))
    assert(starts.throttled(db, NOW + 10))
    assert.is_true(factor() > 0.25 and factor() < 0.26, factor())
  end)
end)
