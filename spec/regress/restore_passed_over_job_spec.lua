-- A listing passed over a good job of an archive that had another one, and showed
-- further on that this other one had failed: at its end the archive was started
-- again, and paid for twice.

local planned = require "spec.support.planned_store"

describe("an archive with two jobs", function()
  local NOW = planned.NOW
  local db

  if not planned.is_possible then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    db = planned.open(1, { cap = 10 * planned.PRICE })
  end)

  after_each(function()
    db:close()
  end)

  local function older()
    return planned.job(1, NOW - 1000)
  end

  local function newer(has_failed)
    return planned.job(1, NOW - 900, { has_failed = has_failed })
  end

  it("is not started again where the one fails and the other was passed over", function()
    planned.survey(db, NOW, { { newer() } })
    planned.survey(db, NOW + 60, { { older() }, { newer(true) } })
    assert.same({ "again" }, planned.states(db))
    assert.same({}, planned.intend(db, NOW + 600))
    assert.matches("^survey: ", db:row("SELECT standstill FROM restore").standstill)
    planned.survey(db, NOW + 660, { { older() }, { newer(true) } })
    assert.same({ "started" }, planned.states(db))
  end)

  it("is started again once a listing has shown no good one", function()
    planned.survey(db, NOW, { { newer() } })
    planned.survey(db, NOW + 60, { { newer(true) } })
    planned.survey(db, NOW + 660, { { newer(true) } })
    assert.equal(1, #planned.intend(db, NOW + 700))
  end)

  it("is missed only where a listing shows neither", function()
    planned.survey(db, NOW, { { newer() } })
    planned.survey(db, NOW + 3600, { { older() } })
    assert.same({ "again" }, planned.states(db))
    planned.survey(db, NOW + 3700, { { older() } })
    assert.same({ "started" }, planned.states(db))
  end)
end)
