--- Stores of a restore with archives planned, and what its starter and surveyor
-- commit: for specs that look at one transition after another.

local database = require "glacier.restore.database"
local roles = require "glacier.restore.store.roles"
local schema = require "glacier.restore.store.schema"
local starts = require "glacier.restore.store.starts"
local surveys = require "glacier.restore.store.surveys"

local planned = {
  PRICE = 25000,     -- of an archive, billionths
  NOW = 1767225600,  -- when it was planned
  PLAN = "p",

  --- Whether such a store can be had: LuaDBI is installed for this Lua.
  is_possible = (pcall(require, "DBI")),
}

--- A store in memory.
---@param count integer  archives "a1" and so on, of 5 bytes
---@param columns table?  of `restore` that are otherwise; cap: as many prices as archives
---@return glacier.Database
function planned.open(count, columns)
  columns = columns or {}
  local db = assert(database.open(":memory:", function() end))
  assert(schema.make(db))
  assert(db:transaction(function(tx)
    for seq = 1, count do
      tx:execute("INSERT INTO archive (seq, archive_id, size, path) VALUES (?, ?, 5, ?)", seq,
        "a" .. seq, "x" .. seq)
    end
    return tx:execute("INSERT INTO restore (id, version, plan, vault, folder, archives, bytes, "
      .. "bad_rows, cursor, cap, request_price, starts_rate, factor, factor_at, paused, "
      .. "starts_after, planned_at) VALUES (1, 1, ?, 'v', '/x', ?, ?, 0, 0, ?, ?, ?, 1, ?, 0, "
      .. "0, ?)", planned.PLAN, count, 5 * count, columns.cap or count * planned.PRICE,
      planned.PRICE, columns.starts_rate or 10, planned.NOW, planned.NOW)
  end))
  return db
end

--- Takes a role.
---@return table role
function planned.role(db, name, now)
  return { owner = "me", epoch = assert(roles.take(db, name, "me", now, function() end)) }
end

--- Intends what may be started.
---@return table[] intents
---@return string? what  stands in the way
function planned.intend(db, now)
  return starts.intend(db, planned.role(db, "starter", now), now, 1e9, 50)
end

--- A whole survey.
---@param pages table[][]?  of jobs
function planned.survey(db, now, pages)
  local role = planned.role(db, "surveyor", now)
  local survey = assert(surveys.begin(db, role, now))
  for i, page in ipairs(pages or { {} }) do
    assert(surveys.page(db, role, survey, page, pages and pages[i + 1] and "more", now))
  end
  assert(surveys.finish(db, role, survey, now))
end

--- A job as a listing tells of it.
---@param seq integer       of the archive
---@param created number
---@param changes table?  members that are otherwise
function planned.job(seq, created, changes)
  local job = { id = ("J%d.%d"):format(seq, created), archive_id = "a" .. seq, created = created,
    is_ready = false, has_failed = false }
  for name, value in pairs(changes or {}) do
    job[name] = value
  end
  return job
end

--- The state of each archive that has one, by seq.
function planned.states(db)
  local found = {}
  for _, row in ipairs(assert(db:rows "SELECT seq, state FROM work")) do
    found[tonumber(row.seq)] = row.state
  end
  return found
end

--- What is reserved, in prices.
function planned.reserved(db)
  return tonumber(db:row("SELECT cast(reserved AS text) AS n FROM tally").n) / planned.PRICE
end

return planned
