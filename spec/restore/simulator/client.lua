--- A client as a process of the simulation has it: a client's public methods
-- over the simulated service, with what goes wrong on the way.

local errors = require("glacier.errors")

local error, getmetatable, ipairs, pairs, pcall, setmetatable = error, getmetatable, ipairs, pairs,
  pcall, setmetatable
local floor, min = math.floor, math.min

local simulated = {}

-- A client waits so long for an answer.
local TIMEOUT_SECONDS = 60

-- Most that a request is late, and a process stands still.
local LATE_SECONDS, TRIP_SECONDS = 2400, 0.05

---@class spec.SimulatedClient
---@field world table
---@field process spec.Process
---@field clock_error number  seconds that the machine's clock is ahead
---@field offset number       seconds that the service's clock is ahead of it, as far as known
local Client = {}
Client.__index = Client

--- A client of a process.
---@param world table
---@param process spec.Process
---@param clock_error number
---@return spec.SimulatedClient
function simulated.new(world, process, clock_error)
  local self = setmetatable({
    world = world, process = process, clock_error = clock_error, offset = 0,
  }, Client)
  self.clock = {
    now = function()
      return self:time()
    end,
  }
  return self
end

--- The time by the service's clock, as far as this machine knows it.
---@return integer epoch
function Client:time()
  return floor(self.world.scheduler.now + self.clock_error) + self.offset
end

--- A clock that only goes forward.
function Client:now()
  return self.world.scheduler.now
end

--- Waits.
function Client:sleep(seconds)
  self.world.scheduler:sleep(seconds > 0 and seconds or 0)
  return true
end

--- There are no connections.
function Client.release()
end

-- What the Date of a response tells.
local function learn(self)
  local now = self.world.scheduler.now
  if self.world.follows_date then
    self.offset = floor(now) - floor(now + self.clock_error)
  end
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", floor(now))
end

local function failure(operation, kind, code, sent, in_doubt)
  return errors.new(kind, code, code .. " (simulated)", {
    operation = operation, sent = sent, in_doubt = in_doubt, attempts = sent and 1 or 0,
    retryable = kind == "network",
  })
end

-- How a request fares: seconds until it arrives, and what becomes of the answer.
local function fate(self)
  local random, faults = self.world.random, self.world.faults
  local late = random() < faults.late and random() * LATE_SECONDS or TRIP_SECONDS
  local chance = random()
  if chance < faults.refused then
    return late, "refused"
  elseif chance < faults.refused + faults.lost then
    return late, "lost"
  elseif chance < faults.refused + faults.lost + faults.broken then
    return late, "broken"
  end
  return late, "whole"
end

-- The request arrives at a time of its own, whatever the client does meanwhile.
local function exchange(self, operation, delay, outcome, act)
  local scheduler = self.world.scheduler
  local answer, refusal
  local is_here = false
  scheduler:at(scheduler.now + delay, function()
    answer, refusal = act()
    is_here = true
  end)
  if outcome == "lost" or delay > TIMEOUT_SECONDS then
    scheduler:sleep(TIMEOUT_SECONDS)
    return nil, failure(operation, "network", "ReadTimeoutError", true, true)
  end
  scheduler:sleep(delay + TRIP_SECONDS)
  local date = learn(self)
  if not is_here then
    error("the simulated answer is not here")
  elseif outcome == "broken" then
    local err = failure(operation, "service", "InternalFailure", true, true)
    err.status, err.date = 500, date
    return nil, err
  elseif not answer then
    local err = failure(operation, refusal.kind, refusal.code, true, false)
    err.status, err.message, err.date = refusal.status, refusal.message, date
    err.retryable = refusal.code == "ThrottlingException"
    return nil, err
  end
  local result = { ResponseMetadata = { HTTPStatusCode = 200, HTTPHeaders = { date = date } } }
  for name, value in pairs(answer) do
    result[name] = value
  end
  return result
end

local function call(self, operation, archive, act)
  local world = self.world
  local scheduler = world.scheduler
  scheduler:boundary("before " .. operation)
  world:stand_still(self.process)
  local delay, outcome = fate(self)
  local answer, err
  if outcome == "refused" then
    scheduler:sleep(TRIP_SECONDS)
    answer, err = nil, failure(operation, "network", "EndpointConnectionError", false, false)
  else
    answer, err = exchange(self, operation, delay, outcome, act)
  end
  if err and (archive or outcome ~= "whole") then
    world.trace:note(self.process.name, operation .. " fails", archive, err.code)
  end
  scheduler:boundary("after " .. operation)
  return answer, err
