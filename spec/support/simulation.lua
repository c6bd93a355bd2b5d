--- A service, a network and a clock in place of the real ones, so that many
-- calls with many faults take no time. What is lost, and when, is drawn from
-- `random`.

local cjson = require("cjson")

local simulation = {}

local function iso(epoch)
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(epoch)) ..
    (".%03dZ"):format(math.floor(epoch % 1 * 1000))
end

local function http_date(epoch)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(epoch))
end

local LOST = { kind = "network", code = "ConnectionClosedError", message = "closed", sent = true }
local UNSENT = { kind = "network", code = "EndpointConnectionError", message = "refused", sent = false }

local function copy(failure)
  return { kind = failure.kind, code = failure.code, message = failure.message, sent = failure.sent }
end

---@class Simulation
---@field jobs table[]       descriptions of all jobs started
---@field creators table<string, any>  job id -> the invocation that started it
local Simulation = {}
Simulation.__index = Simulation

--- A world.
---@param random fun(): number  0 to 1
---@param options { lists_lost: integer, clock: number }  how many answers of
--- a call of ListJobs may be lost; by how much the service's clock is off
function simulation.new(random, options)
  local now = 1000
  local self = setmetatable({
    random = random, options = options, jobs = {}, creators = {}, lost_lists = {}, wakes = {},
  }, Simulation)
  self.host = {
    name = "simulated",
    now = function() return now end,
    sleep = function(seconds)
      local task = coroutine.running()
      if self.wakes[task or self] then
        self.wakes[task] = now + seconds
        coroutine.yield()
      else
        now = now + seconds
      end
    end,
    wait = function() error("nothing to wait for") end,
  }
  self.advance = function(to)
    now = math.max(now, to)
  end
  -- The wall clock that the client reads stands still: only the host's moves.
  local start = os.time()
  self.service_time = function()
    return start + (now - 1000) + options.clock
  end
  return self
end

local function response(self, status, body, headers)
  headers = headers or {}
  headers.date = http_date(self.service_time())
  headers["x-amzn-requestid"] = "R"
  return { status = status, reason = "", headers = headers, body = body or "" }
end

local function start_job(self, request, invocation)
  local params = cjson.decode(request.body)
  local id = "JOB" .. (#self.jobs + 1)
  self.jobs[#self.jobs + 1] = {
    JobId = id, Action = "ArchiveRetrieval", ArchiveId = params.ArchiveId,
    JobDescription = params.Description, Tier = params.Tier or "Standard",
    RetrievalByteRange = "0-99", ArchiveSizeInBytes = 100, CreationDate = iso(self.service_time()),
    VaultARN = "arn:aws:glacier:us-west-2:1:vaults/v",
  }
  self.creators[id] = invocation
  return id
end

local function header(request, name)
  for i = 1, #request.headers, 2 do
    if request.headers[i] == name then
      return request.headers[i + 1]
    end
  end
end

local function list(self, request)
  local invocation = header(request, "amz-sdk-invocation-id")
  local lost = self.lost_lists[invocation] or 0
  if lost < self.options.lists_lost and self.random() < 0.3 then
    self.lost_lists[invocation] = lost + 1
    return nil, copy(LOST)
  end
  return response(self, 200, (cjson.encode({ JobList = self.jobs, Marker = cjson.null })
    :gsub('"JobList":{}', '"JobList":[]')))
end

local function initiate(self, request)
  local fate = self.random()
  if fate < 0.1 then
    return nil, copy(UNSENT)
  elseif fate < 0.25 then
    return nil, copy(LOST) -- the request was lost
  elseif fate < 0.3 then
    return response(self, 503)
  elseif fate < 0.33 then
    return response(self, 400, '{"code":"ThrottlingException","message":"slow down"}')
  end
  local id = start_job(self, request, header(request, "amz-sdk-invocation-id"))
  fate = self.random()
  if fate < 0.3 then
    return nil, copy(LOST) -- the answer was lost
  elseif fate < 0.4 then
    return response(self, 500)
  elseif fate < 0.45 then
    return response(self, 202) -- a proxy lost the headers
  end
  return response(self, 202, nil, {
    ["x-amz-job-id"] = id, location = "/1/vaults/v/jobs/" .. id,
  })
end

--- Sends, as a transport does; each message takes a moment.
function Simulation:send(request)
  self.host.sleep(self.random() * 0.2)
  local answer, failure
  if request.method == "POST" then
    answer, failure = initiate(self, request)
  else
    answer, failure = list(self, request)
  end
  self.host.sleep(self.random() * 0.2)
  return answer, failure
end

-- The task that wakes first.
local function next_task(self)
  local first
  for _, task in ipairs(self.tasks) do
    local wake = self.wakes[task]
    if wake and (not first or wake < self.wakes[first]) then
      first = task
    end
  end
  return first
end

--- Runs functions at the same time, each beginning at a moment of its own
-- within a second.
function Simulation:together(functions)
  self.tasks = {}
  for i, fn in ipairs(functions) do
    self.tasks[i] = coroutine.create(fn)
    self.wakes[self.tasks[i]] = self.host.now() + self.random()
  end
  local task = next_task(self)
  while task do
    self.advance(self.wakes[task])
    assert(coroutine.resume(task))
    if coroutine.status(task) == "dead" then
      self.wakes[task] = nil
    end
    task = next_task(self)
  end
end

function Simulation.close()
end

return simulation
