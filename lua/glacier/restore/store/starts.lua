--- The starter's transactions: what is intended, and what became of that.

local limits = require("glacier.restore.limits")
local roles = require("glacier.restore.store.roles")
local rows = require("glacier.restore.store.rows")
local settings_of = require("glacier.restore.store.settings")
local tally = require("glacier.restore.store.tally")

local ipairs = ipairs
local max, min = math.max, math.min

local starts = {
  --- Seconds from an intent on in which its request may be sent.
  SEND_SECONDS = 60,

  --- Archives that are given up after so many failures.
  MOST_FAILURES = 5,
}

-- Seconds until an archive that has failed is tried again: doubled each time.
local FIRST_PAUSE, LONGEST_PAUSE = 60, 3600

-- Seconds after a throttling in which others are taken for the same one.
local THROTTLED_SECONDS = 10

local WAITING = "SELECT a.seq AS seq, a.archive_id AS archive_id, " ..
  rows.texts({ "size" }, "a") .. " FROM archive a WHERE a.seq > ? AND " ..
  "NOT EXISTS (SELECT 1 FROM work w WHERE w.seq = a.seq) AND " ..
  "NOT EXISTS (SELECT 1 FROM done d WHERE d.seq = a.seq) ORDER BY a.seq LIMIT ?"
local AGAIN = "SELECT w.seq AS seq, w.attempt AS attempt, a.archive_id AS archive_id, " ..
  rows.texts({ "size" }, "a") .. " FROM work w JOIN archive a ON a.seq = w.seq " ..
  "WHERE w.state = 'again' AND w.due <= ? AND w.after_survey <= ? ORDER BY w.due, w.seq LIMIT ?"

---@class glacier.Intent
---@field seq integer
---@field archive_id string
---@field size number
---@field attempt integer
---@field send_until number  no signature is later

