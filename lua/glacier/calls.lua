--- The retry loop around the attempts of a call, and what it does besides
-- trying again: setting the clock, renewing credentials, finding the job of a
-- lost answer.

local attempt = require("glacier.attempt")
local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local model = require("glacier.model")
local reconcile = require("glacier.reconcile")
local retry = require("glacier.retry")
local serialize = require("glacier.serialize")
local timestamp = require("glacier.timestamp")

local max = math.max
local pairs, pcall, setmetatable, tostring = pairs, pcall, setmetatable, tostring

local calls = {}

-- Before a job may be sent again, ListJobs is worth these attempts at least.
local LISTING_ATTEMPTS = 3

-- Ids are kept this long after the oldest call under way began: what is older
-- no call can take for its own.
local GIVEN_SECONDS = 10

--- Tells the logger of an event, if there is one. What it does wrong is its
-- own business: a call does not fail of it.
---@param self glacier.Client
---@param event table
function calls.log(self, event)
  pcall(self.options.logger, event)
end

local function log(self, call, name, fields)
  if self.options.logger then
    fields = fields or {}
    fields.event = name
    fields.operation = call.operation.name
    fields.attempt = call.attempts
    calls.log(self, fields)
  end
end

-- Prepends the endpoint's own path and query.
local function at_endpoint(request, where)
  request.path = where.path .. request.path
  if where.query ~= "" then
    request.query = request.query == "" and where.query or where.query .. "&" .. request.query
  end
  return request
end

-- Forgets the ids that no call under way can meet.
local function sweep(self, now)
  local oldest, count = now, 0
  for call in pairs(self.under_way) do
    oldest = call.began < oldest and call.began or oldest
  end
  for id, at in pairs(self.given) do
    if at < oldest - GIVEN_SECONDS then
      self.given[id] = nil
    else
      count = count + 1
    end
  end
  self.given_limit = max(64, 2 * count)
  self.given_count = count
end

-- Notes whose job an id is, so that no other call takes it for its own.
local function give(self, result)
  local now = self.transport.host.now()
  if not self.given[result.jobId] then
    self.given_count = self.given_count + 1
  end
  self.given[result.jobId] = now
  if self.given_count > self.given_limit then
    sweep(self, now)
  end
end

local function out_of_time(cause)
  return errors.new("timeout", "DeadlineExceededError",
    "the time for the call is over; the last attempt: " .. cause.message, { cause = cause })
end

-- Waits, unless the call would be over before.
local function sleep(self, call, delay)
  local host = self.transport.host
  if call.deadline and host.now() + delay >= call.deadline then
    return false
  end
  host.sleep(delay)
  return true
end

-- What is put right at once and tried once more, whatever the number of
-- attempts: a clock that is off, credentials that have expired.
local function mend(self, call, err)
  local theirs = timestamp.parse_http(err.date)
  local skew = theirs and theirs - attempt.now(self)
  if not call.clock_set and retry.is_clock_skew(err, skew) then
    call.clock_set = true
    self.clock_offset = self.clock_offset + skew
    log(self, call, "clock", { offset = self.clock_offset })
    return true
  end
  if not call.renewed and retry.is_expired_token(err) then
    call.renewed = true
    return self.credentials:invalidate(call.identity)
  end
  return false
end

local run

local function list_jobs(self, call)
  local operation = model.operations[call.operation.reconcile]
  return function(params)
    return run(self, {
      operation = operation,
      params = params,
      deadline = call.deadline,
      max_attempts = max(LISTING_ATTEMPTS, self.max_attempts),
    })
  end
end

-- After an attempt that leaves open whether the job was started: the job, if
-- the service has it.
local function find_lost(self, call)
  local host = self.transport.host
  local description, response = reconcile.find({
    params = call.params,
    elapsed = function()
      return host.now() - call.began
    end,
    now = attempt.now(self),
    given = self.given,
  }, list_jobs(self, call))
  if not description then
    local failed = errors.is_error(response)
    log(self, call, "reconcile", {
      found = false, failed = failed, reason = failed and tostring(response) or nil,
    })
    return nil
  end
  local result = reconcile.result(description)
  result.ResponseMetadata = response.ResponseMetadata
  result.ResponseMetadata.Reconciled = true
  log(self, call, "reconcile", { found = true, job_id = result.jobId })
  return result
