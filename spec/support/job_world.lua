--- A service that has jobs, and a clock that costs nothing, under a real client:
-- a wait of a day takes a moment.

local cjson = require("cjson")
local clients = require("spec.support.clients")

local job_world = {}

local PAGE = 50

-- Seconds after which a wait of a spec has no end.
local LONGEST = 5 * 24 * 3600

local function iso(epoch)
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(epoch)) ..
    (".%03dZ"):format(math.floor(epoch % 1 * 1000))
end

---@class JobWorld
---@field client glacier.Client
---@field time number      seconds since the world began
---@field slept number[]   what the host was asked to sleep
---@field requests table[] {operation=, at=, job=, marker=}
---@field fault? fun(request: table): table?, table?  a response, or nil and a
--- failure, in place of the service's; nothing: the service answers
local JobWorld = {}
JobWorld.__index = JobWorld

--- A job from now on.
---@param job { id: string?, ends: number?, fails: string?, age: number?, unlisted: number? }
--- ends: seconds until it has ended, without it never; fails: with what message;
--- age: how old it is already; unlisted: until when no list shows it; more: members
function JobWorld:add(job)
  job.id = job.id or "JOB" .. (#self.jobs + 1)
  job.made = self.time - (job.age or 0)
  self.jobs[#self.jobs + 1] = job
  self.jobs[job.id] = job
  return job.id
end

--- The time by the service's clock.
function JobWorld:service_time()
  return self.epoch + self.time + self.clock
end

local function describe(self, job)
  local has_ended = job.ends and self.time >= job.ends
  local description = {
    JobId = job.id, Action = "ArchiveRetrieval", ArchiveId = ("a"):rep(138), Tier = "Standard",
    CreationDate = iso(self.epoch + self.clock + job.made), Completed = has_ended == true,
    StatusCode = not has_ended and "InProgress" or job.fails and "Failed" or "Succeeded",
    StatusMessage = has_ended and (job.fails or "Succeeded") or nil,
    CompletionDate = has_ended and iso(self.epoch + self.clock + job.ends) or nil,
    VaultARN = "arn:aws:glacier:us-west-2:1:vaults/v",
  }
  for name, value in pairs(job.more or {}) do
    description[name] = value
  end
  return description
end

--- An answer of the service.
function JobWorld:answer(status, body)
  local headers = { ["x-amzn-requestid"] = "R" }
  if not self.no_date then
    headers.date = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(self:service_time()))
  end
  return {
    status = status, reason = "", headers = headers,
    body = type(body) == "table" and cjson.encode(body):gsub('"JobList":{}', '"JobList":[]') or body or "",
  }
end

--- An error of the service.
function JobWorld:refusal(status, code, message)
  return self:answer(status, { code = code, message = message or code, type = "Client" })
end

local function list(self, request)
  local jobs, shown = {}, {}
  for _, job in ipairs(self.jobs) do
    if not job.gone and self.time >= (job.unlisted or 0) then
      jobs[#jobs + 1] = job
    end
  end
  local first = tonumber(request.marker or 1)
  for i = first, math.min(first + PAGE - 1, #jobs) do
    shown[#shown + 1] = describe(self, jobs[i])
  end
  local marker = first + PAGE
  return self:answer(200, { JobList = shown, Marker = jobs[marker] and tostring(marker) or cjson.null })
end

local function respond(self, request)
  if request.operation == "ListJobs" then
    return list(self, request)
  end
  local job = self.jobs[request.job]
  if not job or job.gone then
    return self:refusal(404, "ResourceNotFoundException", "The job ID was not found: " .. request.job)
  end
  return self:answer(200, describe(self, job))
end

-- The transport of the client.
local Transport = {}
Transport.__index = Transport

function Transport:send(request)
  local world = self.world
  local path, query = request.url:match("^https?://[^/]+([^?]*)%??(.*)$")
  local id = path:match("/jobs/([^/]+)$")
  local seen = {
    operation = id and "DescribeJob" or "ListJobs", at = world.time, job = id, path = path,
    marker = query:match("marker=([^&]+)"), limit = query:match("limit=([^&]+)"),
    deadline = request.deadline,
  }
  world.requests[#world.requests + 1] = seen
  world.time = world.time + world.latency
  if world.fault then
    local response, failure = world.fault(seen)
    if response or failure then
      return response, failure and setmetatable({}, { __index = failure })
    end
  end
  return respond(world, seen)
end

function Transport:close()
  self.closed = true
end

--- A failure of the network, as the engine tells it.
function job_world.lost(code, kind)
  return {
    kind = kind or "network", code = code or "EndpointConnectionError",
    message = "Could not resolve host", sent = false,
  }
end

--- A new world.
---@param more table?  clock: seconds that the service's clock is ahead of ours;
--- latency: of each request; options: of the client
---@return JobWorld
function job_world.new(more)
  more = more or {}
  local self = setmetatable({
    time = 0, epoch = os.time(), clock = more.clock or 0, latency = more.latency or 0,
    jobs = {}, slept = {}, requests = {}, no_date = more.no_date,
  }, JobWorld)
  local options = { host = {
    name = "simulated",
    now = function() return self.time end,
    sleep = function(seconds)
      self.slept[#self.slept + 1] = seconds
      self.time = self.time + seconds
      assert(self.time < LONGEST, "a wait without end")
      if self.at_sleep then
        self.at_sleep()
      end
    end,
    wait = function() error("nothing to wait for") end,
  } }
  for name, value in pairs(more.options or {}) do
    options[name] = value
  end
  self.client = clients.new({ url = "http://127.0.0.1:1" }, options)
  clients.replace_transport(self.client, setmetatable({
    world = self, host = options.host, closed = false,
  }, Transport))
  return self
end

--- When requests of an operation were sent.
function JobWorld:times(operation)
  local times = {}
  for _, request in ipairs(self.requests) do
    if not operation or request.operation == operation then
      times[#times + 1] = request.at
    end
  end
  return times
end

-- What specs of a wait ask of a world.

--- client:wait_job of a job, "JOB1" unless it is named.
---@return table? description
---@return glacier.Error? err
function JobWorld:wait(options, id)
  local description, err = self.client:wait_job({ vaultName = "v", jobId = id or "JOB1" }, options)
  return description, err
end

--- The pauses between two looks, by when the first of them was.
---@return {at: number, seconds: number}[]
function JobWorld:steps()
  local result, times = {}, self:times("DescribeJob")
  for i = 2, #times do
    result[#result + 1] = { at = times[i - 1], seconds = times[i] - times[i - 1] }
  end
  return result
end

--- Whether a pause is the expected one, but for the tenth by which pauses differ.
function job_world.about(expected, seconds)
  return seconds >= 0.899 * expected and seconds <= 1.101 * expected
end

return job_world
