-- With no job on its way, none was listed any more: an output that had lapsed, or an
-- archive that waited for a listing before it could start again, waited for ever.

local database = require "glacier.restore.database"
local schema = require "glacier.restore.store.schema"
local surveys = require "glacier.restore.store.surveys"

local NOW = 1800000000

-- A store of one archive in a state, with all surveys at their end.
local function store_of(state, due, after_survey)
  local db = assert(database.open(":memory:", function() end))
  assert(schema.make(db))
  assert(db:transaction(function(tx)
    tx:execute("INSERT INTO archive (seq, archive_id, size, path) VALUES (1, 'A', 1, 'a')")
    tx:execute("INSERT INTO work (seq, state, due, attempt, reserved, failures, wrong_hashes, " ..
      "after_survey, seen, epoch, lease_until) VALUES (1, ?, ?, 1, 0, 0, 0, ?, 0, 0, 0)", state, due,
      after_survey)
    tx:execute("UPDATE survey SET number = 5, whole_number = 5")
    return true
  end))
  return db
end

local function waiting(...)
  local db = store_of(...)
  local survey = assert(surveys.last(db, NOW))
  db:close()
  assert.equal(0, survey.pending)
  return survey.waiting
end

describe("a survey is due where no job is on its way", function()
  it("for an output that has lapsed", function()
    assert.equal(1, waiting("ready", NOW - 901, 0))
    assert.equal(0, waiting("ready", NOW - 899, 0))
    assert.equal(0, waiting("ready", NOW + 3600, 0))
  end)

  it("for an archive that starts again after one", function()
    assert.equal(1, waiting("again", NOW, 6))
    assert.equal(0, waiting("again", NOW, 5))
  end)
end)
