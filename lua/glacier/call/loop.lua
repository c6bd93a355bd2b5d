--- The retry loop around the attempts of a call, and what it does besides
-- trying again: setting the clock, renewing credentials, finding the job of a
-- lost answer. A call is one object with one end, whatever ends it.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local frame = require("glacier.host").frame
local ledger = require("glacier.call.ledger")
local lost = require("glacier.call.lost")
local output = require("glacier.call.output")
local protected = require("glacier.host").protected
local reconcile = require("glacier.call.reconcile")
local retry = require("glacier.call.retry")
local serialize = require("glacier.call.serialize")
local timestamp = require("glacier.timestamp")
local waiting = require("glacier.host").waiting

local error, pcall, setmetatable = error, pcall, setmetatable
local huge = math.huge
local time = os.time

---@class glacier.Calls  what the calls of a client have in common
---@field attempts glacier.Attempts
---@field host glacier.Host
---@field clock glacier.Clock
---@field endpoint glacier.Endpoint
---@field credentials glacier.Credentials
---@field quota glacier.RetryQuota
---@field limiter glacier.RateLimiter?  in adaptive mode
---@field ledger glacier.Ledger
---@field is_closed fun(): boolean
---@field logger? fun(event: table)
---@field defaults {timeout: number?, max_attempts: integer, reconcile: boolean|string}
---@field patience number  seconds after which no answer is waited for
local Calls = {}
Calls.__index = Calls

---@class glacier.Call
---@field operation table  of the model
---@field params table
---@field deadline number?      by the host's clock
---@field max_attempts integer
---@field reconcile boolean|string
---@field sign_before number?   epoch seconds
---@field output glacier.Output?  where the body goes that is not kept
---@field attempts integer      begun so far
---@field sends integer         requests sent so far
---@field is_cut boolean        a connection was lost: the next is to be a new one
---@field was_sent boolean      something of a request may have reached the service
---@field in_doubt boolean      the service may have done what was asked
---@field exchange glacier.Exchange?  the answer that is waited for
local Call = {}
Call.__index = Call

local calls = {}

-- A clock that only goes forward stands still while a machine sleeps; the
-- other one may be set. A difference of some seconds means sleep.
local SLEPT_SECONDS = 2

--- What the logger does wrong is its own business: a call does not fail of it.
---@param logger fun(event: table)
---@param event table
function calls.tell(logger, event)
  pcall(logger, event)
end

--- Tells the logger of an event, if there is one.
---@param name string
---@param fields table?
function Call:log(name, fields)
  local logger = self.shared.logger
  if logger then
    fields = fields or {}
    fields.event = name
    fields.operation = self.operation.name
    fields.attempt = self.attempts
    calls.tell(logger, fields)
  end
end

--- How long ago the request was sent first: seconds.
---@return number
function Call:elapsed()
  local awake = self.shared.host.now() - self.sent_at
  local passed = time() - self.sent_time
  return passed - awake > SLEPT_SECONDS and passed or awake
end

--- The error of a call whose time is over after a failed attempt.
---@return glacier.Error
function Call:out_of_time()
  local cause = self.cause
  return errors.out_of_time(
    "the time for the call is over; the last attempt: " .. cause.message, { cause = cause })
end

local function has_time(self, seconds)
  return not self.deadline or self.shared.host.now() + seconds < self.deadline
end

-- Waits, unless the client is closed before.
local function sleep(self, seconds)
  local shared = self.shared
  waiting.sleep(shared.host, seconds, shared.is_closed)
end

-- What is put right at once and tried once more, whatever the number of
-- attempts: a clock that is off, credentials that have expired.
local function mend(self, err)
  local clock = self.shared.clock
  local theirs = timestamp.parse_http(err.date)
  -- By the clock that signed: another call may have set it since.
  local skew = theirs and self.clock_offset and theirs - clock:now(self.clock_offset)
  if not self.clock_set and retry.is_clock_skew(err, skew) then
    self.clock_set = true
    clock.offset = self.clock_offset + skew
    self:log("clock", { offset = clock.offset })
    return true
  end
  if not self.renewed and retry.is_expired_token(err) then
    self.renewed = true
    return self.shared.credentials:invalidate(self.identity)
  end
  return false
end

