--- One attempt: credentials -> sign -> send -> parse. Every attempt is signed
-- afresh, with the credentials and the time of that moment.

local errors = require("glacier.errors")
local model = require("glacier.model")
local parse = require("glacier.parse")
local proxy = require("glacier.proxy")
local redact = require("glacier.redact")
local timestamp = require("glacier.timestamp")

local floor = math.floor
local gsub, match = string.gsub, string.match
local time = os.time
local running = coroutine.running

local attempt = {}

local function append(list, more)
  for i = 1, #more do
    list[#list + 1] = more[i]
  end
  return list
end

-- The headers that are signed besides the signer's own.
local function signed_headers(self, request)
  local version = model.service.headers
  return append({ "Host", self.endpoint.host, version[1], version[2] }, request.headers)
end

local function sign(self, request, identity, now)
  local headers = signed_headers(self, request)
  local signature, failure = self.signer:sign({
    method = request.method,
    path = request.path,
    query = request.query,
    headers = headers,
    body = request.body,
    region = self.endpoint.region,
    service = model.service.signing_name,
    time = now,
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

-- The header that tells the service of retries; ttl: after which time nobody
-- waits for the answer any more.
local function retry_header(self, call)
  local text = "attempt=" .. call.attempts .. "; max=" .. call.max_attempts
  if call.attempts > 1 then
    local ttl = timestamp.format(attempt.now(self) + self.options.read_timeout)
    text = "ttl=" .. gsub(ttl, "[-:]", "") .. "; " .. text
  end
  return text
end

local function add_unsigned(self, call, headers)
  local n = #headers
  headers[n + 1], headers[n + 2] = "User-Agent", self.user_agent
  headers[n + 3], headers[n + 4] = "Accept-Encoding", "identity"
  headers[n + 5], headers[n + 6] = "amz-sdk-invocation-id", call.invocation_id
  headers[n + 7], headers[n + 8] = "amz-sdk-request", retry_header(self, call)
  return headers
end

--- Sets how a client reaches servers, where the request does not say itself.
---@param self glacier.Client
---@param request table
---@return table request
function attempt.over(self, request)
  local options = self.options
  request.insecure = not options.verify
  request.tcp_keepalive = options.tcp_keepalive
  request.ca_bundle = request.ca_bundle or self.settings.ca_bundle
  if request.proxy == nil then
    request.proxy = self.proxy or
      proxy.choose(request.url, options.proxy, self.environment)
  end
  return request
end

local function send(self, call, headers)
  local request, options = call.request, self.options
  local where = self.endpoint.url .. request.path
  call.sends = call.sends + 1
  if call.sends == 1 then
    call.sent_at, call.sent_time = self.transport.host.now(), time()
  end
  local response, failure = self.transport:send(attempt.over(self, {
    method = request.method,
    url = request.query == "" and where or where .. "?" .. request.query,
    headers = add_unsigned(self, call, headers),
    body = request.body,
    connect_timeout = options.connect_timeout,
    read_timeout = options.read_timeout,
    deadline = call.deadline,
    max_body_bytes = call.operation.body_limit,
    raw_body = call.operation.rest ~= nil, -- its bytes are what is hashed and counted
    sink = call.output and function(piece, head)
      return call.output:take(piece, head)
    end,
  }))
  if not response then
    if failure.code == "ResponseTooLargeError" and call.operation.rest then
      failure.message = failure.message .. " (`sink` or `path` in the second argument takes more)"
    end
    return nil, call.output and call.output.problem or errors.transfer(failure, where)
  elseif call.output then
    return call.output:whole(response)
  end
  return response
end

--- The time by the service's clock, as far as it is known: epoch seconds.
---@param self glacier.Client
---@param offset number?  what was known of it at another time
---@return integer
function attempt.now(self, offset)
  return time() + floor(offset or self.clock_offset)
end

-- A clock that only goes forward stands still while a machine sleeps; the
-- other one may be set. A difference of some seconds means sleep.
local SLEPT_SECONDS = 2

--- How long ago a call's request was sent first: seconds.
---@param self glacier.Client
---@param call table
---@return number
function attempt.elapsed(self, call)
  local awake = self.transport.host.now() - call.sent_at
  local passed = time() - call.sent_time
  return passed - awake > SLEPT_SECONDS and passed or awake
end

-- Credentials may be loaded on the way, within the time for this call: the
-- context of the providers finds its deadline by the coroutine.
local function get_credentials(self, call)
  local thread = running() or self
  self.deadlines[thread] = call.deadline
  local identity, err = self.credentials:get()
  self.deadlines[thread] = nil
  return identity, err
end

--- The deadline of the call that this coroutine is making, if it has one.
---@param self glacier.Client
---@return number?  by the host's clock
function attempt.deadline(self)
  return self.deadlines[running() or self]
end

--- Makes an attempt.
---@param self glacier.Client
---@param call table  operation, request, invocation_id, attempts, deadline;
--- its identity and clock_offset are set to those used, its sends counts the
--- requests, the first of which was sent at sent_at (the host's clock) and
--- sent_time (the system's)
---@return table? result
---@return glacier.Error? err
function attempt.make(self, call)
  local identity, err = get_credentials(self, call)
  if not identity then
    return nil, err
  end
  call.identity, call.clock_offset = identity, self.clock_offset
  local now = attempt.now(self)
  if call.sign_before and now > call.sign_before then
    return nil, errors.out_of_time("the time to sign an attempt is over (sign_before)")
  end
  if call.output then
    call.output:ask_rest(call.request, call.operation.rest)
  end
  local headers, signature = sign(self, call.request, identity, now)
  if not headers then
    return nil, signature
  end
  local response, result
  response, err = send(self, call, headers)
  if response then
    result, err = parse(response, call.operation)
  end
  if not result then
    return nil, redact.error(err, secrets_of(signature))
  end
  return result
end

return attempt
