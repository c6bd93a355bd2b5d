--- Sends requests with the HTTP engine and lets the host do the waiting.

local http = require("glacier.core.http")
local sending = require("glacier.sending")

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

-- Waits until a transfer has ended, or has a piece to hand out. Closing the
-- engine ends it, so a closed one is not waited for.
local function wait(self, engine, transfer)
  while not transfer:done() do
    local _, problem = self.host.wait(engine, nil, transfer)
    if problem then
      problem.sent = transfer:sent()
      transfer:cancel()
      return problem
    end
  end
end

-- Hands a body out as it comes. Of an answer that is no success the sink sees
-- nothing: it is returned.
local function hand_out(self, engine, transfer, sink)
  local kept, size = {}, 0
  local head, piece
  repeat
    local failure = wait(self, engine, transfer)
    if failure then
      return nil, failure
    end
    head = head or transfer:head()
    piece = transfer:take()
    if piece ~= "" and sending.is_success(head) then
      local ok
      ok, failure = sink(piece, head)
      if not ok then
        transfer:cancel()
        return nil, failure
      end
    elseif size + #piece > MAX_ERROR_BYTES then
      transfer:cancel()
      return nil, sending.failure("ResponseTooLargeError",
        "the response's body is larger than " .. MAX_ERROR_BYTES .. " bytes", true)
    else
      size = size + #piece
      kept[#kept + 1] = piece
    end
  until piece == ""
  return concat(kept)
end

--- Sends a request and waits for the whole response.
---@param request table  as engine:start takes it; `deadline`, by the host's
--- clock, bounds its timeout. `sink`, a function of a piece and the head: gets
--- the body of a success, piece by piece; the next is received when it returns
--- true; nil and a failure end the request
---@return {status: integer, reason: string, headers: table, body: string?}?
--- without a body where the sink got it
---@return {kind: string, code: string, message: string, sent: boolean, proxy: string?}? failure
function Transport:send(request)
  local engine, transfer
  local failure = sending.refuse(self, request)
  if failure then
    return nil, failure
  end
  request.piece_bytes = request.sink and PIECE_BYTES
  engine, failure = engine_of(self)
  if engine then
    transfer, failure = engine:start(request)
  end
  if not transfer then
    failure.sent = false
    return nil, failure
  end
  local response, body
  if request.sink then
    body, failure = hand_out(self, engine, transfer, request.sink)
  else
    failure = wait(self, engine, transfer)
  end
  if failure then
    return nil, failure
  end
  response, failure = transfer:response()
  if not response then
    failure.sent = transfer:sent()
  elseif request.sink then
    response.body = not sending.is_success(response) and body or nil
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