-- Waits for its turn where the client limits its rate: adaptive mode.
local function take_turn(self)
  local host, limiter = self.shared.host, self.shared.limiter
  local delay = limiter and limiter:acquire(host.now())
  while delay do
    if not has_time(self, delay) then
      return errors.out_of_time("the time for the call is over before its rate limit let it pass")
    end
    sleep(self, delay)
    if self.shared.is_closed() then
      return calls.cancelled()
    end
    delay = limiter:acquire(host.now())
  end
end

--- The error of a call whose client was closed.
---@return glacier.Error
function calls.cancelled()
  return errors.new("cancelled", "CancelledError", "the client is closed")
end

local function make_attempt(self)
  local shared = self.shared
  local host, limiter = shared.host, shared.limiter
  local err = shared.is_closed() and calls.cancelled() or take_turn(self)
  local result
  self.attempts = self.attempts + 1
  if err then
    return nil, err
  end
  if shared.logger then
    self:log("attempt", { host = shared.endpoint.host })
  end
  self.waiting_since = host.now()
  result, err = shared.attempts:make(self)
  self.waiting_since = nil
  if err then
    err.retryable = retry.is_retryable(err, self.operation)
  end
  if limiter then
    limiter:update(err ~= nil and retry.is_throttling(err), host.now())
  end
  return result, err
end

local function is_gone(call)
  return call.at ~= nil and frame.is_gone(call.at)
end

-- Waits before another attempt; else the error that ends the call.
local function pause(self, err, before)
  local quota = self.shared.quota
  if err.code == "DeadlineExceededError" and before then
    err.message = err.message .. "; the attempt before: " .. before.message
    err.cause = before
  end
  retry.reclaim(quota, is_gone)
  local delay, cost = retry.decide(self.attempts, self.max_attempts, err, quota, digest.random())
  if not delay then
    err.exhausted = err.retryable and self.attempts >= self.max_attempts
    return err
  end
  self:log("retry", { delay = delay, code = err.code, reason = err.message })
  if not has_time(self, delay) then
    retry.give_back(quota, cost)
    return self:out_of_time()
  end
  retry.hold(quota, self, cost)
  sleep(self, delay)
end

-- Whether the taker of the body has ended the call: an answer had come then, and
-- whatever the error says, of whichever request, none is sent again.
local function has_refused(self)
  return self.output ~= nil and self.output.problem ~= nil
end

-- Takes note of what a failed attempt may have left behind.
local function note(self, err)
  local kind = err.kind
  self.cause = err
  self.was_sent = self.was_sent or err.sent == true or has_refused(self)
  self.is_cut = self.is_cut or kind == "network" or kind == "timeout"
  -- Once in doubt, always: a request may be taken long after it seemed lost.
  self.in_doubt = self.in_doubt or
    self.operation.method ~= "GET" and reconcile.is_ambiguous(err)
end

-- After a failed attempt: the result found in spite of it, or the error that
-- ends the call, or neither, to try again.
local function recover(self, err)
  local before, final = self.cause, nil
  note(self, err)
  if has_refused(self) then
    return nil, err
  elseif self.in_doubt and self.operation.resend == false then
    err.retryable = false
    return nil, err
  elseif not mend(self, err) then
    final = pause(self, err, before)
  end
  if self.in_doubt and self.operation.reconcile and self.reconcile and
      not self.shared.is_closed() then
    local result, reason = lost.find(self)
    if result or reason then
      return result, reason
    end
  end
  return nil, final
end

-- What the error says of the call. One that a sink raised is another call's, and
-- says more of that.
local function describe(self, err)
  local is_own = err.operation == nil or not has_refused(self)
  err.operation = is_own and self.operation.name or err.operation
  err.attempts = is_own and self.sends or err.attempts
  err.sent = self.was_sent
  err.in_doubt = self.in_doubt or not is_own and err.in_doubt == true
end

-- The one end of a call that gives something.
local function finish(self, result, err)
  local shared = self.shared
  local cost = retry.settle(shared.quota, self)
  if self.output then
    self.was_sent = self.was_sent or result ~= nil
    result, err = self.output:finish(result, err)
  end
  if self.operation.reconcile then
    shared.ledger:close(self)
  end
  if result then
    retry.succeeded(shared.quota, cost)
    result.ResponseMetadata.RetryAttempts = self.attempts - 1
    if result.jobId and self.operation.reconcile then
      shared.ledger:give(result.jobId, shared.host.now())
    end
  else
    describe(self, err)
  end
  if shared.logger then
    self:log("done", {
      seconds = shared.host.now() - self.began,
      ok = result ~= nil,
      status = result and result.ResponseMetadata.HTTPStatusCode or err.status,
      code = err and err.code,
      request_id = result and result.ResponseMetadata.RequestId or err and err.request_id,
    })
  end
  waiting.notify(shared.host)
  return result, err
