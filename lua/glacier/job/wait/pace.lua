--- How often a job is looked at: by what it is and how old it is. Pure.

local job_description = require("glacier.job_description")
local timestamp = require("glacier.timestamp")

local max, min = math.max, math.min

local pace = {}

local HOUR = 3600

-- Seconds between two looks. Standard took 3.5 h at the least, Bulk longer;
-- Expedited takes one to five minutes.
local EXPEDITED, EARLY, LATE = 30, 900, 300
local LATE_AGE = 3.5 * HOUR

-- Seconds after which a job usually has ended.
local USUAL = { Expedited = 300, Standard = 5 * HOUR, Bulk = 12 * HOUR }

-- Seconds between two looks as long as none has succeeded: the first ones, and
-- the longest.
local FIRST_UNKNOWN, LONGEST_UNKNOWN = 30, 300

-- By how much a step is made longer or shorter, so that waiters that began at
-- the same time do not all ask at the same time.
local JITTER = 0.1

-- The tier that tells how long a job takes: an inventory shows one that nobody
-- gave, and always takes what is Standard's.
local function tier_of(description)
  if description.Action == "InventoryRetrieval" then
    return "Standard"
  end
  return description.Tier
end

--- Seconds until the next look at a job that has not ended.
---@param description table  of the job
---@param age number         seconds since it was made
---@return number
function pace.step(description, age)
  if tier_of(description) == "Expedited" then
    return EXPEDITED
  end
  return age < LATE_AGE and EARLY or LATE
end

--- Seconds until the next look where none has told anything yet.
---@param failures integer  looks that failed in succession
---@return number
function pace.unknown(failures)
  return min(FIRST_UNKNOWN * 2 ^ max(failures - 1, 0), LONGEST_UNKNOWN)
end

--- A step that other waiters do not make at the same time.
---@param step number
---@param random number  0 to 1
---@return number
function pace.jittered(step, random)
  return step * (1 - JITTER + 2 * JITTER * random)
end

--- Seconds until a job has usually ended; nil where it is beyond that.
---@param description table
---@param age number
---@return number?
function pace.eta(description, age)
  local left = (USUAL[tier_of(description) or "Standard"] or USUAL.Standard) - age
  return left > 0 and left or nil
end

--- Until when the output of a job that has succeeded is kept at least.
---@param description table
---@return number? epoch  seconds since 1970
function pace.expires(description)
  local completed = timestamp.parse(description.CompletionDate)
  return completed and completed + job_description.OUTPUT_KEPT
end

return pace