end

--- InitiateJob, signed at a moment of its own: the process may stand still
--- between the caller's last look at a clock and that moment, and after it.
function Client:initiate_job(params, options)
  local world = self.world
  local scheduler, archive = world.scheduler, params.jobParameters.ArchiveId
  world.checks:call_options("initiate_job", options)
  scheduler:sleep(world.random() < world.faults.pause_at_signing and world.random() * 3600 or 0.001)
  local signed = self:time()
  if options and options.sign_before and signed > options.sign_before then
    world.trace:note(self.process.name, "does not send", archive, signed - options.sign_before)
    return nil, failure("InitiateJob", "timeout", "DeadlineExceededError", false, false)
  end
  world.checks:sent(world.archives[archive])
  return call(self, "InitiateJob", archive, function()
    return world.service:initiate_job(params, signed)
  end)
end

--- ListJobs.
function Client:list_jobs(params)
  return call(self, "ListJobs", nil, function()
    return self.world.service:list_jobs(params)
  end)
end

--- DescribeJob.
function Client:describe_job(params)
  return call(self, "DescribeJob", nil, function()
    return self.world.service:describe_job(params)
  end)
end

-- A download takes its time, in pieces, so that it may be told to end.
local function transfer(self, archive, options)
  local scheduler = self.world.scheduler
  local left = archive.size / self.world.bandwidth
  local moved = 0
  while left > 0 do
    local step = min(left, 60)
    scheduler:sleep(step)
    left, moved = left - step, moved + step * self.world.bandwidth
    if options.on_progress then
      options.on_progress({ phase = "download", bytes = min(moved, archive.size), total = archive.size,
        rate = self.world.bandwidth })
    end
  end
end

--- A job's output becomes a file of the simulated disk, whole and proved, or none.
function Client:download_job_output(params, options)
  local world = self.world
  local scheduler, random = world.scheduler, world.random
  scheduler:boundary("before GetJobOutput")
  world:stand_still(self.process)
  scheduler:sleep(TRIP_SECONDS)
  learn(self)
  local job, refusal = world.service:output(params.jobId)
  local function fail(kind, code, message)
    local err = failure("GetJobOutput", kind, code, true, false)
    err.message = message or err.message
    world.trace:note(self.process.name, "GetJobOutput fails", job and job.archive.name, code)
    scheduler:boundary("after GetJobOutput")
    return nil, err
  end
  if not job then
    if refusal.code == "InvalidParameterValueException" then
      return fail("service", "JobNotReady")
    end
    local nothing, err = fail("service", refusal.code, refusal.message)
    err.status = refusal.status
    return nothing, err
  end
  local archive = job.archive
  transfer(self, archive, options)
  if random() < world.faults.download_fails or scheduler.now < world.fair_from then
    return fail("network", "ReadTimeoutError")
  elseif archive.always_wrong or random() < world.faults.wrong_hash then
    return fail("protocol", "TreeHashMismatch")
  elseif not world.service:output(params.jobId) then
    return fail("service", "ResourceNotFoundException", "The job ID was not found")
  end
  world.checks:fetched(archive, options)
  world.trace:note(self.process.name, "has fetched", archive.name, params.jobId)
  scheduler:boundary("after GetJobOutput")
  return { path = options.path, size = archive.size, tree_hash = archive.tree_hash,
    verified = "tree_hash", parts = 1, resumed = 0 }
end

--- Runs functions at the same time; see glacier.Client.
function Client:run_together(functions, tick)
  local scheduler, process = self.world.scheduler, self.process
  local left, raised = #functions, nil
  if left == 0 then
    return
  end
  local function is_stopped()
    return raised ~= nil
  end
  scheduler:park(function(wake)
    for _, act in ipairs(functions) do
      scheduler:spawn(process, function()
        local ok, err = pcall(act, is_stopped)
        scheduler:check()
        raised = raised or (not ok and { err } or nil)
        left = left - 1
        if left == 0 then
          wake()
        end
      end)
    end
    if tick then
      local function again()
        if left > 0 and not process.dead then
          scheduler:spawn(process, function()
            local ok, err = pcall(tick)
            scheduler:check()
            raised = raised or (not ok and { err } or nil)
          end)
          scheduler:at(scheduler.now + self.world.tick_seconds, again)
        end
      end
      again()
    end
  end)
  if raised then
    error(raised[1], getmetatable(raised[1]) and 0 or 0)
  end
end

return simulated