end

local function try(self)
  local result, err
  repeat
    result, err = make_attempt(self)
    if not result then
      result, err = recover(self, err)
    end
  until result or err
  return result, err
end

-- Its frame tells others whether the call is still on its way: they may wait for
-- the answer to one that starts a job, or want back what its retry has cost.
local function come_in_sight(at, self)
  self.at = at
  if self.operation.reconcile then
    self.shared.ledger:open(self)
  end
end

-- What is raised in a call (by a host of the user's, say) ends it as well.
local function settle(self, ok, result, err)
  if not ok then
    if self.output then
      self.output:finish()
    end
    if self.operation.reconcile then
      self.shared.ledger:close(self)
    end
    retry.give_back(self.shared.quota, retry.settle(self.shared.quota, self) or 0)
    waiting.notify(self.shared.host)
    error(result, 0)
  end
  return finish(self, result, err)
end

-- Prepends the endpoint's own path and query.
local function at_endpoint(request, where)
  request.path = where.path .. request.path
  if where.query ~= "" then
    request.query = request.query == "" and where.query or where.query .. "&" .. request.query
  end
  return request
end

-- All its fields at once, for a table that grows is a slow one. given: what holds
-- for this call; timeout: seconds, nil and 0 are none
local function new_call(shared, operation, params, request, given, timeout)
  local began = shared.host.now()
  return setmetatable({
    shared = shared, operation = operation, params = params,
    request = at_endpoint(request, shared.endpoint),
    invocation_id = digest.uuid(),
    began = began, patience = shared.patience,
    deadline = timeout and timeout > 0 and began + timeout or nil,
    max_attempts = given.max_attempts or shared.defaults.max_attempts,
    sign_before = given.sign_before,
    reconcile = given.reconcile,
    output = nil,
    attempts = 0, sends = 0, is_cut = false, was_sent = false, in_doubt = false,
  }, Call)
end

local function run(self)
  return settle(self, protected.call(frame.run, come_in_sight, try, self))
end

--- Runs a call for another one, within its time.
---@param operation table
---@param params table
---@param max_attempts integer
---@return table? result
---@return glacier.Error? err
function Call:run(operation, params, max_attempts)
  local inner = new_call(self.shared, operation, params, serialize.request(params, operation),
    { max_attempts = max_attempts })
  inner.deadline, inner.is_cut = self.deadline, self.is_cut
  local result, err = run(inner)
  -- What it lost on a kept connection the next request would lose again.
  self.is_cut = inner.is_cut
  return result, err
end

--- Runs a call whose parameters are valid.
---@param operation table  an operation of the model
---@param params table
---@param given table?  options of this call, see glacier.call_options
---@param request glacier.Request  what the parameters were written down as
---@return table? result
---@return glacier.Error? err
function Calls:run(operation, params, given, request)
  local defaults = self.defaults
  given = given or defaults
  local receiver, err = output.of(given)
  if err then
    err.operation, err.sent, err.in_doubt = operation.name, false, false
    return nil, err
  end
  local call = new_call(self, operation, params, request, given,
    given.timeout or defaults.timeout)
  call.output = receiver
  if call.reconcile == nil then
    call.reconcile = defaults.reconcile
  end
  return run(call)
end

--- Takes note of the end of the client.
function Calls:close()
  ledger.release(self.ledger)
end

--- What the calls of a client have in common.
---@param parts table  the fields of glacier.Calls but quota, ledger and patience
---@param connect_timeout number  seconds, 0 is none
---@param read_timeout number     likewise
---@return glacier.Calls
function calls.new(parts, connect_timeout, read_timeout)
  parts.quota = retry.new_quota()
  parts.ledger = ledger.of(parts.host.now, parts.endpoint.url)
  parts.patience = connect_timeout > 0 and read_timeout > 0 and connect_timeout + read_timeout
    or huge
  return setmetatable(parts, Calls)
end

return calls
