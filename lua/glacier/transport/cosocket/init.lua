--- Sends requests over nginx's own sockets; the contract is that of
-- glacier.transport. A light thread exchanges, and the caller watches over
-- its time: so the looking up of names is bounded as well, and a call ends
-- when the client is closed.

local exchange = require("glacier.transport.cosocket.exchange")
local request_of = require("glacier.transport.cosocket.request")
local sending = require("glacier.transport.sending")

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

---@class glacier.CosocketExchange: glacier.Exchange
local Exchange = {}
Exchange.__index = Exchange

function Exchange:done()
  return self.job.over or self.failure ~= nil
end

function Exchange:wait(limit)
  local owner, job = self.transport, self.job
  local now = owner.host.now()
  local due = job.connected and job.due or min(job.due, job.connect_due)
  self.semaphore:wait(max(0.001, min(due - now, limit or LONGEST_WAIT, LONGEST_WAIT)))
  if job.over then
    return true
  elseif owner.closed then
    self.failure = sending.failure("CancelledError", "the call was cancelled", job.sent)
  else
    self.failure = overdue(job, owner.host.now())
  end
  return true
end

function Exchange:sent()
  return self.job.sent
end

function Exchange:reused()
  return self.job.sent and self.job.reused
end

function Exchange:cancel()
  self.transport.waiting[self.job] = nil
  if not self.job.over then
    ngx.thread.kill(self.thread)
  end
end

function Exchange:response()
  local job = self.job
  self.transport.waiting[job] = nil
  if not job.over then
    ngx.thread.kill(self.thread)
    self.failure.reused = self:reused()
    return nil, self.failure
  end
  ngx.thread.wait(self.thread) -- else it would be kept for as long as the caller
  if not job.ok then
    error(job.response, 0)
  end
  if job.failure then
    job.failure.sent = job.sent
    job.failure.reused = job.sent and job.reused
  end
  return job.response, job.failure
end

-- Who waits is counted below zero; whose light thread was ended is not.
function Exchange:is_abandoned()
  return not self.job.over and self.semaphore:count() >= 0
end

-- A limit of 0 is none.
local function moment_after(now, seconds)
  return seconds and seconds > 0 and now + seconds or huge
end

--- Sends a request.
---@param request table  as glacier.transport takes it; its ca_bundle and proxy
--- have no meaning here
---@return glacier.Exchange?
---@return glacier.Failure? failure
function Transport:begin(request)
  local failure = sending.refuse(self, request)
  if failure then
    return nil, failure
  end
  local job
  job, failure = request_of.prepare(request)
  if not job then
    return nil, sending.refused(failure)
  end
  local now = self.host.now()
  job.due = moment_after(now, request.timeout)
  job.connect_due = moment_after(now, request.connect_timeout)
  request.host = self.host
  local semaphore = self.host.new_semaphore()
  self.waiting[job] = semaphore
  return setmetatable({
    transport = self, job = job, semaphore = semaphore,
    thread = ngx.thread.spawn(run, job, request, semaphore),
  }, Exchange)
end

--- Sends a request and waits for the whole response.
---@type fun(self, request: table): table?, glacier.Failure?
Transport.send = sending.send

--- Ends all that is on its way; further requests fail.
function Transport:close()
  if not self.closed then
    self.closed = true
    for _, semaphore in pairs(self.waiting) do
      semaphore:post()
    end
    self.host.notify()
  end
end

return transport
