--- What the operator says: pause, resume, limit, retry.

local errors = require("glacier.errors")
local limits = require("glacier.restore.limits")
local rows = require("glacier.restore.store.rows")
local settings_of = require("glacier.restore.store.settings")
local tally = require("glacier.restore.store.tally")

local concat = table.concat
local ipairs, pairs = ipairs, pairs
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local operator = {}

-- Rows that one transaction changes.
local AT_A_TIME = 1000

-- Changes columns of the settings.
local function set(db, columns)
  local parts, values = {}, {}
  for name, value in pairs(columns) do
    parts[#parts + 1] = name .. " = ?"
    values[#values + 1] = value
  end
  return db:transaction(function(tx)
    if #parts > 0 and
      tx:execute("UPDATE restore SET " .. concat(parts, ", ") .. " WHERE id = 1",
        unpack(values)) == 0 then
      return settings_of.planned(tx)
    end
    return true
  end)
end

--- Ends all runs once what is on its way is fetched, and lets none begin.
---@param db glacier.Database
---@return true?
---@return glacier.Error? err
function operator.pause(db)
  return set(db, { paused = 1 })
end

--- Lets runs begin again.
function operator.resume(db)
  return set(db, { paused = 0 })
end

--- Changes what may be spent and how fast.
---@param db glacier.Database
---@param changes {cap: number?, starts_rate: number?, bytes_rate: number?}  in the
--- units of the store
---@return true?
---@return glacier.Error? err
function operator.limit(db, changes)
  local settings, err = db:read(settings_of.planned)
  if not settings then
    return nil, err
  elseif changes.cap and changes.cap < limits.MOST and
    not (settings.request_price or settings.gib_price or settings.egress_price) then
    return nil, errors.config("without prices a cap holds nothing back: they are part of `plan`",
      "NoPrices")
  end
  return set(db, changes)
end

-- Some of a state: those whose job is still good, and those that start again.
local function retry_some(db, state, now)
  return db:transaction(function(tx)
    local list = tx:rows("SELECT w.job_id AS job_id, " ..
      rows.texts({ "seq", "expires_at" }, "w") .. ", " .. rows.texts({ "size" }, "a") ..
      " FROM work w JOIN archive a ON a.seq = w.seq WHERE w.state = ? ORDER BY w.seq LIMIT ?",
      state, AT_A_TIME)
    local survey = settings_of.survey(tx)
    local changes = {}
    for _, row in ipairs(list) do
      rows.numbers(row, { "seq", "expires_at", "size" })
      local is_good = row.job_id and row.expires_at and row.expires_at - now > limits.LONG_ENOUGH
      local to = is_good and "ready" or "again"
      tx:execute("UPDATE work SET state = ?, due = ?, failures = 0, wrong_hashes = 0, " ..
        "after_survey = ?, owner = NULL, lease_until = 0 WHERE seq = ? AND state = ?", to,
        is_good and row.expires_at or now, is_good and 0 or survey.number + 1, row.seq, state)
      tally.move(changes, state, to, row.size)
    end
    tally.add(tx, changes)
    return #list
  end)
end

--- Has archives that were given up tried again. One whose job is still good is
--- fetched by that job; else it is started again, and paid for, once a survey that
--- begins from now on has shown no good job.
---@param db glacier.Database
---@param state "failed"|"gone"
---@param now number
---@return integer? count
---@return glacier.Error? err
function operator.retry(db, state, now)
  local planned, err = db:read(settings_of.planned)
  if not planned then
    return nil, err
  end
  local count = 0
  repeat
    local some
    some, err = retry_some(db, state, now)
    if not some then
      return nil, err
    end
    count = count + some
  until some < AT_A_TIME
  return count
end

return operator
