--- Sends requests over nginx's own sockets; the contract is that of
-- glacier.transport. A light thread exchanges, and the caller watches over
-- its time: so the looking up of names is bounded as well, and a call ends
-- when the client is closed.

local exchange = require("glacier.cosocket.exchange")
local request_of = require("glacier.cosocket.request")
local sending = require("glacier.sending")

local error, pairs, pcall, setmetatable = error, pairs, pcall, setmetatable
local huge, max, min = math.huge, math.max, math.min
local ngx = _G.ngx

-- Seconds, where nothing else bounds a wait.
local LONGEST_WAIT = 3600

---@class glacier.CosocketTransport: glacier.Transport
---@field host glacier.Host
local Transport = {}
Transport.__index = Transport

local transport = {}

-- What nginx decides by its own configuration, for all of its sockets. What a
-- variable of the environment says is for other programs, too: no error.
local function check_options(options)
  if options.ca_bundle then
    return sending.failure("InvalidConfigError", "Option 'ca_bundle' is not for " ..
      "host = \"openresty-cosocket\": name the file in nginx's directive " ..
      "'lua_ssl_trusted_certificate'")
  elseif options.proxy and options.proxy ~= "" then
    return sending.failure("InvalidConfigError",
      "Option 'proxy' is not for host = \"openresty-cosocket\": use host = \"openresty\"")
  end
end

--- A transport; its connections are kept in nginx's pools, by worker.
---@param host glacier.Host
---@param options table  the client's
---@return glacier.CosocketTransport?
---@return glacier.Failure? failure
function transport.new(host, options)
  local failure = check_options(options)
  if failure then
    return nil, failure
  end
  return setmetatable({ host = host, waiting = setmetatable({}, { __mode = "k" }) }, Transport)
end

local function run(job, request, semaphore)
  job.ok, job.response, job.failure = pcall(exchange.run, job, request)
  job.over = true
  semaphore:post()
end

-- Why there is no more time for a job.
local function overdue(job, now)
  if now >= job.due then
    return sending.failure("DeadlineExceededError", "the time for the call is over", job.sent)
  elseif not job.connected and now >= job.connect_due then
    return sending.failure("ConnectTimeoutError", "no connection in time", job.sent)
  end
end

-- Waits for the end of a job, or of its time, or of the transport.
---@return glacier.Failure?  why it is to be ended
local function watch(self, job, semaphore)
  local failure
  while not job.over and not failure do
    local now = self.host.now()
    local due = job.connected and job.due or min(job.due, job.connect_due)
    semaphore:wait(max(0.001, min(due - now, LONGEST_WAIT)))
    if self.closed then
      failure = sending.failure("CancelledError", "the call was cancelled", job.sent)
    else
      failure = overdue(job, self.host.now())
    end
  end
  return not job.over and failure or nil
end

-- A limit of 0 is none.
local function moment_after(now, seconds)
  return seconds and seconds > 0 and now + seconds or huge
end

--- Sends a request and waits for the whole response.
---@param request table  as glacier.transport takes it; its ca_bundle and proxy
--- have no meaning here
---@return {status: integer, reason: string, headers: table, body: string?}?
---@return glacier.Failure? failure
function Transport:send(request)
  local failure = sending.refuse(self, request)
  if failure then
    return nil, failure
  end
  local job
  job, failure = request_of.prepare(request)
  if not job then
    return nil, failure
  end
  local now = self.host.now()
  job.due = moment_after(now, request.timeout)
  job.connect_due = moment_after(now, request.connect_timeout)
  local semaphore = self.host.new_semaphore()
  self.waiting[job] = semaphore
  local thread = ngx.thread.spawn(run, job, request, semaphore)
  failure = watch(self, job, semaphore)
  self.waiting[job] = nil
  if failure then
    ngx.thread.kill(thread)
    return nil, failure
  end
  ngx.thread.wait(thread) -- else it would be kept for as long as the caller
  if not job.ok then
    error(job.response, 0)
  end
  if job.failure then
    job.failure.sent = job.sent
  end
  return job.response, job.failure
end

--- Ends all that is on its way; further requests fail.
function Transport:close()
  if not self.closed then
    self.closed = true
    for _, semaphore in pairs(self.waiting) do
      semaphore:post()
    end
  end
end

return transport
