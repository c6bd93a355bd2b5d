-- A store that was set back to a backup took up the jobs that were started since, and
-- reserved nothing for them: what they had cost was spent a second time.

local description = require "glacier.restore.store.description"
local planned = require "spec.support.planned_store"

describe("a job that the store was made to forget", function()
  local NOW = planned.NOW
  local db

  if not planned.is_possible then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    db = planned.open(3)
  end)

  after_each(function()
    db:close()
  end)

  local function job(seq, attempt, changes)
    local one = planned.job(seq, NOW - 600, changes)
    one.description = one.description or
      description.format(planned.PLAN, { seq = seq, attempt = attempt })
    return one
  end

  it("is paid for by what is reserved when it is listed again", function()
    planned.survey(db, NOW, { { job(1, 1) }, { job(2, 1) } })
    assert.same({ "started", "started" }, planned.states(db))
    assert.equal(2, planned.reserved(db))
    planned.survey(db, NOW + 60, { { job(1, 1), job(2, 1) } })
    assert.equal(2, planned.reserved(db))
    assert.equal(1, #planned.intend(db, NOW + 60))
    assert.equal(3, planned.reserved(db))
  end)

  it("is paid for where it has failed, too", function()
    planned.survey(db, NOW, { { job(1, 1, { has_failed = true }) } })
    assert.same({ "again" }, planned.states(db))
    assert.equal(1, planned.reserved(db))
    planned.survey(db, NOW + 60, { { job(1, 1, { has_failed = true }) } })
    assert.equal(1, planned.reserved(db))
  end)

  it("is paid for as the next attempt of one that is known", function()
    assert.equal(3, #planned.intend(db, NOW - 700))
    planned.survey(db, NOW, { { job(1, 1), job(2, 2) } })
    assert.equal(4, planned.reserved(db))
    -- More than the cap is told as it is, and nothing more is started.
    planned.survey(db, NOW + 3600, { { job(1, 1), job(2, 2) } })
    assert.equal("again", planned.states(db)[3])
    assert.equal(3, planned.reserved(db))
    local intents, what = planned.intend(db, NOW + 3600)
    assert.same({ {}, "cap" }, { intents, what })
  end)

  it("is somebody else's where its description is, and costs nothing", function()
    for seq, text in ipairs { "glacier-restore q 1.1", "glacier-restore p 9.1", "photos" } do
      planned.survey(db, NOW + seq, { { job(seq, 1, { description = text }) } })
    end
    assert.same({ "started", "started", "started" }, planned.states(db))
    assert.equal(0, planned.reserved(db))
  end)
end)
