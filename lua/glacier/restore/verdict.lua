--- What a job that is listed says of its archive. Pure.

local LONG_ENOUGH = require("glacier.restore.limits").LONG_ENOUGH

-- A job may be made so many seconds before the latest moment of its request, by the
-- service's clock: the minute of an intent, and what two clocks differ by.
local SEND_SECONDS = 62

---@class glacier.ListedJob  of a whole archive
---@field id string
---@field archive_id string
---@field created number    epoch seconds
---@field expires number?   when its output goes; nil: it is in progress
---@field is_ready boolean  it has succeeded
---@field has_failed boolean
---@field message string?   of a failure
---@field description string?

local function is_good(job, now)
  return not job.has_failed and (not job.is_ready or job.expires - now > LONG_ENOUGH)
end

-- Whether a good job takes the place of the one that a row has.
local function is_better(row, job, now)
  if row.lease_until > now or job.created <= (row.started_at or 0) then
    return false
  end
  return row.state == "started" or job.is_ready or (row.expires_at or 0) - now <= LONG_ENOUGH
end

local JUDGES = {}

-- Who is waited for by nobody yet, is to be started, or may have been.
local function adopt(_, job, now)
  return is_good(job, now) and "adopt" or nil
end

JUDGES.waiting, JUDGES.again = adopt, adopt

function JUDGES.intended(row, job, now)
  if is_good(job, now) then
    return "adopt"
  end
  -- One of before was another attempt's.
  return job.has_failed and job.created >= row.due - SEND_SECONDS and "failed" or nil
end

function JUDGES.started(row, job, now)
  if job.id ~= row.job_id then
    return is_good(job, now) and is_better(row, job, now) and "adopt" or nil
  end
  return job.has_failed and "failed" or job.is_ready and "ready" or "seen"
end

function JUDGES.ready(row, job, now)
  return job.id ~= row.job_id and is_good(job, now) and is_better(row, job, now) and "adopt" or nil
end

--- What is to be done with an archive of which a job is listed.
---@param row table  of `work`, with its state; nil: it waits
---@param job glacier.ListedJob
---@param now number
---@return "adopt"|"ready"|"seen"|"failed"|nil
return function(row, job, now)
  local judge = JUDGES[row.state or "waiting"]
  return judge and judge(row, job, now)
end
