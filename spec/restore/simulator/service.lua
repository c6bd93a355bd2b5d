--- The service as a model: jobs that cost money when they start, lists of them,
-- and their output. It knows no network: what is late, lost or refused on the
-- way is the simulated client's matter.

local timestamp = require("glacier.timestamp")

local floor = math.floor
local format = string.format
local insert = table.insert
local ipairs, setmetatable, tonumber, tostring = ipairs, setmetatable, tonumber, tostring

local service = {}

-- Signatures that are older, or dated later, are refused.
local SIGNATURE_SECONDS = 300

-- Output stays for so long; a listing tells of a job for about as long.
local OUTPUT_SECONDS = 24 * 3600

-- Jobs of others are this old at the most: of some the output is gone.
local OTHERS_SECONDS = 30 * 3600

-- Whoever starts a job while an earlier one has more than this to live, and has
-- not failed, pays twice.
local USEFUL_SECONDS = 3600

---@class spec.Service
---@field jobs table[]   all jobs in the order in which they were made
---@field spent number   billionths of the currency
local Service = {}
Service.__index = Service

--- A service with archives.
---@param world table  {scheduler=, trace=, random=, faults=, prices=, broken=}
---@return spec.Service
function service.new(world)
  return setmetatable({
    world = world, jobs = {}, by_id = {}, of_archive = {}, first = 1, spent = 0, requests = 0,
    fetched = {},
  }, Service)
end

local function iso(epoch)
  return timestamp.format(floor(epoch)):gsub("Z$", format(".%03dZ", floor(epoch % 1 * 1000)))
end

local function refusal(status, code, message)
  return { kind = "service", status = status, code = code, message = message }
end

--- Whether a job's output can be had now or later, and for how long.
local function is_good(job, now)
  return not job.fails and (now < job.completes or now < job.completes + OUTPUT_SECONDS - USEFUL_SECONDS)
    -- One that will fail is good for all that anybody can know.
    or job.fails and now < job.completes
end

local function duration(world)
  local tier = world.tier
  return tier.least + world.random() * (tier.most - tier.least)
end

local function new_job(self, archive, now, description)
  local world = self.world
  local random, faults = world.random, world.faults
  local number = #self.jobs + 1
  local job = {
    number = number, id = format("JOB%07d", number), archive = archive, created = now,
    description = description,
    completes = now + duration(world), visible = now + random() * faults.list_lag,
    fails = archive.always_fails or archive.fails_once and not self.of_archive[archive.name] or
      random() < faults.job_fails,
  }
  self.jobs[number], self.by_id[job.id] = job, job
  self.of_archive[archive.name] = self.of_archive[archive.name] or {}
  insert(self.of_archive[archive.name], job)
  return job
end

--- Makes jobs that somebody else has started, of some archives more than one, in
--- the hours before now.
function Service:add_others()
  local world = self.world
  local random, moments = world.random, {}
  for _, archive in ipairs(world.list) do
    while not archive.is_gone and random() < world.faults.others do
      insert(moments, { archive = archive, at = world.scheduler.now - 180 - random() * OTHERS_SECONDS })
    end
  end
  table.sort(moments, function(a, b) return a.at < b.at end)
  for _, one in ipairs(moments) do
    new_job(self, one.archive, one.at)
  end
end

-- Whoever made the job, it costs.
local function charge(self, archive)
  local prices = self.world.prices
  self.requests = self.requests + 1
  self.spent = self.spent + (prices.per_1000_requests / 1000 +
    prices.per_gib * archive.size / 2 ^ 30) * 1e9
end

