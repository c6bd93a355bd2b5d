--- The pipeline: validate -> serialize -> [ credentials -> sign -> send ->
-- parse ]* -> table or error. The bracket is the retry loop: every attempt is
-- signed afresh. A client may be shared by any number of coroutines.

local chain = require("glacier.credentials.chain")
local config = require("glacier.config")
local digest = require("glacier.core.digest")
local endpoint = require("glacier.endpoint")
local errors = require("glacier.errors")
local hosts = require("glacier.hosts")
local model = require("glacier.model")
local options_of = require("glacier.options")
local parse = require("glacier.parse")
local retry = require("glacier.retry")
local serialize = require("glacier.serialize")
local sigv4 = require("glacier.core.sigv4")
local transport = require("glacier.transport")
local user_agent = require("glacier.user_agent")
local validate = require("glacier.validate")

local byte, format, match = string.byte, string.format, string.match
local error, getmetatable, pairs, setmetatable = error, getmetatable, pairs, setmetatable
local time = os.time

---@class glacier.Client
local Client = {}
Client.__index = Client

local client = {}

-- A random (version 4) UUID, RFC 9562 5.4.
local function new_uuid()
  local bytes = { byte(digest.random_bytes(16), 1, 16) }
  bytes[7] = bytes[7] % 16 + 64
  bytes[9] = bytes[9] % 64 + 128
  return format("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
    bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8],
    bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15], bytes[16])
end

-- 0 to 1, for the jitter: math.random may be unseeded, or the user's.
local function random()
  local a, b, c = byte(digest.random_bytes(3), 1, 3)
  return (a * 65536 + b * 256 + c) / 16777215
end

local function append(list, more)
  for i = 1, #more do
    list[#list + 1] = more[i]
  end
  return list
end

-- The headers that are signed besides the signer's own.
local function signed_headers(self, request)
  local headers = { "Host", self.endpoint.host }
  append(headers, request.headers)
  return append(headers, model.service.headers)
end

local function sign(self, request, identity)
  local headers = signed_headers(self, request)
  local signature, failure = self.signer:sign({
    method = request.method,
    path = request.path,
    query = request.query,
    headers = headers,
    body = request.body,
    region = self.endpoint.region,
    service = model.service.signing_name,
    time = time(),
    credentials = identity,
  })
  if not signature then
    return nil, errors.config(failure.message, failure.code)
  end
  return append(headers, signature), signature
end

-- What no error may show of a request: the session token and the signature.
local function secrets_of(signature)
  local authorization = signature[#signature]
  return {
    match(authorization, "Signature=([0-9a-f]+)$"),
    #signature > 4 and signature[4] or "",
  }
end

local function send(self, call, headers)
  local request, options = call.request, self.options
  local where = self.endpoint.url .. request.path
  local response, failure = self.transport:send({
    method = request.method,
    url = request.query == "" and where or where .. "?" .. request.query,
    headers = append(headers, {
      "User-Agent", self.user_agent,
      "Accept-Encoding", "identity",
      "amz-sdk-invocation-id", call.invocation_id,
      "amz-sdk-request", "attempt=" .. call.attempts .. "; max=" .. self.max_attempts,
    }),
    body = request.body,
    connect_timeout = options.connect_timeout,
    read_timeout = options.read_timeout,
    timeout = call.deadline and call.deadline - self.transport.host.now(),
    insecure = not options.verify,
    ca_bundle = options.ca_bundle,
    proxy = options.proxy,
  })
  if not response then
    return nil, errors.transfer(failure, where)
  end
  return response
end

local function attempt(self, call)
  local identity, err = self.credentials:get()
  if not identity then
    return nil, err
  end
  local headers, signature = sign(self, call.request, identity)
  if not headers then
    return nil, signature
  end
  local response, result
  response, err = send(self, call, headers)
  if response then
    result, err = parse(response, call.operation)
  end
  if not result then
    return nil, errors.redact(err, secrets_of(signature))
  end
  return result
end

-- Fills in what the error tells of the call as a whole.
local function complete(err, call)
  err.operation = call.operation.name
  err.attempts = call.attempts
  return err
end

local function out_of_time(cause)
  return errors.new("timeout", "DeadlineExceededError",
    "the time for the call is over; the last attempt: " .. cause.message, { cause = cause })
end

-- The retry loop.
local function run(self, call)
  local host, cost = self.transport.host, nil
  while true do
    call.attempts = call.attempts + 1
    local result, err = attempt(self, call)
    if result then
      retry.succeeded(self.quota, cost)
      result.ResponseMetadata.RetryAttempts = call.attempts - 1
      return result
    end
    err.retryable = retry.is_retryable(err)
    local delay
    delay, cost = retry.decide(call.attempts, self.max_attempts, err, self.quota, random())
    if not delay then
      err.exhausted = err.retryable and call.attempts >= self.max_attempts
      return nil, complete(err, call)
    elseif call.deadline and host.now() + delay >= call.deadline then
      return nil, complete(out_of_time(err), call)
    end
    host.sleep(delay)
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

--- Calls an operation of the model.
---@param operation table
---@param params table?
---@return table? result
---@return glacier.Error? err
function Client:call(operation, params)
  if self.transport.closed then
    return nil, errors.new("cancelled", "CancelledError", "the client is closed",
      { operation = operation.name })
  end
  params = params == nil and {} or params
  local ok, problems = validate(params, operation, self.options.validate)
  if not ok then
    local err = errors.validation(problems)
    err.operation = operation.name
    return nil, err
  end
  return run(self, {
    operation = operation,
    request = at_endpoint(serialize.request(params, operation), self.endpoint),
    invocation_id = new_uuid(),
    deadline = self.options.timeout and self.transport.host.now() + self.options.timeout,
    attempts = 0,
  })
end

--- Ends what is on its way and gives connections back. Calls after that fail.
function Client:close()
  self.transport:close()
end

Client.__gc = Client.close
Client.__close = Client.close

function Client:__tostring()
  return "glacier client " .. self.endpoint.url
end

for name, operation in pairs(model.operations) do
  Client[name] = function(self, params)
    if getmetatable(self) ~= Client then
      error(format("call it with a colon: client:%s{...}", name), 2)
    end
    return self:call(operation, params)
  end
end

--- A new client. Reads no file and no network before the first call.
---@param given table?  the options, see README
---@return glacier.Client?
---@return glacier.Error? err  kind "config"
function client.new(given)
  local options, host, where, failure, err
  options, err = options_of.read(given)
  if not options then
    return nil, err
  end
  where, err = endpoint.resolve(config.settings(options, config.environment),
    model.service.endpoint_prefix)
  if not where then
    return nil, err
  end
  host, err = hosts.choose(options.host)
  if not host then
    return nil, err
  end
  local self = {
    options = options,
    endpoint = where,
    max_attempts = options.max_attempts or 3,
    quota = retry.new_quota(),
    user_agent = user_agent(options),
    credentials = chain.new({ options = options, environment = config.environment }),
  }
  self.transport, failure = transport.new(host)
  if not failure then
    self.signer, failure = sigv4.signer()
  end
  if failure then
    return nil, errors.config(failure.message, failure.code)
  end
  return setmetatable(self, Client)
end

return client
