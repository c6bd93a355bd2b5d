--- Finds the jobs that a lost answer may have been about. Pure but for the
-- listing, which is an argument.
--
-- InitiateJob is not idempotent: sent again after a lost answer, it starts and
-- bills a second job. So the service is asked first what jobs there are.

local errors = require("glacier.errors")
local timestamp = require("glacier.timestamp")

local match = string.match
local huge, max, min = math.huge, math.max, math.min
local sort = table.sort
local pairs, tonumber, type = pairs, tonumber, type

local reconcile = {}

-- Pages of 50 jobs each: a listing that goes on after a million jobs has no end.
local MOST_PAGES = 20000

-- What our clock may be ahead of the service's, where that tells no date.
local TOLERANCE = 1

local ACTIONS = {
  ["archive-retrieval"] = "ArchiveRetrieval",
  ["inventory-retrieval"] = "InventoryRetrieval",
  ["select"] = "Select",
}

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

local function same_text(wanted, has)
  return (wanted or "") == (has or "")
end

local function same_number(wanted, has)
  return wanted == has or
    (tonumber(wanted) ~= nil and tonumber(wanted) == tonumber(has))
end

local function same_date(wanted, has)
  if same_text(wanted, has) then
    return true
  end
  local a, b = timestamp.parse(wanted), timestamp.parse(has)
  return a ~= nil and a == b
end

local function without_zeros(digits)
  return match(digits, "^0*([0-9])$") or match(digits, "^0*([1-9].*)$") or "0"
end

local function bounds(range)
  local first, last = match(range or "", "^([0-9]+)%-([0-9]+)$")
  if first then
    return without_zeros(first), without_zeros(last)
  end
end

-- Where no range was asked for, the description tells the whole archive's.
local function same_range(wanted, description)
  local first, last = bounds(description.RetrievalByteRange)
  if not wanted then
    local size = description.ArchiveSizeInBytes
    return first == nil or
      (first == "0" and (size == nil or tonumber(last) == size - 1))
  end
  local wanted_first, wanted_last = bounds(wanted)
  return first ~= nil and first == wanted_first and last == wanted_last
end

local is_same

local function has_members(has, wanted)
  for key, value in pairs(wanted) do
    if not is_same(value, has[key]) then
      return false
    end
  end
  return true
end

-- Whether both say the same. Nothing and a table with nothing in it do, too.
function is_same(wanted, has)
  if type(wanted) ~= "table" and type(has) ~= "table" then
    return wanted == has
  end
  wanted, has = wanted == nil and {} or wanted, has == nil and {} or has
  return type(wanted) == "table" and type(has) == "table" and has_members(has, wanted) and
    has_members(wanted, has)
end

-- Once completed, a job's marker is where to continue. One without a limit
-- that has such a marker is a part of what was asked for, and not the whole.
local function same_marker(wanted, has, is_completed)
  if is_completed then
    return has.Limit ~= nil or has.Marker == nil or has.Marker == ""
  end
  return same_text(wanted.Marker, has.Marker)
end

local function same_inventory(params, description)
  local has = description.InventoryRetrievalParameters or {}
  local wanted = params.InventoryRetrievalParameters or {}
  return (params.Format or "JSON") == (has.Format or "JSON") and
    same_date(wanted.StartDate, has.StartDate) and
    same_date(wanted.EndDate, has.EndDate) and
    same_number(wanted.Limit, has.Limit) and
    same_marker(wanted, has, description.Completed or description.StatusCode == "Succeeded")
end

-- The service may show a tier for inventories that nobody gave.
local function same_tier(params, description)
  return description.Action == "InventoryRetrieval" or
    (params.Tier or "Standard") == (description.Tier or "Standard")
end

local function same_select(params, description)
  return is_same(params.SelectParameters, description.SelectParameters) and
    is_same(params.OutputLocation, description.OutputLocation)
end

--- Whether a job is what the parameters ask for. A description carries the
-- defaults that the parameters left out.
---@param params table       jobParameters
---@param description table  of ListJobs
---@return boolean
function reconcile.matches(params, description)
  local action = ACTIONS[params.Type]
  if not action or description.Action ~= action then
    return false
  end
  return same_text(params.ArchiveId, description.ArchiveId) and
    same_text(params.Description, description.JobDescription) and
    same_text(params.SNSTopic, description.SNSTopic) and
    same_tier(params, description) and
    same_range(params.RetrievalByteRange, description) and
    (action ~= "InventoryRetrieval" or same_inventory(params, description)) and
    (action ~= "Select" or same_select(params, description))
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

local function unlisted(message)
  return nil, errors.new("protocol", "PaginationError", message)
end

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
  local found, seen, beginning = {}, {}, {}
  local ours = call.now - call.elapsed()
  local wanted = call.params.jobParameters or {}
  local marker
  for _ = 1, MOST_PAGES do
    local before = call.elapsed()
    local response, err = list({
      accountId = call.params.accountId, vaultName = call.params.vaultName,
      limit = "50", marker = marker,
    })
    if not response then
      return nil, err
    end
    narrow(beginning, response, call, before, call.elapsed())
    add_matching(found, response.JobList or {}, wanted)
    marker = response.Marker
    if not marker or marker == "" then
      return select_since(found, beginning.first or ours - TOLERANCE,
        beginning.last or ours + TOLERANCE), response
    elseif seen[marker] then
      return unlisted("the list of jobs comes to a page again that was read")
    end
    seen[marker] = true
  end
  return unlisted("the list of jobs has no end")
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