--- InitiateJob.
---@param params table      as a client's
---@param signed_at number  the date in the signature, epoch seconds
---@return table? response
---@return table? refusal  {kind=, status=, code=, message=}
function Service:initiate_job(params, signed_at)
  local world = self.world
  local now, random, faults = world.scheduler.now, world.random, world.faults
  local archive = world.archives[params.jobParameters.ArchiveId]
  if signed_at < now - SIGNATURE_SECONDS or signed_at > now + SIGNATURE_SECONDS then
    world.trace:note("service", "refuses a signature", archive.name, signed_at - now)
    return nil, refusal(403, "InvalidSignatureException", "Signature expired")
  elseif random() < faults.throttled then
    return nil, refusal(400, "ThrottlingException", "Rate exceeded")
  elseif random() < faults.policy then
    return nil, refusal(400, "PolicyEnforcedException", "the data retrieval policy refuses it")
  elseif archive.is_gone then
    return nil, refusal(404, "ResourceNotFoundException", "The archive ID was not found")
  end
  local earlier = self.of_archive[archive.name] or {}
  for _, job in ipairs(earlier) do
    if is_good(job, now) then
      world.checks:paid_twice(archive, job)
    end
  end
  local job = new_job(self, archive, now, params.jobParameters.Description)
  charge(self, archive)
  world.trace:note("service", "makes a job", archive.name, job.id)
  world.checks:spent()
  return { jobId = job.id, location = "/1/vaults/v/jobs/" .. job.id, status = 202 }
end

-- A job as it is told of now. The two stages of a description are kept.
local function describe(self, job)
  local is_complete = self.world.scheduler.now >= job.completes
  local kept = is_complete and "complete" or "incomplete"
  if not job[kept] then
    local archive = job.archive
    job[kept] = {
      JobId = job.id, JobDescription = job.description, Action = "ArchiveRetrieval", ArchiveId = archive.name,
      VaultARN = "arn:aws:glacier:us-west-2:1:vaults/v", CreationDate = iso(job.created),
      Completed = is_complete, ArchiveSizeInBytes = archive.size,
      StatusCode = not is_complete and "InProgress" or job.fails and "Failed" or "Succeeded",
      StatusMessage = is_complete and (job.fails and "failed" or "Succeeded") or nil,
      CompletionDate = is_complete and iso(job.completes) or nil, Tier = self.world.tier.name,
      RetrievalByteRange = job.range or format("0-%.0f", archive.size - 1),
      ArchiveSHA256TreeHash = archive.tree_hash,
      SHA256TreeHash = not job.range and archive.tree_hash or nil,
    }
  end
  return job[kept]
end

local function is_listed(self, job)
  local now = self.world.scheduler.now
  return now >= job.visible and now <= job.completes + OUTPUT_SECONDS
end

--- ListJobs, in the direction that the world has. A marker is a job's place.
---@param params table
---@return table response
function Service:list_jobs(params)
  local limit = tonumber(params.limit or 50)
  local is_newest_first = self.world.newest_first
  while self.jobs[self.first] and
    self.world.scheduler.now > self.jobs[self.first].completes + OUTPUT_SECONDS do
    self.first = self.first + 1
  end
  local step = is_newest_first and -1 or 1
  local from, to = self.first, #self.jobs
  if is_newest_first then
    from, to = to, from
  end
  from = params.marker and tonumber(params.marker) + step or from
  if not is_newest_first and from < self.first then
    from = self.first
  end
  local list, marker = {}, nil
  for i = from, to, step do
    local job = self.jobs[i]
    if is_listed(self, job) and
      (not params.statuscode or describe(self, job).StatusCode == params.statuscode) and
      (not params.completed or tostring(describe(self, job).Completed) == params.completed) then
      if #list == limit then
        break
      end
      list[#list + 1] = describe(self, job)
      marker = i
    end
  end
  return { JobList = list, Marker = #list == limit and format("%d", marker) or nil, status = 200 }
end

--- DescribeJob.
---@param params table
---@return table? response
---@return table? refusal
function Service:describe_job(params)
  local job = self.by_id[params.jobId]
  if not job or self.world.scheduler.now > job.completes + OUTPUT_SECONDS then
    return nil, refusal(404, "ResourceNotFoundException", "The job ID was not found: " .. params.jobId)
  end
  return describe(self, job)
end

--- Whether a job's output can be fetched now.
---@param job_id string
---@return table? job
---@return table? refusal
function Service:output(job_id)
  local description, err = self:describe_job({ jobId = job_id })
  if not description then
    return nil, err
  elseif description.StatusCode ~= "Succeeded" then
    return nil, refusal(400, "InvalidParameterValueException", "not currently available for download")
  end
  return self.by_id[job_id]
end

return service
