--- One loading of credentials that is under way. It belongs to nobody: the
-- providers run in a coroutine of its own, which says what has to be waited
-- for, and whoever needs the credentials performs that. So what a caller leaves
-- behind that is killed, closed or never resumed, the next one goes on with.
--
-- What is waited for is an operation: to send a request, to sleep, or to call
-- the user's function. That one alone cannot be gone on with by another.
--
-- Where coroutines are pinned to who made them (nginx) the providers run in
-- the caller itself, and its frame tells whether it is still at it.

local errors = require("glacier.errors")
local frame = require("glacier.host").frame
local protected = require("glacier.host").protected
local transport = require("glacier.transport")
local waiting = require("glacier.host").waiting

local create, resume, status, yield = coroutine.create, coroutine.resume, coroutine.status,
  coroutine.yield
local huge, max, min = math.huge, math.max, math.min
local pcall, select, setmetatable, type = pcall, select, setmetatable, type
local unpack = table.unpack or unpack -- luacheck: ignore 113 143

local refresh = {}

-- What a clock of floating point may be off by.
local INSTANT = 1e-4

-- Operations that an expired refresh is still given the outcome of: a provider
-- that goes on all the same is left alone.
local MOST_EXPIRED = 20

-- Seconds for which nobody waits longer for one refresh.
refresh.LONGEST = 300

local RECURSION = "the credentials function calls the client that it is to give credentials to"

---@class glacier.RefreshSurroundings  what a refresh may use of its client
---@field host glacier.Host
---@field send fun(request: table): table?, glacier.Failure?
---@field begin? fun(request: table): glacier.Exchange?, glacier.Failure?  nil:
--- send alone is there
---@field is_closed fun(): boolean

---@class glacier.CredentialRefresh
---@field done boolean
---@field loaded table?           what `load` gave
---@field err glacier.Error?
---@field deadline number         by the host's clock: for requests and pauses
---@field in_background boolean?  somebody who is not a caller is at it
---@field operation table?        what is to be done next
local Refresh = {}
Refresh.__index = Refresh

local function pack(...)
  return { n = select("#", ...), ... }
end

--- A new one. Nothing is done yet.
---@param surroundings glacier.RefreshSurroundings
---@param seconds number  that it has unless somebody waits longer
---@param load fun(self: glacier.CredentialRefresh): table?, glacier.Error?
--- uses the methods send, sleep, call and remaining, and may raise
---@param ended fun(self: glacier.CredentialRefresh)  called once, at the end
---@return glacier.CredentialRefresh
function refresh.new(surroundings, seconds, load, ended)
  local host = surroundings.host
  local now = host.now()
  local self = setmetatable({
    surroundings = surroundings, host = host, load = load, ended = ended, done = false,
    deadline = now + seconds, last_deadline = now + refresh.LONGEST, waiters = 0,
    is_direct = host.pins_coroutines or false,
  }, Refresh)
  if not self.is_direct then
    self.thread = create(load)
    self.arguments = pack(self)
  end
  return self
end

--- Counts somebody who waits for it, which makes it last as long as he does.
---@param deadline number?  his, by the host's clock
function Refresh:join(deadline)
  self.waiters = self.waiters + 1
  self.deadline = max(self.deadline, min(deadline or huge, self.last_deadline))
end

--- Counts him no longer.
function Refresh:leave()
  self.waiters = self.waiters - 1
end

local function finish(self, ok, loaded, err)
  if not ok then
    loaded, err = nil, errors.credentials((self.source and self.source .. ": " or "") ..
      (type(loaded) == "string" and loaded or "it raised an error that is no text"))
  end
  if self.done then
    return
  end
  self.loaded, self.err = loaded, err
  self.done = true
  self.ended(self)
  waiting.notify(self.host)
end

--- Ends it with what somebody raised who was at it.
---@param err any
function Refresh:fail(err)
  finish(self, false, err)
end

-- For `load` --------------------------------------------------------------

--- Seconds that the refresh still has.
---@return number
function Refresh:remaining()
  return self.deadline - self.host.now()
end

--- Sends a request, which ends with the refresh at the latest.
---@param request table
---@return table? response
---@return glacier.Failure? failure
function Refresh:send(request)
  request.deadline = self.deadline
  if self.is_direct then
    return self.surroundings.send(request)
  end
  return yield({ kind = "send", request = request })
end

---@param seconds number
function Refresh:sleep(seconds)
  if self.is_direct then
    waiting.sleep(self.host, seconds, self.surroundings.is_closed)
  else
    yield({ kind = "sleep", due = self.host.now() + seconds })
  end
end

--- Calls a function of the user's, which may wait in whatever way it likes.
---@param fn function
---@return boolean ok
---@return any ...  as of pcall
function Refresh:call(fn)
  if self.is_direct then
    return pcall(fn)
  end
  return yield({ kind = "call", fn = fn })
end

-- For those who want it done ----------------------------------------------

local function proceed(self, ok, operation, ...)
  if status(self.thread) == "dead" then
    return finish(self, ok, operation, ...)
  end
  self.operation = operation
end

-- Gives the coroutine of the providers the outcome of its operation.
local function continue(self, outcome)
  self.operation = nil
  return proceed(self, resume(self.thread, unpack(outcome, 1, outcome.n)))
