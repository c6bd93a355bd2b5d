--- The retry loop around the attempts of a call, and what it does besides
-- trying again: setting the clock, renewing credentials, finding the job of a
-- lost answer.

local attempt = require("glacier.attempt")
local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local ledger = require("glacier.ledger")
local model = require("glacier.model")
local output = require("glacier.output")
local reconcile = require("glacier.reconcile")
local retry = require("glacier.retry")
local scheduler = require("glacier.host.scheduler")
local serialize = require("glacier.serialize")
local timestamp = require("glacier.timestamp")

local huge, max = math.huge, math.max
local pcall, setmetatable, tostring = pcall, setmetatable, tostring

local calls = {}

-- Before a job may be sent again, ListJobs is worth these attempts at least.
local LISTING_ATTEMPTS = 3

-- Between two looks at whether the answer to another call has come.
local TWIN_SECONDS = 0.05

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

local function out_of_time(cause)
  return errors.out_of_time(
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
  -- By the clock that signed: another call may have set it since.
  local skew = theirs and call.clock_offset and theirs - attempt.now(self, call.clock_offset)
  if not call.clock_set and retry.is_clock_skew(err, skew) then
    call.clock_set = true
    self.clock_offset = call.clock_offset + skew
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

-- Of jobs that look like a call's, the first that is no other call's. Where
-- the answer to another call for the same thing is still to come, it may name
-- one of these: this is settled first. It cannot come while this call blocks
-- the program; but then the other was sent before, and the last job is ours.
local function choose(self, call, jobs)
  local host = self.transport.host
  local listed_at = host.now()
  local blocks = not scheduler.can_yield() or host.blocks ~= nil and host.blocks()
  while not blocks and self.ledger:first_free(jobs) and
      self.ledger:awaits_twin(call, listed_at, host.now()) do
    if not sleep(self, call, TWIN_SECONDS) then
      return nil, out_of_time(call.cause)
    end
  end
  local awaited = blocks and self.ledger:awaits_twin(call, listed_at, host.now())
  local job = self.ledger:first_free(jobs, awaited)
  if job then
    self.ledger:give(job.JobId, host.now())
  end
  return job
end

-- The job that a lost answer was about, if there is one; else an error of the
-- listing, or where the time does not last to find out.
local function look_for(self, call)
  local host = self.transport.host
  local jobs, response, job, err, asked_at
  repeat
    asked_at = host.now()
    jobs, response = reconcile.find({
      params = call.params,
      elapsed = function()
        return attempt.elapsed(self, call)
      end,
      now = attempt.now(self),
    }, list_jobs(self, call))
    if not jobs then
      return nil, nil, response
    end
    job, err = choose(self, call, jobs)
    -- What has been taken meanwhile may have been taken in place of a job
    -- that this list does not tell yet.
  until job or err or not self.ledger:taken_since(jobs, asked_at)
  return job, err, response
end

-- After an attempt that leaves open whether the job was started: the result,
-- if the service has the job.
local function find_lost(self, call)
  local job, err, response = look_for(self, call)
  local failed = errors.is_error(response)
  log(self, call, "reconcile", {
    found = job ~= nil, failed = failed, reason = failed and tostring(response) or nil,
    job_id = job and job.JobId,
  })
  if not job then
    return nil, err
  end
  local result = reconcile.result(job)
  result.ResponseMetadata = response.ResponseMetadata
  result.ResponseMetadata.Reconciled = true
  return result
end

local function may_be_lost(self, call, err)
  local wanted = call.reconcile
  if wanted == nil then
    wanted = self.options.reconcile
  end
  return call.operation.reconcile and wanted and reconcile.is_ambiguous(err)
end

-- Whether the service may have done what it must not be asked for twice.
local function is_final(call, err)
  return call.operation.resend == false and reconcile.is_ambiguous(err)
end

-- What the attempts together leave open: whether anything was sent, and
-- whether it may have been done. Reading does nothing.
local function note_doubt(call, err)
  call.sent = call.sent or err.sent == true
  call.doubted = call.doubted or
    call.operation.method ~= "GET" and reconcile.is_ambiguous(err)
end

-- Waits for its turn where the client limits its rate: adaptive mode.
local function take_turn(self, call)
  local host = self.transport.host
  local delay = self.limiter and self.limiter:acquire(host.now())
  while delay do
    if not sleep(self, call, delay) then
      return errors.out_of_time("the time for the call is over before its rate limit let it pass")
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
  call.waiting_since = host.now()
  result, err = attempt.make(self, call)
  call.waiting_since = nil
  if err then
    err.retryable = retry.is_retryable(err) and not is_final(call, err)
  end
  if self.limiter then
    self.limiter:update(err ~= nil and retry.is_throttling(err), host.now())
  end
  return result, err
end

-- Waits before another attempt; else the error that ends the call.
local function pause(self, call, err, before)
  if err.code == "DeadlineExceededError" and before then
    err.message = err.message .. "; the attempt before: " .. before.message
    err.cause = before
  end
  local delay, cost = retry.decide(call.attempts, call.max_attempts, err, self.quota,
    digest.random())
  call.cost = cost
  if not delay then
    err.exhausted = err.retryable and call.attempts >= call.max_attempts
    return err
  end
  log(self, call, "retry", { delay = delay, code = err.code, reason = err.message })
  if not sleep(self, call, delay) then
    return out_of_time(err)
  end
end

-- After a failed attempt: the result found in spite of it, or the error that
-- ends the call, or neither, to try again.
local function recover(self, call, err)
  local before, final = call.cause, nil
  call.cause = err
  note_doubt(call, err)
  if is_final(call, err) or not mend(self, call, err) then
    final = pause(self, call, err, before)
  end
  -- Once in doubt, always: a request may be taken long after it seemed lost.
  call.in_doubt = call.in_doubt or may_be_lost(self, call, err)
  if call.in_doubt then
    local result, late = find_lost(self, call)
    if result or late then
      return result, late
    end
  end
  return nil, final
end

local function finish(self, call, result, err)
  if call.output then
    result, err = call.output:finish(result, err)
  end
  if result then
    result.ResponseMetadata.RetryAttempts = call.attempts - 1
    if result.jobId and call.operation.reconcile then
      self.ledger:give(result.jobId, self.transport.host.now())
    end
  else
    err.operation = call.operation.name
    err.attempts = call.sends
    err.sent, err.in_doubt = call.sent, call.doubted
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
  call.attempts, call.sends = 0, 0
  call.sent, call.doubted = false, false
  call.invocation_id = digest.uuid()
  call.began = self.transport.host.now()
  self.ledger:open(call)
  local result, err = try(self, call)
  self.ledger:close(call)
  return finish(self, call, result, err)
end

--- Runs a call whose parameters are valid.
---@param self glacier.Client
---@param operation table  an operation of the model
---@param params table
---@param options table  of the one call, from call_options
---@return table? result
---@return glacier.Error? err
function calls.run(self, operation, params, options)
  local timeout = options.timeout or self.options.timeout
  local receiver, err = output.of(options)
  if err then
    err.operation, err.sent, err.in_doubt = operation.name, false, false
    return nil, err
  end
  return run(self, {
    operation = operation,
    params = params,
    deadline = timeout and self.transport.host.now() + timeout,
    max_attempts = options.max_attempts or self.max_attempts,
    reconcile = options.reconcile,
    sign_before = options.sign_before,
    output = receiver,
  })
end

--- The state that the calls of a client share.
---@param self glacier.Client
function calls.prepare(self)
  self.quota = retry.new_quota()
  self.clock_offset = 0
  self.deadlines = setmetatable({}, { __mode = "k" })
  local connect_timeout, read_timeout = self.options.connect_timeout, self.options.read_timeout
  -- 0 is none.
  self.ledger = ledger.new(connect_timeout > 0 and read_timeout > 0 and
    connect_timeout + read_timeout or huge)
end

return calls
