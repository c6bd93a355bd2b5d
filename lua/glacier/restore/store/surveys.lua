--- The surveyor's transactions: what a listing of the vault's jobs shows, and what
-- a whole one does not show.

local description = require("glacier.restore.store.description")
local limits = require("glacier.restore.limits")
local roles = require("glacier.restore.store.roles")
local rows = require("glacier.restore.store.rows")
local settings_of = require("glacier.restore.store.settings")
local starts = require("glacier.restore.store.starts")
local tally = require("glacier.restore.store.tally")
local verdict_of = require("glacier.restore.verdict")

local ipairs = ipairs

local surveys = {
  --- Seconds after the last moment of a request until it can have no effect any
  --- more: its signature is too old for the service, and its job is in the list.
  FENCE_SECONDS = 900,
}

-- A job is listed for so many seconds after it was made, at the least: for a day
-- after its end, or so.
local LISTED_SECONDS = 20 * 3600

local ROW = { "seq", "due", "attempt", "failures", "after_survey", "seen", "lease_until",
  "started_at", "expires_at", "size" }

local BY_ARCHIVE = "SELECT w.state AS state, w.job_id AS job_id, d.at AS done_at, " ..
  rows.texts({ "seq", "size" }, "a") .. ", " ..
  rows.texts({ "due", "attempt", "failures", "after_survey", "seen", "lease_until", "started_at",
    "expires_at" }, "w") ..
  " FROM archive a LEFT JOIN work w ON w.seq = a.seq LEFT JOIN done d ON d.seq = a.seq " ..
  "WHERE a.archive_id = ?"

-- What a survey is for: jobs it may tell of; and outputs that have lapsed, or
-- archives that start again, for which it has to come to its end.
local PURPOSE = "SELECT cast(t.intended + t.started AS text) AS pending, " ..
  "cast(b.at AS text) AS started_at, " ..
  "(SELECT count(*) FROM (SELECT 1 FROM work WHERE state = 'ready' AND due <= ? LIMIT 1) a) + " ..
  "(SELECT count(*) FROM (SELECT 1 FROM work WHERE state = 'again' AND after_survey > ? " ..
  "LIMIT 1) c) AS waiting FROM tally t, bucket b WHERE t.id = 1 AND b.name = 'starts'"

--- The survey that is under way, or was last, and what one is for.
---@param db glacier.Database
---@param now number
---@return glacier.Survey?
---@return glacier.Error? err
function surveys.last(db, now)
  return db:read(function(tx)
    local survey = settings_of.survey(tx)
    local row = tx:row(PURPOSE, now - surveys.FENCE_SECONDS, survey.whole_number)
    rows.numbers(row, { "pending", "started_at", "waiting" })
    survey.pending, survey.started_at, survey.waiting = row.pending, row.started_at, row.waiting
    return survey
  end)
end

--- Asks for a survey that begins at a moment or later.
---@param db glacier.Database
---@param at number
---@return true?
---@return glacier.Error? err
function surveys.want(db, at)
  return db:transaction(function(tx)
    tx:execute("UPDATE survey SET wanted = ? WHERE id = 1 AND wanted < ?", at, at)
    return true
  end)
end

--- Begins a survey, or goes on with one that somebody has left.
---@param db glacier.Database
---@param role {owner: string, epoch: number}  the surveyor's
---@param now number
---@param is_new boolean?  one that is under way is left
---@return glacier.Survey|false|nil  false: the role is lost
---@return glacier.Error? err
function surveys.begin(db, role, now, is_new)
  return db:transaction(function(tx)
    if not roles.keep(tx, "surveyor", role.owner, role.epoch, now) then
      return false
    end
    local survey = settings_of.survey(tx)
    if survey.is_open ~= 1 or is_new then
      tx:execute("UPDATE survey SET number = number + 1, began = ?, is_open = 1, marker = NULL " ..
        "WHERE id = 1", now)
      survey = settings_of.survey(tx)
    end
    return survey
  end)
end

-- What is to be reserved for a job that is taken up. A job of an attempt that the
-- store does not know was started after the backup to which it was set back: this
-- restore has paid for it. That may come to more than a cap that was raised since,
-- of which it does not know either; then nothing more is started. Others pay for
-- theirs.
local function price_of(settings, row, job)
  local seq, attempt = description.read(settings.plan, job.description)
  if seq ~= row.seq or attempt <= row.attempt then
    return 0, row.attempt
  end
  return limits.price(settings, row.size), attempt
