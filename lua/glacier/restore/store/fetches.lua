--- The fetchers' transactions: whose a ready archive is, and what became of it.

local roles = require("glacier.restore.store.roles")
local rows = require("glacier.restore.store.rows")
local settings_of = require("glacier.restore.store.settings")
local starts = require("glacier.restore.store.starts")
local tally = require("glacier.restore.store.tally")

local ceil = math.ceil
local ipairs = ipairs

local fetches = {
  --- An archive whose bytes were wrong so often is given up.
  MOST_WRONG = 3,
}

-- Seconds until an archive is fetched again whose download has failed.
local PAUSE = 60

local GIB = 2 ^ 30

local CLAIMABLE = "SELECT seq FROM work WHERE state = 'ready' AND due > ? AND lease_until <= ? " ..
  "ORDER BY due, seq LIMIT ? "
local CLAIMED = "SELECT a.archive_id AS archive_id, a.tree_hash AS tree_hash, a.path AS path, " ..
  "w.job_id AS job_id, " .. rows.texts({ "seq", "epoch", "expires_at" }, "w") .. ", " ..
  rows.texts({ "size" }, "a") .. " FROM work w JOIN archive a ON a.seq = w.seq WHERE w.seq = ?"

---@class glacier.Fetch
---@field seq integer
---@field epoch number   of the lease
---@field archive_id string
---@field tree_hash string?
---@field path string    below the restore's folder
---@field size number
---@field job_id string
---@field expires_at number

-- Takes ready archives, that whose output goes first first.
local function claim(db, tx, owner, most, now)
  local list = {}
  for i, row in ipairs(tx:rows(CLAIMABLE .. db.dialect.skip_locked, now, now, most)) do
    tx:execute("UPDATE work SET owner = ?, epoch = epoch + 1, lease_until = ? WHERE seq = ?",
      owner, now + roles.FETCH_LEASE, row.seq)
    list[i] = rows.numbers(tx:row(CLAIMED, row.seq), { "seq", "epoch", "expires_at", "size" })
  end
  return list
end

-- Takes down that archives are there; one that is another's by now is left to it.
local function finish(tx, list, owner, now)
  local changes = {}
  for _, fetch in ipairs(list) do
    if tx:execute("DELETE FROM work WHERE seq = ? AND owner = ? AND epoch = ? AND " ..
      "state = 'ready'", fetch.seq, owner, fetch.epoch) == 1 then
      tx:execute("INSERT INTO done (seq, at) VALUES (?, ?)", fetch.seq, now)
      tally.move(changes, "ready", "done", fetch.size)
    end
  end
  tally.add(tx, changes)
end

--- Takes down that archives are there, verified, named and on the disk, and takes
--- others that are ready: that whose output goes first first.
---@param db glacier.Database
---@param owner string
---@param finished glacier.Fetch[]
---@param most integer  others
---@param now number
---@return glacier.Fetch[]?  the others
---@return glacier.Error? err
function fetches.turn(db, owner, finished, most, now)
  return db:transaction(function(tx)
    finish(tx, finished, owner, now)
    return most > 0 and claim(db, tx, owner, most, now) or {}
  end)
end

-- The row, if it still is this fetch's.
local function held(db, tx, fetch, owner)
  local row = tx:row("SELECT failures, wrong_hashes FROM work WHERE seq = ? AND owner = ? AND " ..
    "epoch = ? AND state = 'ready' " .. db.dialect.for_update, fetch.seq, owner, fetch.epoch)
  return row and rows.numbers(row, { "failures", "wrong_hashes" })
end

--- Gives an archive back, to be fetched again later.
---@param db glacier.Database
---@param fetch glacier.Fetch
---@param owner string
---@param now number
---@param message string?
---@return true?
---@return glacier.Error? err
function fetches.put_back(db, fetch, owner, now, message)
  return db:transaction(function(tx)
    tx:execute("UPDATE work SET owner = NULL, lease_until = ?, last_error = ? WHERE seq = ? AND " ..
      "owner = ? AND epoch = ?", message and now + PAUSE or 0, message, fetch.seq, owner,
      fetch.epoch)
    return true
  end)
end

-- What fetching it once more may cost, if that is within the cap.
local function pay_again(tx, settings, size, changes)
  local price = ceil((settings.egress_price or 0) * (size / GIB))
  local sums = settings_of.sums(tx)
  if settings.cap and sums.reserved + price > settings.cap then
    return false
  end
  tally.reserve(changes, price)
  return true
end

--- Takes down that the bytes of an archive are not what the inventory says: they
--- are fetched again, and given up at last; never is a new job paid for by that.
---@param db glacier.Database
---@param fetch glacier.Fetch
---@param owner string
---@param message string
---@return true?
---@return glacier.Error? err
function fetches.wrong(db, fetch, owner, message)
  return db:transaction(function(tx)
    local settings = settings_of.read(tx, db.dialect.for_update)
    local row = held(db, tx, fetch, owner)
    if not row then
      return true
    end
    local changes, count = {}, row.wrong_hashes + 1
    local state = count < fetches.MOST_WRONG and pay_again(tx, settings, fetch.size, changes) and
      "ready" or "failed"
    tx:execute("UPDATE work SET state = ?, wrong_hashes = ?, owner = NULL, lease_until = 0, " ..
      "last_error = ? WHERE seq = ?", state, count, message, fetch.seq)
    if state == "failed" then
      tally.move(changes, "ready", "failed", fetch.size)
    end
    tally.add(tx, changes)
    return true
  end)
end

--- Gives an archive up that can have no file here.
---@param db glacier.Database
---@param fetch glacier.Fetch
---@param owner string
---@param message string
---@return true?
---@return glacier.Error? err
function fetches.give_up(db, fetch, owner, message)
  return db:transaction(function(tx)
    if held(db, tx, fetch, owner) then
      tx:execute("UPDATE work SET state = 'failed', owner = NULL, lease_until = 0, " ..
        "last_error = ? WHERE seq = ?", message, fetch.seq)
      local changes = {}
      tally.move(changes, "ready", "failed", fetch.size)
      tally.add(tx, changes)
    end
    return true
  end)
end

--- Takes down that the output is gone. The archive is to be started again, once a
--- survey that begins from now on has shown no other good job.
---@param db glacier.Database
---@param fetch glacier.Fetch
---@param owner string
---@param now number
---@param message string
---@return true?
---@return glacier.Error? err
function fetches.lost(db, fetch, owner, now, message)
  return db:transaction(function(tx)
    local row = held(db, tx, fetch, owner)
    if not row then
      return true
    end
    local survey = settings_of.survey(tx)
    local failures = row.failures + 1
    local due = starts.next_try(failures, now)
    local state = due and "again" or "failed"
    tx:execute("UPDATE work SET state = ?, due = ?, failures = ?, after_survey = ?, " ..
      "reserved = 0, job_id = NULL, expires_at = NULL, owner = NULL, lease_until = 0, " ..
      "last_error = ? WHERE seq = ?", state, due or now, failures, survey.number + 1, message,
      fetch.seq)
    local changes = {}
    tally.move(changes, "ready", state, fetch.size)
    tally.add(tx, changes)
    return true
  end)
end

return fetches
