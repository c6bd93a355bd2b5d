-- A request whose answer was lost, and that is looked for more than a day later: its
-- job may have been made, have ended, and have left the list by then. The money
-- reserved for it was given back, though it may have been spent.

local shell = require "spec.support.shell"

local has_dbi = pcall(require, "DBI")
local database = require "glacier.restore.database"
local roles = require "glacier.restore.store.roles"
local schema = require "glacier.restore.store.schema"
local starts = require "glacier.restore.store.starts"
local surveys = require "glacier.restore.store.surveys"

local HOUR, PRICE, NOW = 3600, 25000, 1767225600

describe("money reserved for what is in doubt", function()
  local folder, db

  if not has_dbi then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    folder = shell.folder()
    db = assert(database.open(folder .. "/store", function() end))
    assert(schema.make(db))
    assert(db:transaction(function(tx)
      tx:execute("INSERT INTO archive (seq, archive_id, size, path) VALUES (1, 'a', 5, 'x')")
      return tx:execute("INSERT INTO restore (id, version, plan, vault, folder, archives, bytes, " ..
        "bad_rows, cursor, cap, request_price, starts_rate, factor, factor_at, paused, " ..
        "starts_after, planned_at) VALUES (1, 1, 'p', 'v', '/x', 1, 5, 0, 0, ?, ?, 10, 1, ?, 0, " ..
        "0, ?)", 10 * PRICE, PRICE, NOW, NOW)
    end))
    local epoch = assert(roles.take(db, "starter", "me", NOW, function() end))
    assert.equal(1, #starts.intend(db, { owner = "me", epoch = epoch }, NOW, 1e9, 5))
  end)

  after_each(function()
    db:close()
    shell.remove(folder)
  end)

  -- What is reserved after a whole listing that shows no job.
  local function reserved_after(now)
    local role = { owner = "me", epoch = assert(roles.take(db, "surveyor", "me", now, function() end)) }
    local survey = assert(surveys.begin(db, role, now))
    assert.is_true(surveys.page(db, role, survey, {}, nil, now))
    assert.is_true(surveys.finish(db, role, survey, now))
    local row = db:row "SELECT state FROM work"
    return tonumber(db:row("SELECT cast(reserved AS text) AS n FROM tally").n), row.state
  end

  it("goes back where no job can be there", function()
    assert.same({ 0, "again" }, { reserved_after(NOW + HOUR) })
    assert.same({ 0, "again" }, { reserved_after(NOW + 30 * HOUR) })
  end)

  it("stays where a listing is too early to tell", function()
    assert.same({ PRICE, "intended" }, { reserved_after(NOW + 600) })
  end)

  for _, hours in ipairs { 21, 25, 1000 } do
    it("stays spent where the list may have forgotten a job, after " .. hours .. " hours", function()
      assert.same({ PRICE, "again" }, { reserved_after(NOW + hours * HOUR) })
    end)
  end
end)
