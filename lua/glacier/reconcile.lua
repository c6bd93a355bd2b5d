--- Finds the job that a lost answer was about. Pure but for the listing, which
-- is an argument.
--
-- InitiateJob is not idempotent: sent again after a lost answer, it starts and
-- bills a second job. So the service is asked first what jobs there are.

local timestamp = require("glacier.timestamp")

local match = string.match
local max = math.max
local sort = table.sort
local pairs, tonumber, type = pairs, tonumber, type

local reconcile = {}

-- Pages of 50 jobs each: far beyond what a vault has in a day.
local MOST_PAGES = 200

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
  return err.kind ~= "cancelled"
end

local function same_text(wanted, has)
  return (wanted or "") == (has or "")
end

local function same_number(wanted, has)
  return wanted == has or
    (tonumber(wanted) ~= nil and tonumber(wanted) == tonumber(has))
end

-- A day stands for its beginning.
local function moment(text)
  return timestamp.parse(text) or text and timestamp.parse(text .. "T00:00:00Z")
end

local function same_date(wanted, has)
  if same_text(wanted, has) then
    return true
  end
  local a, b = moment(wanted), moment(has)
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
    (params.Tier or "Standard") == (description.Tier or "Standard") and
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

-- The jobs alone of those made since then, the earliest first.
local function select_since(found, since)
  local jobs = {}
  sort(found, function(a, b)
    return a.created < b.created
  end)
  for i = 1, #found do
    if found[i].latest > since then
      jobs[#jobs + 1] = found[i].job
    end
  end
  return jobs
end

-- The reading of the service's clock is not believed where it is far from
-- ours: requests signed by such a clock are refused.
local FARTHEST_CLOCK = 300

-- When the call began, by the service's clock, or sooner: the Date of an
-- answer, which tells no part of a second, less the time from then to the
-- answer's end. The latest of all answers is the nearest. Nil where none tells.
local function begin(response, call, before)
  local elapsed = call.elapsed()
  local date = timestamp.parse_http(response.ResponseMetadata.HTTPHeaders.date)
  local ours = call.now - elapsed
  local theirs = date and date - elapsed
  if not theirs or theirs - ours > FARTHEST_CLOCK or ours - theirs > FARTHEST_CLOCK then
    return before
  end
  return before and max(before, theirs) or theirs
end

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
  local ours = call.now - call.elapsed() - TOLERANCE
  local marker, since, response, err
  for _ = 1, MOST_PAGES do
    response, err = list({
      accountId = call.params.accountId, vaultName = call.params.vaultName,
      limit = "50", marker = marker,
    })
    if not response then
      return nil, err
    end
    since = begin(response, call, since)
    add_matching(found, response.JobList or {}, call.params.jobParameters or {})
    if not response.Marker or response.Marker == "" or response.Marker == marker then
      break
    end
    marker = response.Marker
  end
  return select_since(found, since or ours), response
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