end

local ACTIONS = {}

-- A good job: whoever has started it, it is ours to wait for.
function ACTIONS.adopt(tx, row, job, survey, changes, _, settings)
  local price, attempt = price_of(settings, row, job)
  tally.reserve(changes, price)
  local to = job.is_ready and "ready" or "started"
  if row.state then
    tx:execute("UPDATE work SET state = ?, due = ?, job_id = ?, started_at = ?, expires_at = ?, " ..
      "seen = ?, attempt = ?, reserved = reserved + ?, owner = NULL, lease_until = 0 WHERE seq = ?",
      to, job.is_ready and job.expires or job.created, job.id, job.created, job.expires,
      survey.number, attempt, price, row.seq)
  else
    tx:execute("INSERT INTO work (seq, state, due, attempt, reserved, job_id, started_at, " ..
      "expires_at, failures, wrong_hashes, after_survey, seen, epoch, lease_until) " ..
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, 0, 0)", row.seq, to,
      job.is_ready and job.expires or job.created, attempt, price, job.id, job.created, job.expires,
      survey.number)
  end
  tally.move(changes, row.state, to, row.size)
end

function ACTIONS.ready(tx, row, job, survey, changes)
  tx:execute("UPDATE work SET state = 'ready', due = ?, expires_at = ?, seen = ? WHERE seq = ?",
    job.expires, job.expires, survey.number, row.seq)
  tally.move(changes, "started", "ready", row.size)
end

function ACTIONS.seen(tx, row, _, survey)
  tx:execute("UPDATE work SET seen = ? WHERE seq = ?", survey.number, row.seq)
end

-- What was paid for it stays paid. It is not started again before the next survey
-- is at its end: as long as it had this job, another one, which may be good, was not
-- taken up from the pages before.
local function fail(tx, row, message, survey, now, changes)
  local failures = row.failures + 1
  local due = starts.next_try(failures, now)
  local state = due and "again" or "failed"
  tx:execute("UPDATE work SET state = ?, due = ?, failures = ?, after_survey = ?, reserved = 0, " ..
    "owner = NULL, lease_until = 0, last_error = ? WHERE seq = ?", state, due or now, failures,
    survey.number + 1, message, row.seq)
  tally.move(changes, row.state, state, row.size)
end

function ACTIONS.failed(tx, row, job, survey, changes, now)
  fail(tx, row, job.message or "the job has failed", survey, now, changes)
end

-- A job that has failed of which nothing is known: the store was set back, and the
-- job was paid for.
local function learn(tx, row, job, survey, changes, now, settings)
  local price, attempt = price_of(settings, row, job)
  if price == 0 then
    return
  elseif row.state then
    tx:execute("UPDATE work SET attempt = ? WHERE seq = ?", attempt, row.seq)
  else
    tx:execute("INSERT INTO work (seq, state, due, attempt, reserved, failures, wrong_hashes, " ..
      "after_survey, seen, epoch, lease_until) VALUES (?, 'again', ?, ?, 0, 1, 0, ?, 0, 0, 0)",
      row.seq, starts.next_try(1, now), attempt, survey.number + 1)
    tally.move(changes, nil, "again", row.size)
  end
  tally.reserve(changes, price)
end

-- Deals with one job of a page.
local function judge(tx, job, survey, changes, now, settings)
  local row = tx:row(BY_ARCHIVE, job.archive_id)
  if not row then
    return
  end
  rows.numbers(row, ROW)
  row.attempt = row.attempt or 0
  row.state = row.done_at and "done" or row.state
  local action = verdict_of(row, job, now)
  if action then
    ACTIONS[action](tx, row, job, survey, changes, now, settings)
  elseif job.has_failed and (not row.state or row.state == "again") then
    learn(tx, row, job, survey, changes, now, settings)
  end
end

