--- Sends requests with the HTTP engine and lets the host do the waiting.

local http = require("glacier.core.http")
local sending = require("glacier.transport.sending")
local waiting = require("glacier.host").waiting

local concat = table.concat
local setmetatable = setmetatable

---@class glacier.Transport
---@field host glacier.Host
local Transport = {}
Transport.__index = Transport

local transport = {}

-- Of a body that goes to a sink: what is handed out at a time, and what of an
-- answer that is no success is kept.
local PIECE_BYTES = 256 * 1024
local MAX_ERROR_BYTES = 1024 * 1024

--- A transport with connections of its own.
---@param host glacier.Host
---@return glacier.Transport?
---@return table? failure
function transport.new(host)
  local engine, failure = http.engine()
  if not engine then
    return nil, failure
  end
  return setmetatable({ engine = engine, host = host }, Transport)
end

-- Closes the engine; a host that watches it is told before.
local function retire(self)
  waiting.closing(self.host, self.engine)
  self.engine:close()
end

-- The engine of this process: a forked child makes its own, as the connections
-- it inherited are its parent's.
local function engine_of(self)
  if self.engine:forked() then
    local engine, failure = http.engine()
    if not engine then
      return nil, failure
    end
    retire(self)
    self.engine = engine
  end
  return self.engine
end

---@class glacier.Transfer: glacier.Exchange
local Transfer = {}
Transfer.__index = Transfer

-- With a sink, the transfer is done whenever it has a piece to hand out.
function Transfer:done()
  return self.transfer:done() and (self.sink == nil or self.is_drained)
end

-- Hands out what has come of a body, or takes note that no more will. Of an
-- answer that is no success the sink sees nothing: it is kept.
local function hand_out(self)
  local kept, failure, ok = self.kept, nil, true
  self.head = self.head or self.transfer:head()
  local piece = self.transfer:take()
  if piece == "" then
    self.is_drained = true
  elseif sending.is_success(self.head) then
    local what
    ok, what = self.sink(piece, self.head)
    if ok and what then
      ok, failure = self.transfer:receive(what)
    else
      failure = what
    end
  elseif self.kept_bytes + #piece > MAX_ERROR_BYTES then
    ok, failure = nil, sending.failure("ResponseTooLargeError",
      "the response's body is larger than " .. MAX_ERROR_BYTES .. " bytes", true)
  else
    self.kept_bytes = self.kept_bytes + #piece
    kept[#kept + 1] = piece
  end
  if not ok then
    self.failure, self.is_drained = failure, true
    self.transfer:cancel()
  end
end

-- Closing the engine ends the transfer, so a closed one is not waited for.
function Transfer:wait(limit)
  if not self.transfer:done() then
    local _, problem = waiting.wait(self.host, self.engine, limit, self.transfer)
    if problem then
      return nil, problem
    end
  end
  if self.sink and not self.is_answered and self.transfer:done() then
    hand_out(self)
  end
  return true
end

function Transfer:sent()
  return self.is_answered or self.transfer:sent()
end

function Transfer:reused()
  if self.is_answered then
    return self.was_reused
  end
  return self.transfer:reused()
end

function Transfer:cancel()
  if not self.is_answered then
    self.transfer:cancel()
  end
end

-- What the engine kept of it is not left to the collector, which does not know
-- how much that is: the next transfer has it while it is still at hand.
local function let_go(self)
  local transfer = self.transfer
  self.is_answered, self.was_reused = true, transfer:reused()
  transfer:release()
end

function Transfer:response()
  if self.failure then
    return nil, self.failure
  end
  local response, failure = self.transfer:response()
  if not response then
    failure.sent = self.transfer:sent()
    return nil, failure
  end
  if self.sink then
    response.body = not sending.is_success(response) and concat(self.kept) or nil
  end
  let_go(self)
  return response, failure
end

--- Sends a request.
---@param request table  as engine:start takes it; `deadline`, by the host's
--- clock, bounds its timeout. `sink`, a function of a piece and the head: gets
--- the body of a success, piece by piece; the next is received when it returns
--- true; nil and a failure end the request; true and a receiver: that takes
--- the rest in C, and `receives` says before that it will. The response has no
--- body then
---@return glacier.Exchange?
---@return glacier.Failure? failure
function Transport:begin(request)
  local engine, transfer
  local failure = sending.refuse(self, request)
  if failure then
    return nil, failure
  end
  request.piece_bytes = request.sink and (request.receives and 1 or PIECE_BYTES)
  engine, failure = engine_of(self)
  if engine then
    transfer, failure = engine:start(request)
  end
  if not transfer then
    return nil, sending.refused(failure)
  end
  return setmetatable({
    engine = engine, transfer = transfer, host = self.host,
    sink = request.sink, kept = request.sink and {}, kept_bytes = 0,
  }, Transfer)
end

--- Sends a request and waits for the whole response.
---@type fun(self, request: table): table?, glacier.Failure?
Transport.send = sending.send

--- Closes the connections that are kept for later requests, unless one is on its
--- way: they are the engine's, so another takes its place.
function Transport:release()
  if self.closed or self.engine:forked() or self.engine:active() > 0 then
    return
  end
  local engine = http.engine()
  if engine then
    retire(self)
    self.engine = engine
  end
end

--- Ends all that is on its way; further requests fail.
function Transport:close()
  if not self.closed then
    self.closed = true
    retire(self)
    waiting.notify(self.host)
  end
end

return transport
