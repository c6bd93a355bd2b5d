--- Finds the job that a lost answer was about. Pure but for the listing, which
-- is an argument.
--
-- InitiateJob is not idempotent: sent again after a lost answer, it starts and
-- bills a second job. So the service is asked first what jobs there are.

local timestamp = require("glacier.timestamp")

local match = string.match
local sort = table.sort
local pairs, tonumber, type = pairs, tonumber, type

local reconcile = {}

-- Pages of 50 jobs each: far beyond what a vault has in a day.
local MOST_PAGES = 200

-- The service's clock is told to the second, and so may CreationDate be.
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
  return err.kind == "network" or err.kind == "timeout" or err.kind == "protocol"
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

-- What was asked for must be there; what was left out may have a default.
local function includes(has, wanted)
  if type(wanted) ~= "table" then
    return wanted == has
  end
  if type(has) ~= "table" then
    return false
  end
  for key, value in pairs(wanted) do
    if not includes(has[key], value) then
      return false
    end
  end
  return true
end

local function same_inventory(params, description)
  local has = description.InventoryRetrievalParameters or {}
  local wanted = params.InventoryRetrievalParameters or {}
  return (params.Format or "JSON") == (has.Format or "JSON") and
    same_date(wanted.StartDate, has.StartDate) and
    same_date(wanted.EndDate, has.EndDate) and
    same_number(wanted.Limit, has.Limit) and
    same_text(wanted.Marker, has.Marker)
end

local function same_select(params, description)
  return includes(description.SelectParameters, params.SelectParameters) and
    (description.OutputLocation == nil or params.OutputLocation == nil or
      includes(description.OutputLocation, params.OutputLocation))
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
    (params.Tier or "Standard") == (description.Tier or "Standard") and
    same_range(params.RetrievalByteRange, description) and
    (action ~= "InventoryRetrieval" or same_inventory(params, description)) and
    (action ~= "Select" or same_select(params, description))
end

-- When the call began, by the service's clock: its Date less the time that
-- has passed since. Nil where it tells no date.
local function begin(response, elapsed)
  local now = timestamp.parse_http(response.ResponseMetadata.HTTPHeaders.date)
  return now and now - elapsed - TOLERANCE
end

local function add_matching(found, jobs, params, since)
  for i = 1, #jobs do
    local job = jobs[i]
    local created = timestamp.parse(job.CreationDate)
    if job.JobId and created and created >= since and reconcile.matches(params, job) then
      found[#found + 1] = { created = created, job = job }
    end
  end
end

-- The jobs alone, the earliest first.
local function in_order(found)
  sort(found, function(a, b)
    return a.created < b.created
  end)
  for i = 1, #found do
    found[i] = found[i].job
  end
  return found
end

-- The reading of the service's clock is not believed where it is far from
-- ours: requests signed by such a clock are refused.
local FARTHEST_CLOCK = 300

---@class glacier.LostCall
---@field params table     the operation's
---@field elapsed fun(): number  seconds since the first attempt
---@field now number       epoch seconds, by our clock as corrected

--- Looks for the job a lost answer was about: those that match and were made
-- since the first attempt. They may be other calls' as well.
---@param call glacier.LostCall
---@param list fun(params: table): table?, glacier.Error?  ListJobs
---@return table[]? jobs  descriptions, the earliest first
---@return table|glacier.Error response_or_err  the last response of ListJobs,
--- or its error
function reconcile.find(call, list)
  local found = {}
  local marker, since, response, err
  for _ = 1, MOST_PAGES do
    response, err = list({
      accountId = call.params.accountId, vaultName = call.params.vaultName,
      limit = "50", marker = marker,
    })
    if not response then
      return nil, err
    end
    local ours = call.now - call.elapsed() - TOLERANCE
    local theirs = since or begin(response, call.elapsed())
    if theirs and (theirs - ours > FARTHEST_CLOCK or ours - theirs > FARTHEST_CLOCK) then
      theirs = nil
    end
    since = theirs or ours
    add_matching(found, response.JobList or {}, call.params.jobParameters or {}, since)
    if not response.Marker or response.Marker == "" or response.Marker == marker then
      break
    end
    marker = response.Marker
  end
  return in_order(found), response
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
