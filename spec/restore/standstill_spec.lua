-- Why nothing is started, as the starter's transactions leave it.

local planned = require "spec.support.planned_store"
local starts = require "glacier.restore.store.starts"

describe("a standstill", function()
  local NOW = planned.NOW
  local db

  if not planned.is_possible then
    return pending "LuaDBI is not installed for this Lua"
  end

  after_each(function()
    db:close()
  end)

  local function told()
    return db:row("SELECT standstill FROM restore").standstill
  end

  it("is of the rate, the cap, the disk, and is over when something is started", function()
    db = planned.open(3, { cap = 2 * planned.PRICE, starts_rate = 1 })
    assert.equal(1, #planned.intend(db, NOW))
    assert.is_nil(told())
    assert.equal("rate", select(2, planned.intend(db, NOW)))
    assert.matches("^rate: ", told())
    local role = planned.role(db, "starter", NOW + 2)
    local intents, what = starts.intend(db, role, NOW + 2, 9, 5)
    assert.same({ {}, "disk" }, { intents, what })
    assert.matches("^disk: the next archive has 5 bytes, and 4 are free", told())
    assert.equal(1, #planned.intend(db, NOW + 2))
    assert.is_nil(told())
    assert.equal("cap", select(2, planned.intend(db, NOW + 4)))
    assert.matches("^cap: ", told())
  end)

  it("is of a survey where the list of jobs comes first, but not where the service refuses",
    function()
      db = planned.open(1)
      local role = planned.role(db, "starter", NOW)
      assert.is_true(starts.wait(db, role, NOW, "survey: first"))
      assert.equal("survey: first", told())
      assert(starts.pause(db, NOW + 900, "policy: it is enforced"))
      assert.is_true(starts.wait(db, role, NOW, "survey: first"))
      assert.same({}, planned.intend(db, NOW + 899))
      assert.equal("policy: it is enforced", told())
      assert.is_false(starts.wait(db, { owner = "me", epoch = 99 }, NOW, "survey: first"))
    end)
end)
