--- Sends requests with the HTTP engine and lets the host do the waiting.

local http = require("glacier.core.http")

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

local CLOSED = { kind = "cancelled", code = "CancelledError", message = "the client is closed" }

--- Sends a request and waits for the whole response.
---@param request table  as engine:start takes it
---@return {status: integer, reason: string, headers: table, body: string}?
---@return {kind: string, code: string, message: string, sent: boolean}? failure
function Transport:send(request)
  if self.closed then
    return nil, CLOSED
  end
  local transfer, failure = self.engine:start(request)
  if not transfer then
    failure.sent = false
    return nil, failure
  end
  -- Closing the engine ends the transfer, so a closed one is not waited for.
  while not transfer:done() do
    local _, problem = self.host.wait(self.engine)
    if problem then
      problem.sent = transfer:sent()
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
    self.engine:close()
  end
end

return transport
