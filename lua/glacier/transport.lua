--- Sends requests with the HTTP engine and lets the host do the waiting.

local http = require("glacier.core.http")
local sending = require("glacier.sending")
local waiting = require("glacier.host.waiting")

local setmetatable = setmetatable

---@class glacier.Transport
---@field host glacier.Host
local Transport = {}
Transport.__index = Transport

local transport = {}

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
  if self.host.closing then
    self.host.closing(self.engine)
  end
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

function Transfer:done()
  return self.transfer:done()
end

-- Closing the engine ends the transfer, so a closed one is not waited for.
function Transfer:wait(limit)
  local _, problem = self.host.wait(self.engine, limit, self.transfer)
  return problem == nil or nil, problem
end

function Transfer:sent()
  return self.transfer:sent()
end

function Transfer:cancel()
  self.transfer:cancel()
end

function Transfer:response()
  local response, failure = self.transfer:response()
  if not response then
    failure.sent = self.transfer:sent()
  end
  return response, failure
end

--- Sends a request.
---@param request table  as engine:start takes it; `deadline`, by the host's
--- clock, bounds its timeout
---@return glacier.Exchange?
---@return glacier.Failure? failure
function Transport:begin(request)
  local engine, transfer
  local failure = sending.refuse(self, request)
  if failure then
    return nil, failure
  end
  engine, failure = engine_of(self)
  if engine then
    transfer, failure = engine:start(request)
  end
  if not transfer then
    return nil, sending.refused(failure)
  end
  return setmetatable({ engine = engine, transfer = transfer, host = self.host }, Transfer)
end

--- Sends a request and waits for the whole response.
---@type fun(self, request: table): table?, glacier.Failure?
Transport.send = sending.send

--- Ends all that is on its way; further requests fail.
function Transport:close()
  if not self.closed then
    self.closed = true
    retire(self)
    waiting.notify(self.host)
  end
end

return transport
