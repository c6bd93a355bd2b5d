--- Finds the jobs that a lost answer may have been about. Pure but for the
-- listing, which is an argument.
--
-- InitiateJob is not idempotent: sent again after a lost answer, it starts and
-- bills a second job. So the service is asked first what jobs there are.

local job_description = require("glacier.job_description")
local job_listing = require("glacier.job_listing")
local timestamp = require("glacier.timestamp")

local match = string.match
local huge, max, min = math.huge, math.max, math.min
local sort = table.sort

local reconcile = {
  --- Whether a job is what the parameters ask for.
  matches = job_description.matches,
}

-- What our clock may be ahead of the service's, where that tells no date.
local TOLERANCE = 1

--- Whether the service may have done what an attempt asked for, though the
-- attempt failed.
---@param err glacier.Error
---@return boolean
function reconcile.is_ambiguous(err)
  if not err.sent then
    return false
  end
  if err.kind == "service" then
    return err.status >= 500
  end
  return true
end

local function add_matching(found, jobs, params)
  for i = 1, #jobs do
    local job = jobs[i]
    local created = timestamp.parse(job.CreationDate)
    if job.JobId and created and reconcile.matches(params, job) then
      -- The date stands for all moments until the next one it could tell.
      local precision = match(job.CreationDate, "[0-9][.,][0-9]") and 0.001 or 1
      found[#found + 1] = { created = created, latest = created + precision, job = job }
    end
  end
end

local function by_creation(a, b)
  return a.created < b.created
end

-- The jobs alone of those that a call can have started, the earliest first, by
-- when it began: at `first` at the soonest, at `last` at the latest. From
-- `surely_since` on they surely were made since then.
local function select_since(found, first, last)
  local jobs = {}
  sort(found, by_creation)
  for i = 1, #found do
    local each = found[i]
    if each.latest > first then
      jobs[#jobs + 1] = each.job
      if each.created >= last then
        jobs.surely_since = jobs.surely_since or #jobs
      end
    end
  end
  jobs.surely_since = jobs.surely_since or #jobs + 1
  return jobs
end

--- The jobs that were found, in the order in which they are a call's own: the
--- earliest that surely was made since it began, and so on; then of those that
--- may be older the latest, and so on.
---@param jobs table[]  as `find` gives them
---@return table[]
function reconcile.by_likelihood(jobs)
  local result = {}
  for i = jobs.surely_since, #jobs do
    result[#result + 1] = jobs[i]
  end
  for i = jobs.surely_since - 1, 1, -1 do
    result[#result + 1] = jobs[i]
  end
  return result
end

--- The same jobs, the latest first.
---@param jobs table[]
---@return table[]
function reconcile.latest_first(jobs)
  local result = {}
  for i = #jobs, 1, -1 do
    result[#result + 1] = jobs[i]
  end
  return result
end

-- The reading of the service's clock is not believed where it is far from
-- ours: requests signed by such a clock are refused.
local FARTHEST_CLOCK = 300

-- When the call began by the service's clock: between two moments, which each
-- answer brings nearer. Its Date tells no part of a second, and stands for a
-- moment between the sending of the request and the answer's end.
---@class glacier.Beginning
---@field first number?
---@field last number?

-- Takes in the Date of an answer to a request that was sent `before` seconds
-- after the call began, and ended `after` seconds after.
local function narrow(beginning, response, call, before, after)
  local date = timestamp.parse_http(response.ResponseMetadata.HTTPHeaders.date)
  local ours = call.now - after
  local first = date and date - after
  if first and first - ours <= FARTHEST_CLOCK and ours - first <= FARTHEST_CLOCK then
    beginning.first = max(beginning.first or first, first)
    beginning.last = min(beginning.last or huge, date + 1 - before)
  end
end

---@class glacier.LostCall
---@field params table     the operation's
---@field elapsed fun(): number  seconds since the first attempt
---@field now number       epoch seconds, by our clock as corrected

--- Looks for the job a lost answer was about: those that match and were made
-- since the first attempt. They may be other calls' as well. The listing is
-- read to its end, as its order is not promised.
---@param call glacier.LostCall
---@param list fun(params: table): table?, glacier.Error?  ListJobs
---@return table[]? jobs  descriptions, the earliest first; nil: this cannot be
--- known. `surely_since`: the index of the first that surely is no older than
--- the call
---@return table|glacier.Error response_or_err  the last response of ListJobs,
--- or why there is none
function reconcile.find(call, list)
  local found, beginning = {}, {}
  local ours = call.now - call.elapsed()
  local wanted = call.params.jobParameters or {}
  local before
  local response, err = job_listing.read(function(params)
    before = call.elapsed()
    return list(params)
  end, call.params, function(page)
    narrow(beginning, page, call, before, call.elapsed())
    add_matching(found, page.JobList or {}, wanted)
  end)
  if not response then
    return nil, err
  end
  return select_since(found, beginning.first or ours - TOLERANCE,
    beginning.last or ours + TOLERANCE), response
end

--- What InitiateJob would have answered.
---@param description table  of the job
---@return table result
function reconcile.result(description)
  local account, vault = match(description.VaultARN or "",
    "^arn:[^:]*:[^:]*:[^:]*:([^:]*):vaults/(.+)$")
  return {
    jobId = description.JobId,
    location = account and "/" .. account .. "/vaults/" .. vault .. "/jobs/" ..
      description.JobId or nil,
    jobOutputPath = description.JobOutputPath,
  }
end

return reconcile
