--- The state of the vault server: archives, jobs and their life by the
-- server's clock, descriptions as the service gives them.

local cjson = require "cjson"
local content = require "spec.support.vault_content"
local digest = require "glacier.core.digest"

local json = cjson.new()
local NULL = cjson.null

local jobs = {}
jobs.__index = jobs

local DAY = 86400
local JOB_ID_LENGTH, ARCHIVE_ID_LENGTH = 92, 138
local ACTIONS = {
  ["archive-retrieval"] = "ArchiveRetrieval",
  ["inventory-retrieval"] = "InventoryRetrieval",
}

--- Settings of jobs, with what they are where nobody says otherwise.
jobs.SETTINGS = {
  ready_after = 0,            -- seconds from its creation to its completion
  expires_after = DAY,        -- seconds from its completion to 404
  expires_after_bytes = false, -- or once so much of its output was sent
  fails = false,              -- StatusMessage of a job that fails
  listed_after = 0,           -- seconds until ListJobs knows it
  describe = false,           -- members of descriptions that are otherwise
}

local function text_id(seed, length, first)
  local hash = digest.sha256(seed) .. digest.sha256(seed .. "+")
  return first .. (hash .. hash):sub(1, length - #first)
end

local function timestamp(seconds)
  local whole = math.floor(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole)
    .. (".%03dZ"):format(math.floor((seconds - whole) * 1000))
end

jobs.timestamp = timestamp

---@param options { region: string?, account: string?, vaults: string[]? }
---@param now fun(): number
function jobs.new(options, now)
  local self = {
    region = options.region or "us-west-2",
    account = options.account or "111122223333",
    vaults = {},
    archives = {}, -- in order
    archive_of = {}, -- by id
    jobs = {},
    job_of = {},
    settings = {},
    inventory = nil,
    now = now,
  }
  for _, name in ipairs(options.vaults or { "examplevault" }) do
    self.vaults[name] = true
  end
  for name, value in pairs(jobs.SETTINGS) do
    self.settings[name] = value
  end
  return setmetatable(self, jobs)
end

function jobs:vault_arn(vault)
  return ("arn:aws:glacier:%s:%s:vaults/%s"):format(self.region, self.account, vault)
end

--- Adds an archive. Options: those of vault_content.new, and `id`,
-- `description`, `created` (epoch), `tree_hash` (what the service says it is,
-- where that is not the truth), `name`.
---@return table archive
function jobs:add_archive(given)
  local archive = {
    content = content.new(given),
    description = given.description or given.name or "",
    created = given.created or 1325376000 + #self.archives,
    name = given.name,
  }
  archive.size = archive.content.size
  archive.id = given.id
    or text_id("archive " .. (given.name or #self.archives), ARCHIVE_ID_LENGTH, "")
  archive.true_hash = archive.content:tree_hash()
  archive.tree_hash = given.tree_hash or archive.true_hash
  self.archives[#self.archives + 1] = archive
  self.archive_of[archive.id] = archive
  return archive
end

--- The range of an archive that a job asks for.
---@return number? first
---@return number|string count, or what is wrong
local function range_of(archive, text)
  if text == nil or text == NULL then
    return 0, archive.size
  end
  local first, last = tostring(text):match "^(%d+)%-(%d+)$"
  first, last = tonumber(first), tonumber(last)
  if not first or first > last or last >= archive.size then
    return nil, "Invalid range: " .. tostring(text)
  elseif first % content.MIB ~= 0
    or (last + 1) % content.MIB ~= 0 and last + 1 ~= archive.size then
    return nil, "The range is not megabyte aligned: " .. tostring(text)
  end
  return first, last - first + 1
end

local REFUSALS = {
  archive = { 404, "ResourceNotFoundException", "The archive ID was not found: %s" },
  type = { 400, "InvalidParameterValueException", "Invalid job type: %s" },
  range = { 400, "InvalidParameterValueException", "%s" },
}

local function refuse(name, value)
  local refusal = REFUSALS[name]
  return nil, { status = refusal[1], code = refusal[2],
    message = refusal[3]:format(tostring(value)) }
end

--- Starts a job.
---@param vault string
---@param parameters table  InitiateJob's jobParameters as they came
---@param settings table?   of this job, see jobs.SETTINGS; and `id`, `age`
--- (seconds since its creation)
---@return table? job
---@return table? refusal  { status, code, message }
function jobs:start(vault, parameters, settings)
  settings = settings or {}
  local action = ACTIONS[parameters.Type]
  if not action then
    return refuse("type", parameters.Type)
  end
  local archive, first, count
  if action == "ArchiveRetrieval" then
    archive = self.archive_of[parameters.ArchiveId]
    if not archive then
      return refuse("archive", parameters.ArchiveId)
    end
    first, count = range_of(archive, parameters.RetrievalByteRange)
    if not first then
      return refuse("range", count)
    end
  end
  local number = #self.jobs + 1
  local job = {
    number = number, action = action, archive = archive, first = first, size = count,
    vault = vault, parameters = parameters, sent = 0,
    id = settings.id or text_id("job " .. number, JOB_ID_LENGTH, ({ "", "-", "_" })[number % 3 + 1]),
    created = self.now() - (settings.age or 0),
  }
  for name in pairs(jobs.SETTINGS) do
    job[name] = settings[name]
    if job[name] == nil then
      job[name] = self.settings[name]
    end
  end
  self.jobs[number] = job
  self.job_of[job.id] = job
  return job
end

--- "InProgress", "Succeeded", "Failed" or "Expired".
function jobs:status(job)
  local ready = job.created + job.ready_after
  if self.now() < ready then
    return "InProgress"
  elseif self.now() >= ready + job.expires_after
    or job.expires_after_bytes and job.sent >= job.expires_after_bytes then
    return "Expired"
  end
  return job.fails and "Failed" or "Succeeded"
end

local function csv_field(text)
  if text:find '[,"]' then
    return '"' .. text:gsub('"', '\\"') .. '"'
  end
  return text
end

--- The inventory as text, in the format asked for.
local function write_inventory(self, job)
  local csv = job.parameters.Format == "CSV"
  local rows = {}
  for index, archive in ipairs(self.archives) do
    local created = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(archive.created))
    if csv then
      rows[index] = table.concat({ archive.id, csv_field(archive.description), created,
        ("%.0f"):format(archive.size), archive.tree_hash }, ",") .. "\n"
    else
      rows[index] = ('{"ArchiveId":%s,"ArchiveDescription":%s,"CreationDate":"%s","Size":%.0f,'
        .. '"SHA256TreeHash":"%s"}'):format(json.encode(archive.id),
        json.encode(archive.description), created, archive.size, archive.tree_hash)
    end
  end
  if csv then
    return "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n" .. table.concat(rows)
  end
  return ('{"VaultARN":"%s","InventoryDate":"%s","ArchiveList":[%s]}'):format(
    self:vault_arn(job.vault), os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(job.created)),
    table.concat(rows, ","))
end

--- The output of a job that is ready: its content, where it begins there, its size.
function jobs:output(job)
  if job.archive then
    return job.archive.content, job.first, job.size
  end
  if not job.inventory then
    local text = self.inventory or write_inventory(self, job)
    job.inventory = content.new { bytes = text }
  end
  return job.inventory, 0, job.inventory.size
end

local function given(value)
  return value == nil and NULL or value
end

--- Whether the output of a job is a node of its archive's tree.
local function has_hash(job)
  return content.is_node(job.first, job.size, job.archive.size)
end

jobs.has_hash = has_hash

--- The tree hash of the job's output as descriptions have it.
local function described_hash(job)
  if job.size == job.archive.size then
    return job.archive.tree_hash
  end
  return has_hash(job) and job.archive.content:tree_hash(job.first, job.size) or NULL
end

--- DescribeJob's answer.
---@return table
function jobs:describe(job)
  local status = self:status(job)
  local done = status ~= "InProgress"
  local parameters = job.parameters
  local description = {
    JobId = job.id,
    VaultARN = self:vault_arn(job.vault),
    Action = job.action,
    JobDescription = given(parameters.Description),
    SNSTopic = given(parameters.SNSTopic),
    CreationDate = timestamp(job.created),
    Completed = done,
    CompletionDate = done and timestamp(job.created + job.ready_after) or NULL,
    StatusCode = status == "Expired" and "Succeeded" or status,
    StatusMessage = job.fails and done and job.fails or done and "Succeeded" or NULL,
    Tier = given(parameters.Tier or "Standard"),
    ArchiveId = NULL, ArchiveSHA256TreeHash = NULL, ArchiveSizeInBytes = NULL,
    InventoryRetrievalParameters = NULL, InventorySizeInBytes = NULL, JobOutputPath = NULL,
    OutputLocation = NULL, RetrievalByteRange = NULL, SelectParameters = NULL,
    SHA256TreeHash = NULL,
  }
  if job.archive then
    description.ArchiveId = job.archive.id
    description.ArchiveSizeInBytes = job.archive.size
    description.ArchiveSHA256TreeHash = job.archive.tree_hash
    description.RetrievalByteRange = ("%.0f-%.0f"):format(job.first, job.first + job.size - 1)
    description.SHA256TreeHash = status ~= "InProgress" and not job.fails
      and described_hash(job) or NULL
  else
    local asked = parameters.InventoryRetrievalParameters or {}
    description.InventoryRetrievalParameters = {
      Format = parameters.Format or "JSON",
      StartDate = given(asked.StartDate), EndDate = given(asked.EndDate),
      Limit = given(asked.Limit), Marker = done and NULL or given(asked.Marker),
    }
    if done and not job.fails then
      description.InventorySizeInBytes = select(3, self:output(job))
    end
  end
  for name, value in pairs(job.describe or {}) do
    description[name] = value
  end
  return description
end

--- The jobs that ListJobs shows, the newest first.
function jobs:list(vault)
  local list = {}
  for index = #self.jobs, 1, -1 do
    local job = self.jobs[index]
    if job.vault == vault and self:status(job) ~= "Expired"
      and self.now() >= job.created + job.listed_after then
      list[#list + 1] = job
    end
  end
  return list
end

return jobs