end

local function may_be_lost(self, call, err)
  return call.operation.reconcile and self.options.reconcile and reconcile.is_ambiguous(err)
end

-- Waits for its turn where the client limits its rate: adaptive mode.
local function take_turn(self, call)
  local host = self.transport.host
  local delay = self.limiter and self.limiter:acquire(host.now())
  while delay do
    if not sleep(self, call, delay) then
      return errors.new("timeout", "DeadlineExceededError",
        "the time for the call is over before its rate limit let it pass")
    end
    delay = self.limiter:acquire(host.now())
  end
end

local function make_attempt(self, call)
  local host = self.transport.host
  local err = take_turn(self, call)
  local result
  call.attempts = call.attempts + 1
  if err then
    return nil, err
  end
  if self.options.logger then
    log(self, call, "attempt", { host = self.endpoint.host })
  end
  result, err = attempt.make(self, call)
  if err then
    err.retryable = retry.is_retryable(err)
  end
  if self.limiter then
    self.limiter:update(err ~= nil and retry.is_throttling(err), host.now())
  end
  return result, err
end

-- After a failed attempt: the result found in spite of it, or the error that
-- ends the call, or neither, to try again.
local function recover(self, call, err)
  if mend(self, call, err) then
    return nil, nil
  elseif err.code == "DeadlineExceededError" and call.cause then
    err.message = err.message .. "; the attempt before: " .. call.cause.message
    err.cause = call.cause
  end
  call.cause = err
  local delay, cost = retry.decide(call.attempts, call.max_attempts, err, self.quota,
    digest.random())
  call.cost = cost
  local lost = may_be_lost(self, call, err)
  if delay then
    log(self, call, "retry", { delay = delay, code = err.code, reason = err.message })
    if not sleep(self, call, delay) then
      return nil, out_of_time(err)
    end
  else
    err.exhausted = err.retryable and call.attempts >= call.max_attempts
  end
  local result = lost and find_lost(self, call)
  if result then
    return result
  end
  return nil, not delay and err or nil
end

local function finish(self, call, result, err)
  if result then
    result.ResponseMetadata.RetryAttempts = call.attempts - 1
    if result.jobId and call.operation.reconcile then
      give(self, result)
    end
  else
    err.operation = call.operation.name
    err.attempts = call.attempts
  end
  if self.options.logger then
    log(self, call, "done", {
      seconds = self.transport.host.now() - call.began,
      ok = result ~= nil,
      status = result and result.ResponseMetadata.HTTPStatusCode or err.status,
      code = err and err.code,
      request_id = result and result.ResponseMetadata.RequestId or err and err.request_id,
    })
  end
  return result, err
end

local function try(self, call)
  local result, err
  repeat
    result, err = make_attempt(self, call)
    if result then
      retry.succeeded(self.quota, call.cost)
    else
      result, err = recover(self, call, err)
    end
  until result or err
  return result, err
end

-- Runs a call {operation, params, deadline, max_attempts}.
function run(self, call)
  call.request = at_endpoint(serialize.request(call.params, call.operation), self.endpoint)
  call.attempts = 0
  call.invocation_id = digest.uuid()
  call.began = self.transport.host.now()
  self.under_way[call] = true
  local result, err = try(self, call)
  self.under_way[call] = nil
  return finish(self, call, result, err)
end

--- Runs a call whose parameters are valid.
---@param self glacier.Client
---@param operation table  an operation of the model
---@param params table
---@return table? result
---@return glacier.Error? err
function calls.run(self, operation, params)
  return run(self, {
    operation = operation,
    params = params,
    deadline = self.options.timeout and self.transport.host.now() + self.options.timeout,
    max_attempts = self.max_attempts,
  })
end

--- The state that the calls of a client share.
---@param self glacier.Client
function calls.prepare(self)
  self.quota = retry.new_quota()
  self.clock_offset = 0
  self.deadlines = setmetatable({}, { __mode = "k" })
  self.under_way = setmetatable({}, { __mode = "k" })
  self.given, self.given_count, self.given_limit = {}, 0, 64
end

return calls