-- Those that may be next: who was started already goes first.
local function candidates(tx, settings, now, most)
  local list = tx:rows(AGAIN, now, settings_of.survey(tx).whole_number, most)
  if #list < most then
    for _, row in ipairs(tx:rows(WAITING, settings.cursor, most - #list)) do
      list[#list + 1] = row
    end
  end
  for _, row in ipairs(list) do
    rows.numbers(row, { "seq", "size", "attempt" })
  end
  return list
end

local function bucket(tx, name)
  return rows.numbers(tx:row("SELECT " .. rows.texts({ "level", "at" }) ..
    " FROM bucket WHERE name = ?", name), { "level", "at" })
end

-- What may be spent now.
local function budget_of(tx, settings, sums, now, free)
  local factor = limits.factor(settings.factor, settings.factor_at, now)
  local _, rate = roles.workers(tx, now)
  return {
    cap = settings.cap, money = settings.cap - sums.reserved, staged = sums.bytes_staged,
    starts = limits.level(bucket(tx, "starts"), settings.starts_rate * factor, now),
    bytes = limits.level(bucket(tx, "bytes"), settings.bytes_rate, now),
    window = limits.window(rate) - sums.bytes_staged, disk = free - sums.bytes_staged,
  }
end

local function note_intent(tx, row, now, price)
  local send_until = now + starts.SEND_SECONDS
  if row.attempt then
    tx:execute("UPDATE work SET state = 'intended', due = ?, attempt = attempt + 1, " ..
      "reserved = ?, job_id = NULL, started_at = NULL, expires_at = NULL WHERE seq = ?", send_until,
      price, row.seq)
  else
    tx:execute("INSERT INTO work (seq, state, due, attempt, reserved, failures, wrong_hashes, " ..
      "after_survey, seen, epoch, lease_until) VALUES (?, 'intended', ?, 1, ?, 0, 0, 0, 0, 0, 0)",
      row.seq, send_until, price)
  end
  return { seq = row.seq, archive_id = row.archive_id, size = row.size,
    attempt = (row.attempt or 0) + 1, send_until = send_until }
end

-- Takes as many of the candidates as the budget has room for.
local function take(tx, settings, list, budget, now)
  local intents, changes, reason, what = {}, {}, nil, nil
  local cursor = settings.cursor
  for _, row in ipairs(list) do
    local price = limits.price(settings, row.size)
    reason, what = limits.take(budget, row.size, price)
    if reason then
      break
    end
    intents[#intents + 1] = note_intent(tx, row, now, price)
    tally.move(changes, row.attempt and "again" or nil, "intended", row.size)
    tally.reserve(changes, price)
    cursor = max(cursor, row.attempt and 0 or row.seq)
  end
  tally.add(tx, changes)
  if cursor ~= settings.cursor then
    tx:execute("UPDATE restore SET cursor = ? WHERE id = 1", cursor)
  end
  return intents, reason, what
end

local function keep_level(tx, name, level, now)
  tx:execute("UPDATE bucket SET level = ?, at = ? WHERE name = ?", level, now, name)
end

-- Why nothing is next though something is to be started again.
local function unlisted(tx)
  local row = tx:row("SELECT 1 AS one FROM work WHERE state = 'again' AND after_survey > " ..
    "(SELECT whole_number FROM survey WHERE id = 1) LIMIT 1")
  return row and "survey: what is to be started again waits for the list of the vault's jobs"
end

--- Commits the intent to start what may be started next. Nothing of it is sent
--- before this has returned.
---@param db glacier.Database
---@param role {owner: string, epoch: number}  the starter's
---@param now number
---@param free number   bytes free on the disk
---@param most integer  archives at a time
---@return glacier.Intent[]|false|nil intents  none: `what` says why, or nothing
--- is due; false: the role is lost
---@return "cap"|"rate"|"window"|"disk"|glacier.Error|nil what  stands in the way
function starts.intend(db, role, now, free, most)
  return db:transaction(function(tx)
    local settings = settings_of.read(tx, db.dialect.for_update)
    if not roles.keep(tx, "starter", role.owner, role.epoch, now) then
      return false
    end
    local reason = settings.paused and "paused: `resume` goes on" or
      not settings.cap and "cap: there is none; `limit` sets it" or
      settings.starts_after > now and settings.standstill or nil
    local intents, what = {}, nil
    if not reason then
      local list = candidates(tx, settings, now, most)
      local budget = budget_of(tx, settings, settings_of.sums(tx), now, free)
      if #list > 0 then
        intents, reason, what = take(tx, settings, list, budget, now)
      else
        reason = unlisted(tx)
      end
      if #intents > 0 then
        keep_level(tx, "starts", budget.starts, now)
        if settings.bytes_rate then
          keep_level(tx, "bytes", budget.bytes, now)
        end
      end
    end
    local shown = #intents == 0 and reason or nil
    settings_of.stand_still(tx, settings.standstill, shown)
    return intents, what
  end)
end

--- Takes down why the starter starts nothing yet.
---@param db glacier.Database
---@param role {owner: string, epoch: number}
---@param now number
---@param reason string
---@return boolean? kept  false: the role is lost
---@return glacier.Error? err
function starts.wait(db, role, now, reason)
  return db:transaction(function(tx)
    if not roles.keep(tx, "starter", role.owner, role.epoch, now) then
      return false
    end
    local settings = settings_of.read(tx, db.dialect.for_update)
    if settings.starts_after <= now then
      settings_of.stand_still(tx, settings.standstill, reason)
    end
    return true
  end)
end

--- Takes down that jobs are there. What somebody else has found out meanwhile stays.
---@param db glacier.Database
---@param list {seq: integer, attempt: integer, job_id: string, size: number}[]
---@param now number
---@return true?
---@return glacier.Error? err
function starts.started(db, list, now)
  return db:transaction(function(tx)
    local changes = {}
    for _, one in ipairs(list) do
      if tx:execute("UPDATE work SET state = 'started', job_id = ?, started_at = ?, due = ? " ..
        "WHERE seq = ? AND attempt = ? AND state = 'intended'", one.job_id, now, now, one.seq,
        one.attempt) == 1 then
        tally.move(changes, "intended", "started", one.size)
      end
    end
    tally.add(tx, changes)
    return true
  end)
end

--- When an archive that has failed so often is tried again; nil: never.
---@param failures integer
---@param now number
---@return number?
function starts.next_try(failures, now)
  if failures >= starts.MOST_FAILURES then
    return nil
  end
  return now + min(FIRST_PAUSE * 2 ^ (failures - 1), LONGEST_PAUSE)
end

--- Takes down that the service surely has not taken a request: the money goes back.
---@param db glacier.Database
---@param intent glacier.Intent
---@param now number
---@param outcome {state: "again"|"gone"|"fault", pause: number?, message: string?}
--- again: it was not the archive's fault; fault: it was; gone: it is there no more
---@return true?
---@return glacier.Error? err
function starts.not_taken(db, intent, now, outcome)
  return db:transaction(function(tx)
    local row = tx:row("SELECT failures, " .. rows.texts({ "reserved" }) .. " FROM work WHERE " ..
      "seq = ? AND attempt = ? AND state = 'intended' " .. db.dialect.for_update, intent.seq,
      intent.attempt)
    if not row then
      return true
    end
    rows.numbers(row, { "reserved" })
    local failures = row.failures + (outcome.state == "fault" and 1 or 0)
    local due = outcome.state ~= "fault" and now + (outcome.pause or 0) or
      starts.next_try(failures, now)
    local state = outcome.state == "gone" and "gone" or due and "again" or "failed"
    tx:execute("UPDATE work SET state = ?, due = ?, failures = ?, reserved = 0, last_error = ? " ..
      "WHERE seq = ?", state, due or now, failures, outcome.message, intent.seq)
    local changes = {}
    tally.move(changes, "intended", state, intent.size)
    tally.reserve(changes, -row.reserved)
    tally.add(tx, changes)
    return true
  end)
end

--- Starts nothing for some time.
---@param db glacier.Database
---@param until_ number  epoch seconds
---@param reason string
---@return true?
---@return glacier.Error? err
function starts.pause(db, until_, reason)
  return db:transaction(function(tx)
    tx:execute("UPDATE restore SET starts_after = ?, standstill = ? WHERE id = 1", until_, reason)
    return true
  end)
end

--- Halves the pace, which grows again by itself. Answers of about the same moment are
--- one throttling: requests that were sent side by side tell of the same pace.
---@param db glacier.Database
---@param now number
---@return true?
---@return glacier.Error? err
function starts.throttled(db, now)
  return db:transaction(function(tx)
    local settings = settings_of.read(tx, db.dialect.for_update)
    if settings.factor < 1 and now - settings.factor_at < THROTTLED_SECONDS then
      return true
    end
    local factor = limits.factor(settings.factor, settings.factor_at, now)
    tx:execute("UPDATE restore SET factor = ?, factor_at = ? WHERE id = 1",
      limits.throttled(factor), now)
    return true
  end)
end

return starts
