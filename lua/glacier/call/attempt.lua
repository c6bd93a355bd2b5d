--- One attempt: credentials -> sign -> send -> parse. Every attempt is signed
-- afresh, with the credentials and the time of that moment.

local errors = require("glacier.errors")
local model = require("glacier.model")
local parse = require("glacier.call.parse")
local redact = require("glacier.redact")
local sigv4 = require("glacier.core.sigv4")
local timestamp = require("glacier.timestamp")
local transport_of = require("glacier.transport")

local gsub, match = string.gsub, string.match
local setmetatable = setmetatable
local time = os.time

---@class glacier.Attempts  what the attempts of a client have in common
---@field endpoint glacier.Endpoint
---@field signer userdata
---@field clock glacier.Clock
---@field credentials glacier.Credentials
---@field transport glacier.Transport
---@field route fun(request: table): table
---@field common userdata  what all requests have in common, as signer:headers takes it
---@field connect_timeout number  seconds
---@field read_timeout number     seconds
---@field low_speed_time number   seconds in which a body must not trickle
local Attempts = {}
Attempts.__index = Attempts

local attempt = {}

-- Of a body that is kept elsewhere, and may be long: fewer bytes a second, for
-- so many seconds, are as good as none. Another request goes on from there.
local LOW_SPEED_LIMIT, LOW_SPEED_TIME = 1024, 30

---@param parts table  the fields of glacier.Attempts, but for common and
--- low_speed_time; user_agent
---@return glacier.Attempts
function attempt.new(parts)
  local endpoint, service = parts.endpoint, model.service
  parts.low_speed_time = LOW_SPEED_TIME
  parts.common = sigv4.common({
    region = endpoint.region,
    service = service.signing_name,
    headers = { "Host", endpoint.host, service.headers[1], service.headers[2] },
    unsigned = { "User-Agent", parts.user_agent, "Accept-Encoding", "identity" },
  })
  return setmetatable(parts, Attempts)
end

-- The header that tells the service of retries; ttl: after which time nobody
-- waits for the answer any more.
local function retry_header(self, call)
  if call.attempts > 1 then
    local ttl = timestamp.format(self.clock:now() + self.read_timeout)
    return "ttl=" .. gsub(ttl, "[-:]", "") .. "; attempt=" .. call.attempts ..
      "; max=" .. call.max_attempts
  end
  -- Most calls send this one; it is written again where the number changes.
  if self.first_header_max ~= call.max_attempts then
    self.first_header = "attempt=1; max=" .. call.max_attempts
    self.first_header_max = call.max_attempts
  end
  return self.first_header
end

-- The last two headers, which are the attempt's own, are not signed.
local function sign(self, call, now)
  local request = call.request
  local headers, failure = self.signer:headers(self.common, call.identity, now, request.method,
    request.path, request.query, request.body, request.headers,
    "amz-sdk-invocation-id", call.invocation_id, "amz-sdk-request", retry_header(self, call))
  if not headers then
    return nil, errors.config(failure.message, failure.code)
  end
  return headers
end

-- What no error may show of a request: the session token and the signature.
local function secrets_of(headers)
  local secrets = {}
  for i = 1, #headers, 2 do
    if headers[i] == "Authorization" then
      secrets[#secrets + 1] = match(headers[i + 1], "Signature=([0-9a-f]+)$")
    elseif headers[i] == "X-Amz-Security-Token" then
      secrets[#secrets + 1] = headers[i + 1]
    end
  end
  return secrets
end

-- Sends, and lets the others see how far it is: `exchange` of the call.
local function exchange(transport, call, request)
  if not transport.begin then
    return transport:send(request)
  end
  local begun, failure = transport:begin(request)
  if not begun then
    return nil, failure
  end
  call.exchange = begun
  local response
  response, failure = transport_of.finish(begun)
  call.exchange = nil
  return response, failure
end

local function send(self, call, headers)
  local request = call.request
  local where = self.endpoint.url .. request.path
  call.sends = call.sends + 1
  if call.sends == 1 then
    call.sent_at, call.sent_time = self.transport.host.now(), time()
  end
  local response, failure = exchange(self.transport, call, self.route({
    method = request.method,
    url = request.query == "" and where or where .. "?" .. request.query,
    headers = headers,
    body = request.body,
    connect_timeout = self.connect_timeout,
    read_timeout = self.read_timeout,
    low_speed_limit = call.output and LOW_SPEED_LIMIT or nil,
    low_speed_time = call.output and self.low_speed_time or nil,
    deadline = call.deadline,
    fresh_connection = call.is_cut,
    max_body_bytes = call.operation.body_limit,
    raw_body = call.operation.rest ~= nil, -- its bytes are what is hashed and counted
    receives = call.output and call.output.receiver ~= nil,
    buffer_bytes = call.output and call.output.buffer_bytes,
    sink = call.output and function(piece, head)
      return call.output:take(piece, head)
    end,
  }))
  local problem = call.output and call.output.problem
  if not response then
    -- What is configured wrongly has not begun, whenever it is noticed.
    if not problem and (failure.refused or failure.kind == "config") then
      call.sends = call.sends - 1
    end
    if failure.code == "ResponseTooLargeError" and call.operation.rest then
      failure.message = failure.message .. " (`sink` or `path` in the second argument takes more)"
    end
    return nil, problem or errors.transfer(failure, where)
  elseif call.output then
    return call.output:whole(response)
  end
  return response
end

--- Makes an attempt.
---@param call glacier.Call  its identity and clock_offset are set to those
--- used, its sends counts the requests, the first of which was sent at sent_at
--- (the host's clock) and sent_time (the system's)
---@return table? result
---@return glacier.Error? err
function Attempts:make(call)
  local identity, err = self.credentials:get(call)
  if not identity then
    return nil, err
  end
  call.identity, call.clock_offset = identity, self.clock.offset
  local now = self.clock:now()
  if call.sign_before and now > call.sign_before then
    return nil, errors.out_of_time(
      "the request was not sent: it would have been signed after `sign_before`",
      { too_late_to_sign = true })
  end
  if call.output then
    call.output:ask_rest(call.request, call.operation.rest)
  end
  local headers, response, result
  headers, err = sign(self, call, now)
  if not headers then
    return nil, err
  end
  response, err = send(self, call, headers)
  if response then
    self.clock:follow(response.headers.date, now, call.clock_offset)
    result, err = parse(response, call.operation)
  end
  if not result then
    return nil, redact.error(err, secrets_of(headers))
  end
  return result
end

return attempt