--- Commits one page of a listing.
---@param db glacier.Database
---@param role {owner: string, epoch: number}
---@param survey glacier.Survey
---@param jobs glacier.ListedJob[]
---@param marker string?  of the next page; nil: this was the last
---@param now number
---@return boolean?  false: the role is lost, or another survey has begun
---@return glacier.Error? err
function surveys.page(db, role, survey, jobs, marker, now)
  return db:transaction(function(tx)
    if not roles.keep(tx, "surveyor", role.owner, role.epoch, now) or
      tx:execute("UPDATE survey SET marker = ? WHERE id = 1 AND number = ? AND is_open = 1", marker,
        survey.number) == 0 then
      return false
    end
    local changes, settings = {}, settings_of.read(tx)
    for _, job in ipairs(jobs) do
      judge(tx, job, survey, changes, now, settings)
    end
    tally.add(tx, changes)
    return true
  end)
end

-- Rows that one transaction changes at the end of a survey.
local AT_A_TIME = 1000

local function select(tx, condition, ...)
  local list = tx:rows("SELECT w.state AS state, w.failures AS failures, " ..
    rows.texts({ "seq", "due", "reserved" }, "w") .. ", " .. rows.texts({ "size" }, "a") ..
    " FROM work w JOIN archive a ON a.seq = w.seq WHERE " .. condition .. " LIMIT " .. AT_A_TIME,
    ...)
  for _, row in ipairs(list) do
    rows.numbers(row, { "seq", "due", "reserved", "size" })
  end
  return list
end

-- What a whole listing means to those whom it does not show, by their state: which
-- ones, and what becomes of one. It changes their state, so that each is met once.
local ENDS = {
  -- Doubt ends: of these there is no job, nor will there be. Was it too long ago, a
  -- job may have been made, have ended and have left the list: what was reserved
  -- for it stays spent.
  {
    select = function(tx, survey)
      return select(tx, "w.state = 'intended' AND w.due <= ?",
        survey.began - surveys.FENCE_SECONDS)
    end,
    act = function(tx, row, survey, now, changes)
      tx:execute("UPDATE work SET state = 'again', due = ?, reserved = 0 WHERE seq = ?", now,
        row.seq)
      tally.move(changes, "intended", "again", row.size)
      if survey.began - row.due <= LISTED_SECONDS then
        tally.reserve(changes, -row.reserved)
      end
    end,
  },
  -- Jobs that have been there long enough to be listed, and are not.
  {
    select = function(tx, survey)
      return select(tx, "w.state = 'started' AND w.started_at <= ? AND w.seen < ?",
        survey.began - surveys.FENCE_SECONDS, survey.number)
    end,
    act = function(tx, row, survey, now, changes)
      fail(tx, row, "the service does not know the job any more", survey, now, changes)
    end,
  },
  -- Outputs that nobody has fetched in time.
  {
    select = function(tx, _, now)
      return select(tx, "w.state = 'ready' AND w.due <= ? AND w.lease_until <= ?",
        now - surveys.FENCE_SECONDS, now)
    end,
    act = function(tx, row, survey, now, changes)
      tx:execute("UPDATE work SET state = 'again', due = ?, after_survey = ?, reserved = 0 " ..
        "WHERE seq = ?", now, survey.number + 1, row.seq)
      tally.move(changes, "ready", "again", row.size)
    end,
  },
}

-- Deals with some of each kind; true: there may be more.
local function end_some(tx, survey, now)
  local changes, is_more = {}, false
  for _, what in ipairs(ENDS) do
    local list = what.select(tx, survey, now)
    for _, row in ipairs(list) do
      what.act(tx, row, survey, now, changes)
    end
    is_more = is_more or #list == AT_A_TIME
  end
  tally.add(tx, changes)
  return is_more
end

local function is_open(tx, survey)
  local found = settings_of.survey(tx)
  return found.number == survey.number and found.is_open == 1
end

--- Commits that a listing was read to its end: what it does not show is not there.
---@param db glacier.Database
---@param role {owner: string, epoch: number}
---@param survey glacier.Survey
---@param now number
---@return boolean?  false: the role is lost, or another survey has begun
---@return glacier.Error? err
function surveys.finish(db, role, survey, now)
  local done, err
  repeat
    done, err = db:transaction(function(tx)
      if not roles.keep(tx, "surveyor", role.owner, role.epoch, now) or not is_open(tx, survey) then
        return false
      elseif end_some(tx, survey, now) then
        return "more"
      end
      tx:execute("UPDATE survey SET is_open = 0, marker = NULL, whole_number = number, " ..
        "whole_began = began, lasted = ? - began WHERE id = 1", now)
      return true
    end)
  until done ~= "more"
  return done, err
end

return surveys
