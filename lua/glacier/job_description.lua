--- Whether a job, as ListJobs and DescribeJob tell of it, is what parameters of
-- InitiateJob ask for. Compared is what cannot change, as a description may show
-- what nobody gave: the defaults, the tier of an inventory, and, once completed,
-- the marker where to continue. Pure.

local timestamp = require("glacier.timestamp")

local format, match = string.format, string.match
local pairs, tonumber, type = pairs, tonumber, type

local job_description = {
  --- Seconds after its end for which a job's output is kept at the least.
  OUTPUT_KEPT = 24 * 3600,
}

local ACTIONS = {
  ["archive-retrieval"] = "ArchiveRetrieval",
  ["inventory-retrieval"] = "InventoryRetrieval",
  ["select"] = "Select",
}

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

-- Where no range was asked for, the description tells the whole archive's; one
-- that ends behind the archive ends with it.
local function same_range(wanted, description)
  local first, last = bounds(description.RetrievalByteRange)
  local size = description.ArchiveSizeInBytes
  if not wanted then
    return first == nil or
      (first == "0" and (size == nil or tonumber(last) == size - 1))
  end
  local wanted_first, wanted_last = bounds(wanted)
  if size and wanted_last and tonumber(wanted_last) >= size then
    wanted_last = format("%.0f", size - 1)
  end
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

local function is_completed(description)
  return description.Completed or description.StatusCode == "Succeeded"
end

-- Once completed, a job's marker is where to continue. One without a limit
-- that has such a marker is a part of what was asked for, and not the whole.
local function same_marker(wanted, has, completed)
  if completed then
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
    same_marker(wanted, has, is_completed(description))
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


--- Whether a job is about the archive that the parameters name, or is one of
--- inventories as they are.
---@param params table       jobParameters
---@param description table
---@return boolean
function job_description.is_about(params, description)
  local action = ACTIONS[params.Type]
  return action ~= nil and description.Action == action and
    same_text(params.ArchiveId, description.ArchiveId)
end

local function same_output(params, description)
  local action = description.Action
  return job_description.is_about(params, description) and
    same_range(params.RetrievalByteRange, description) and
    (action ~= "InventoryRetrieval" or same_inventory(params, description)) and
    (action ~= "Select" or same_select(params, description))
end

--- Whether a job is what the parameters ask for. A description carries the
-- defaults that the parameters left out.
---@param params table       jobParameters
---@param description table  of ListJobs
---@return boolean
function job_description.matches(params, description)
  return same_output(params, description) and
    same_text(params.Description, description.JobDescription) and
    same_text(params.SNSTopic, description.SNSTopic) and
    same_tier(params, description)
end

--- Whether the output of any job, whoever made it and at whatever tier, surely
-- is what the parameters ask for. With which marker an inventory began its
-- description no longer tells once it is completed: then it is taken for the
-- whole where neither side has a limit, and for no part of one.
---@param params table       jobParameters
---@param description table
---@return boolean
function job_description.serves(params, description)
  if not same_output(params, description) then
    return false
  end
  local wanted = params.InventoryRetrievalParameters or {}
  local is_part = wanted.Limit ~= nil or wanted.Marker ~= nil and wanted.Marker ~= ""
  return description.Action ~= "InventoryRetrieval" or not is_part or
    not is_completed(description)
end

return job_description
