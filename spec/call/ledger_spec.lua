local ledger = require("glacier.call.ledger")

local JOBS = { { JobId = "J1" }, { JobId = "J2" } }
local POST = {}

local function call(body, changes)
  local one = { operation = POST, began = 0, waiting_since = 0, patience = 120,
    request = { path = "/-/vaults/v/jobs", body = body } }
  for key, value in pairs(changes or {}) do
    one[key] = value
  end
  return one
end

describe("the ledger of a client", function()
  it("tells the first job that no call was given", function()
    local book = ledger.new()
    assert.are.equal("J1", book:first_free(JOBS).JobId)
    book:give("J1", 0)
    assert.are.equal("J2", book:first_free(JOBS).JobId)
    book:give("J2", 0)
    assert.is_nil(book:first_free(JOBS))
    assert.is_nil(book:first_free({}))
  end)

  it("tells whether one was given since", function()
    local book = ledger.new()
    assert.is_false(book:taken_since(JOBS, 0))
    book:give("J2", 5)
    assert.is_true(book:taken_since(JOBS, 5))
    assert.is_false(book:taken_since(JOBS, 6))
  end)

  it("forgets what no call under way can meet any more", function()
    local book = ledger.new()
    for now = 1, 1000 do
      book:give("J" .. now, now)
      book:give("J" .. now, now)
    end
    assert.is_truthy(book.given["J1000"])
    assert.is_nil(book.given["J1"])
    assert.is_true(book.count <= 80, "kept " .. book.count)
  end)

  it("keeps what a call under way can meet", function()
    local book = ledger.new()
    local old = call("{}", { began = 5 })
    book:open(old)
    for now = 1, 1000 do
      book:give("J" .. now, now)
    end
    assert.is_truthy(book.given["J5"])
    book:close(old)
    for now = 1001, 3000 do
      book:give("J" .. now, now)
    end
    assert.is_nil(book.given["J5"])
  end)

  describe("waits for another call", function()
    local CASES = {
      { "for the same thing", call("{}"), true },
      { "not for another thing", call("{1}"), false },
      { "not of another operation", call("{}", { operation = {} }), false },
      { "not in another vault",
        call("{}", { request = { path = "/-/vaults/w/jobs", body = "{}" } }), false },
      { "not where it has its answer", call("{}", { waiting_since = false }), false },
      { "not where it began later", call("{}", { waiting_since = 2 }), false },
      { "where it began as the jobs were listed", call("{}", { waiting_since = 1 }), true },
      { "up to its patience", call("{}", { waiting_since = -118.5 }), true },
      { "not for ever", call("{}", { waiting_since = -119 }), false },
    }
    for _, case in ipairs(CASES) do
      it(case[1], function()
        local book = ledger.new()
        local mine = call("{}")
        book:open(mine)
        assert.is_false(book:awaits_twin(mine, 1, 1))
        book:open(case[2])
        assert.are.equal(case[3], book:awaits_twin(mine, 1, 1))
        book:close(case[2])
        assert.is_false(book:awaits_twin(mine, 1, 1))
      end)
    end
  end)
end)
