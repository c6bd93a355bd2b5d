--- What was planned and what it may cost: the one row of `restore`, and the sums
-- of `tally`.

local errors = require("glacier.errors")
local rows = require("glacier.restore.store.rows")

local settings = {}

local NUMBERS = { "archives", "bytes", "bad_rows", "cursor", "cap", "request_price", "gib_price",
  "egress_price", "starts_rate", "bytes_rate", "factor", "factor_at", "paused", "starts_after" }
local SURVEY = { "number", "began", "is_open", "whole_number", "whole_began", "lasted", "wanted" }
local SUMS = { "again", "intended", "started", "ready", "done", "failed", "gone", "bytes_staged",
  "bytes_done", "reserved" }

---@class glacier.RestoreSettings
---@field plan string         its id, which the descriptions of its jobs have
---@field vault string
---@field account string?
---@field region string?
---@field folder string
---@field tier string?
---@field archives number
---@field bytes number
---@field bad_rows number
---@field cursor number        the last one that was started, in the order of seq
---@field cap number?          billionths
---@field request_price number?  billionths a request
---@field gib_price number?    billionths a GiB
---@field egress_price number? billionths a GiB
---@field starts_rate number   a second
---@field bytes_rate number?   bytes a second
---@field factor number        the share of the pace that throttling has left
---@field factor_at number
---@field paused boolean
---@field starts_after number  nothing is started before
---@field standstill string?   why nothing is started

---@class glacier.Survey
---@field number number     counts them
---@field began number      epoch seconds
---@field is_open number    1: it is not at its end yet
---@field marker string?    where to go on
---@field whole_number number  the last one that came to its end
---@field whole_began number
---@field lasted number     seconds that the last whole one took
---@field wanted number     one is to begin at this moment or later
---@field started_at number?  when the last intent was committed
---@field pending number?   archives whose jobs a survey may tell of
---@field waiting number?   more than 0: something waits for the end of a survey

local SELECT = "SELECT plan, vault, account, region, folder, tier, standstill, " ..
  rows.texts(NUMBERS) .. " FROM restore WHERE id = 1 "

--- Reads the settings.
---@param tx glacier.DatabaseTransaction
---@param lock string?  a phrase that locks the row
---@return glacier.RestoreSettings?  nil: nothing was planned
function settings.read(tx, lock)
  local row = tx:row(SELECT .. (lock or ""))
  if row then
    rows.numbers(row, NUMBERS)
    row.paused = row.paused == 1
  end
  return row
end

--- Reads the settings of a store that has a plan.
---@param tx glacier.DatabaseTransaction
---@return glacier.RestoreSettings?
---@return glacier.Error? err  code "NothingPlanned"
function settings.planned(tx)
  local row = settings.read(tx)
  if not row then
    return nil, errors.config("nothing is planned in this store yet: `plan` comes first",
      "NothingPlanned")
  end
  return row
end

--- Reads the sums.
---@param tx glacier.DatabaseTransaction
---@return table<string, number>
function settings.sums(tx)
  return rows.numbers(tx:row("SELECT " .. rows.texts(SUMS) .. " FROM tally WHERE id = 1"), SUMS)
end

--- Reads the survey that is under way, or was last.
---@param tx glacier.DatabaseTransaction
---@return glacier.Survey
function settings.survey(tx)
  return rows.numbers(tx:row("SELECT marker, " .. rows.texts(SURVEY) ..
    " FROM survey WHERE id = 1"), SURVEY)
end

--- Says why nothing is started, or that something is.
---@param tx glacier.DatabaseTransaction
---@param before string?
---@param reason string?
function settings.stand_still(tx, before, reason)
  if before ~= reason then
    tx:execute("UPDATE restore SET standstill = ? WHERE id = 1", reason)
  end
end

return settings