end

-- Each gives the outcome, or nil where the operation is not over yet, or nil
-- and why it is nothing to be gone on with.
local perform = {}

function perform.sleep(self, operation, left)
  local pause = min(operation.due - self.host.now(), left)
  if pause > INSTANT and not self.surroundings.is_closed() then
    self.host.sleep(pause)
  end
  if self.surroundings.is_closed() or operation.due - self.host.now() <= INSTANT then
    return pack()
  end
end

-- Whether somebody else is at what he alone can end.
local function is_taken(operation)
  return operation.at ~= nil and not frame.is_gone(operation.at)
end

-- Does what no other can go on with; its frame tells whether it is still done.
local function monopolize(operation, call)
  local mine
  if is_taken(operation) then
    return nil, frame.is_here(operation.at) and "recursive" or "busy"
  end
  local outcome = pack(frame.run(function(at)
    operation.at, mine = at, at
  end, call))
  return operation.at == mine and outcome or nil
end

function perform.call(_, operation)
  return monopolize(operation, function()
    return protected.call(operation.fn)
  end)
end

function perform.send(self, operation, left)
  local surroundings, request = self.surroundings, operation.request
  if not surroundings.begin then
    return monopolize(operation, function()
      return surroundings.send(request)
    end)
  end
  local failure, ok
  local exchange = operation.exchange
  if not exchange then
    exchange, failure = surroundings.begin(request)
    if not exchange then
      return pack(nil, failure)
    end
    operation.exchange = exchange
  end
  if not exchange:done() then
    ok, failure = exchange:wait(left < huge and left or nil)
    if not ok then
      exchange:cancel()
      return pack(nil, failure)
    end
  end
  if exchange:done() and self.operation == operation then
    return pack(transport.finish(exchange))
  end
end

-- Runs the providers in the caller itself, and no longer than he has time.
local function run_directly(self, deadline)
  local _, why = monopolize(self, function()
    self.deadline = min(self.deadline, deadline or huge)
    finish(self, pcall(self.load, self))
    return true
  end)
  return why or "done"
end

--- Goes on with it until it has ended.
---@param deadline number?  until when, by the host's clock; nil: to its end
---@return string how  "done"; "late": the deadline has passed; "busy": somebody
--- else is at what he alone can end; "recursive": this is that somebody
function Refresh:drive(deadline)
  if self.done then
    return "done"
  elseif self.is_direct then
    return run_directly(self, deadline)
  elseif self.arguments then
    local arguments = self.arguments
    self.arguments = nil
    continue(self, arguments)
  end
  while not self.done do
    local operation = self.operation
    local left = deadline and deadline - self.host.now() or huge
    if not operation then
      return "recursive" -- the providers run, and have come here
    elseif left <= 0 then
      return "late"
    end
    local outcome, why = perform[operation.kind](self, operation, left)
    if why then
      return why
    elseif outcome and self.operation == operation then
      continue(self, outcome)
    end
  end
  return "done"
end

--- Whether the code that runs now was called by what the refresh calls.
---@return boolean
function Refresh:is_recursive()
  local owner = self.is_direct and self or self.operation
  if not owner then
    return not self.done and not self.arguments
  elseif self.is_direct then
    return self:is_below() -- a pinned coroutine holds up who resumed it
  end
  return owner.at ~= nil and frame.is_here(owner.at)
end

--- Whether what the refresh calls has called the code that runs now, maybe
--- through other coroutines: none of them goes on while this one waits, unless
--- it waits by yielding to them.
---@return boolean
function Refresh:is_below()
  local owner = self.is_direct and self or self.operation
  return owner ~= nil and owner.at ~= nil and frame.is_above(owner.at)
end

--- Whether anybody has been at it yet.
---@return boolean
function Refresh:has_begun()
  return self.done or self.at ~= nil or not (self.is_direct or self.arguments)
end

--- Whether whoever was at what he alone can end is there no more, so that the
--- refresh waits for nobody.
---@return boolean
function Refresh:is_abandoned()
  local owner = self.is_direct and self or self.operation
  return owner ~= nil and owner.at ~= nil and frame.is_gone(owner.at)
end

local LATE = transport.failure("DeadlineExceededError", "the time for the call is over")

local function outcome_of_expired(operation)
  if operation.kind == "send" then
    if operation.exchange then
      operation.exchange:cancel()
    end
    return pack(nil, LATE)
  elseif operation.kind == "sleep" then
    return pack()
  end
end

--- Ends it for want of time, so that nothing of it is left behind: it comes to
--- its end, or, where it cannot be ended, is nobody's business any more.
function Refresh:expire()
  self.deadline, self.last_deadline = min(self.deadline, self.host.now()), -huge
  for _ = 1, MOST_EXPIRED do
    local operation = self.operation
    local outcome = operation and not is_taken(operation) and outcome_of_expired(operation)
    if self.is_direct or not outcome then
      return
    end
    continue(self, outcome)
  end
end

--- The error of one that is needed by what it calls itself.
---@return glacier.Error
function refresh.recursion()
  return errors.credentials(RECURSION)
end

return refresh
