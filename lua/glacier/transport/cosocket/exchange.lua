--- One request and its response over nginx's sockets, which are kept for the
-- next.

local response = require("glacier.transport.cosocket.response")
local sending = require("glacier.transport.sending")

local ceil, min = math.ceil, math.min
local find, format = string.find, string.format
local error, pcall, tostring = error, pcall, tostring
local ngx = _G.ngx

local exchange = {}

-- What settimeouts takes at the most: milliseconds.
local LONGEST = 2 ^ 31 - 1

-- Seconds as milliseconds; 0 and nil are none.
local function milliseconds(seconds)
  return seconds and seconds > 0 and min(ceil(seconds * 1000), LONGEST) or LONGEST
end

-- nginx says in words what was wrong with a connection.
local function unconnected(err, host)
  if find(err, "no resolver defined", 1, true) then
    return sending.failure("InvalidConfigError", format("nginx has no directive 'resolver', and " ..
      "so cannot look up '%s'", host))
  elseif find(err, "timeout", 1, true) or find(err, "timed out", 1, true) then
    return sending.failure("ConnectTimeoutError", err)
  end
  return sending.failure("EndpointConnectionError", err)
end

-- A refused handshake and a connection that ends amid one look the same here:
-- nothing was sent, so it may be tried again.
local function unsecured(err)
  if err == "timeout" then
    return sending.failure("ConnectTimeoutError", "no end of the TLS handshake in time")
  elseif find(err, "local issuer", 1, true) then
    return sending.failure("SSLError", err ..
      " (nginx believes those in 'lua_ssl_trusted_certificate' alone)")
  elseif find(err, "^[0-9]+: ") or find(err, "mismatch", 1, true) then
    return sending.failure("SSLError", err)
  end
  return sending.failure("ConnectionClosedError", "the TLS handshake did not succeed: " .. err)
end

-- Never false for the session: with that, nginx's library takes a handshake
-- that ends without a wait for a good one, whatever its verdict. With nil it
-- looks, but raises where the verdict is bad.
local function secure(socket, job)
  local called, ok, err = pcall(socket.sslhandshake, socket, nil, job.name, job.verify)
  if called then
    return ok, err
  elseif not find(tostring(ok), "assertion failed", 1, true) then
    error(ok, 0)
  end
  return nil, "certificate mismatch: of another name, or signed by nobody in nginx's " ..
    "'lua_ssl_trusted_certificate'"
end

-- A socket out of the pool, or a new one where the pool is empty.
local function take(job, limits)
  local socket = ngx.socket.tcp()
  local silence = milliseconds(limits.read_timeout)
  socket:settimeouts(milliseconds(limits.connect_timeout), silence, silence)
  local ok, err = socket:connect(job.host, job.port, { pool = job.pool })
  if not ok then
    return nil, unconnected(err, job.host)
  end
  job.reused = socket:getreusedtimes() > 0
  return socket
end

-- Where a fresh connection is wanted, those that are kept are closed: a pool
-- whose connections die under requests is of no use to others, either. Taking
-- one does not wait, so nobody puts another one there meanwhile.
local function connect(job, limits)
  local socket, failure = take(job, limits)
  while socket and job.reused and job.fresh do
    socket:close()
    socket, failure = take(job, limits)
  end
  if not socket then
    return nil, failure
  end
  if job.name and not job.reused then
    local ok, err = secure(socket, job)
    if not ok then
      socket:close()
      return nil, unsecured(err)
    end
  end
  return socket
end

-- Where sending ends early an answer may have come all the same.
local function converse(socket, job, limits)
  job.sent = true
  local ok, err = socket:send(job.bytes)
  if not ok and err == "timeout" then
    return nil, sending.failure("ReadTimeoutError", "no byte was taken in time", true), true
  end
  return response.read(socket, job.method, limits)
end

--- Sends a request, and reads its response. A kept connection that ended
-- before an answer is replaced by a fresh one where the request may be sent
-- twice.
---@param job glacier.CosocketJob  its `connected` tells whether it is, its
--- `reused` whether over a kept connection
---@param limits table  of the request: connect_timeout, read_timeout,
--- low_speed_limit, low_speed_time, max_header_bytes, max_body_bytes, raw_body,
--- host (the transport's)
---@return table? response
---@return glacier.Failure? failure
function exchange.run(job, limits)
  local result, outcome, touched, again
  repeat
    job.connected = false
    local socket, failure = connect(job, limits)
    if not socket then
      return nil, failure
    end
    job.connected = true
    result, outcome, touched = converse(socket, job, limits)
    if result and outcome then
      socket:setkeepalive()
    else
      again = not result and not touched and outcome.code == "ConnectionClosedError" and
        job.repeatable and job.reused
      job.fresh = job.fresh or again
      socket:close()
    end
  until result or not again
  if result then
    return result
  end
  return nil, outcome
end

return exchange
