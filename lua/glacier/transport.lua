--- Sends requests with the HTTP engine and lets the host do the waiting.

local http = require("glacier.core.http")
local sending = require("glacier.sending")

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

--- Sends a request and waits for the whole response.
---@param request table  as engine:start takes it; `deadline`, by the host's
--- clock, bounds its timeout
---@return {status: integer, reason: string, headers: table, body: string}?
---@return glacier.Failure? failure  with `proxy`, where it failed at one
function Transport:send(request)
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
    failure.sent = false
    return nil, failure
  end
  -- Closing the engine ends the transfer, so a closed one is not waited for.
  while not transfer:done() do
    local _, problem = self.host.wait(engine, nil, transfer)
    if problem then
      problem.sent, problem.reused = transfer:sent(), transfer:reused()
      transfer:cancel()
      return nil, problem
    end
  end
  local response
  response, failure = transfer:response()
  if not response then
    failure.sent = transfer:sent()
  end
  return response, failure
end

--- Ends all that is on its way; further requests fail.
function Transport:close()
  if not self.closed then
    self.closed = true
    retire(self)
  end
end

return transport
