--- How far a restore is: numbers out of the store, as of one moment, and a text of
-- them. Nothing is counted: the store keeps the sums.

local amounts = require("glacier.amounts")
local limits = require("glacier.restore.limits")
local roles = require("glacier.restore.store.roles")
local settings_of = require("glacier.restore.store.settings")
local text = require("glacier.text")

local concat = table.concat
local format = string.format
local huge, max = math.huge, math.max

local status = {}

local LONGEST_SHOWN = 300

---@class glacier.RestoreStatus
---@field vault string
---@field folder string
---@field tier string?
---@field archives integer    in all: the sum of the following seven
---@field waiting integer     to be started, or to be started again
---@field in_doubt integer    it is not known whether a job was started
---@field started integer     a job is on its way
---@field ready integer       its output can be fetched
---@field done integer        whole, verified, at its place
---@field failed integer      given up; `retry` has it tried again
---@field gone integer        not in the vault any more
---@field bytes number        of all archives
---@field bytes_done number   of those that are done
---@field reserved number     money that is or may have been spent
---@field cap number?         of money; nil: nobody has said, and nothing is started
---@field rate number         bytes a second that are fetched now
---@field eta number?         seconds until all is done, at this rate; nil: it cannot be told
---@field workers integer     processes that are at it
---@field paused boolean
---@field standstill string?  why nothing is started; begins with cap, rate, window, disk,
--- policy, survey or paused

-- Why nothing is started, though something is to be.
local function standstill(settings, found)
  if found.waiting == 0 then
    return nil
  elseif settings.paused then
    return "paused: nothing is started before `resume`"
  elseif not settings.cap then
    return "cap: nobody has said what may be spent"
  end
  return settings.standstill
end

local function eta(settings, found, now)
  local left = found.waiting + found.in_doubt + found.started + found.ready
  if left == 0 then
    return 0
  elseif found.rate <= 0 or found.standstill then
    return nil
  end
  local pace = settings.starts_rate * limits.factor(settings.factor, settings.factor_at, now)
  local fetching = (found.bytes - found.bytes_done) / found.rate
  local by_bytes = settings.bytes_rate and found.waiting > 0 and
    (found.bytes - found.bytes_done) / settings.bytes_rate or 0
  return max(fetching, found.waiting / pace, by_bytes)
end

local function money(nano)
  return nano and (nano >= limits.MOST and huge or nano / limits.NANO)
end

--- Reads how far a restore is: see Restore:status.
---@param db glacier.Database
---@param now number
---@return glacier.RestoreStatus?
---@return glacier.Error? err
function status.read(db, now)
  return db:read(function(tx)
    local settings, err = settings_of.planned(tx)
    if not settings then
      return nil, err
    end
    local sums = settings_of.sums(tx)
    local workers, rate = roles.workers(tx, now)
    local found = {
      vault = settings.vault, folder = settings.folder, tier = settings.tier,
      archives = settings.archives, in_doubt = sums.intended, started = sums.started,
      ready = sums.ready, done = sums.done, failed = sums.failed, gone = sums.gone,
      bytes = settings.bytes, bytes_done = sums.bytes_done, reserved = money(sums.reserved),
      cap = money(settings.cap), rate = rate, workers = workers, paused = settings.paused,
    }
    found.waiting = found.archives - found.in_doubt - found.started - found.ready - found.done -
      found.failed - found.gone
    found.standstill = standstill(settings, found)
    found.eta = eta(settings, found, now)
    return found
  end)
end

--- What was given up, or is not in the vault any more, the first of them.
---@param db glacier.Database
---@param most integer
---@return {path: string, state: string, last_error: string?}[]?
---@return glacier.Error? err
function status.problems(db, most)
  return db:rows("SELECT a.path AS path, w.state AS state, w.last_error AS last_error " ..
    "FROM work w JOIN archive a ON a.seq = w.seq WHERE w.state IN ('failed', 'gone') " ..
    "ORDER BY w.state, w.due LIMIT ?", most)
end

--- With two places, the currency being the caller's.
---@param amount number
---@return string
function status.money(amount)
  return amount == huge and "no limit" or limits.text(amount * limits.NANO)
end

local function shown_share(found)
  if found.bytes <= 0 then
    return ""
  end
  return " (" .. amounts.whole(100 * found.bytes_done / found.bytes) .. "%)"
end

--- A text of it, of some lines.
---@param found glacier.RestoreStatus
---@return string  without a line's end at its end
function status.report(found)
  local lines = {
    format("waiting %.0f   in doubt %.0f   started %.0f   ready %.0f   done %.0f   " ..
      "failed %.0f   gone %.0f", found.waiting, found.in_doubt, found.started, found.ready,
      found.done, found.failed, found.gone),
    format("bytes %s of %s%s   rate %s/s   eta %s", amounts.bytes(found.bytes_done),
      amounts.bytes(found.bytes), shown_share(found), amounts.bytes(found.rate),
      found.eta and amounts.duration(found.eta) or "unknown"),
    format("money %s of %s   workers %.0f", status.money(found.reserved),
      found.cap and status.money(found.cap) or "no cap yet", found.workers),
  }
  if found.standstill then
    lines[#lines + 1] = "standstill " .. text.line(found.standstill, LONGEST_SHOWN)
  end
  return concat(lines, "\n")
end

return status
