-- A request whose answer was lost, and that is looked for more than a day later: its
-- job may have been made, have ended, and have left the list by then. The money
-- reserved for it was given back, though it may have been spent.

local planned = require "spec.support.planned_store"

local HOUR, NOW = 3600, planned.NOW

describe("money reserved for what is in doubt", function()
  local db

  if not planned.is_possible then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    db = planned.open(1, { cap = 10 * planned.PRICE })
    assert.equal(1, #planned.intend(db, NOW))
  end)

  after_each(function()
    db:close()
  end)

  -- What is reserved after a whole listing that shows no job.
  local function reserved_after(now)
    planned.survey(db, now)
    return planned.reserved(db), planned.states(db)[1]
  end

  it("goes back where no job can be there", function()
    assert.same({ 0, "again" }, { reserved_after(NOW + HOUR) })
    assert.same({ 0, "again" }, { reserved_after(NOW + 30 * HOUR) })
  end)

  it("stays where a listing is too early to tell", function()
    assert.same({ 1, "intended" }, { reserved_after(NOW + 600) })
  end)

  for _, hours in ipairs { 21, 25, 1000 } do
    it("stays spent where the list may have forgotten a job, after " .. hours .. " hours", function()
      assert.same({ 1, "again" }, { reserved_after(NOW + hours * HOUR) })
    end)
  end
end)
