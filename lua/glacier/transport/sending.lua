--- What all transports do alike: their failures, who may not send, and waiting
-- for an exchange of theirs.

local min = math.min

local sending = {}

-- Code -> kind, as the core has them.
local KINDS = {
  InvalidConfigError = "config",
  EndpointConnectionError = "network",
  ConnectionClosedError = "network",
  ConnectTimeoutError = "timeout",
  ReadTimeoutError = "timeout",
  DeadlineExceededError = "timeout",
  SSLError = "tls",
  HTTPClientError = "protocol",
  ResponseTooLargeError = "protocol",
  CancelledError = "cancelled",
}

---@class glacier.Failure
---@field kind string
---@field code string
---@field message string
---@field sent boolean?  whether anything of the request may have reached the server
---@field reused boolean?  whether it was lost on a connection kept from before
---@field proxy string?  the one it failed at, without user and password
---@field refused boolean?  the request was not even begun

--- A failure.
---@param code string
---@param message string
---@param sent boolean?  false unless given
---@return glacier.Failure
function sending.failure(code, message, sent)
  return { kind = KINDS[code], code = code, message = message, sent = sent or false }
end

--- Whether a response is a success: then its body goes to a request's sink.
---@param head {status: integer}
---@return boolean
function sending.is_success(head)
  return head.status >= 200 and head.status < 300
end

--- Marks the failure of a request that was not begun: it is no attempt to send.
---@param failure glacier.Failure
---@return glacier.Failure failure  the same
function sending.refused(failure)
  failure.sent, failure.refused = false, true
  return failure
end

--- Judges whether a transport may send, and turns the request's deadline into
-- a time-out.
---@param transport glacier.Transport
---@param request table
---@return glacier.Failure?  why not
function sending.refuse(transport, request)
  if transport.closed then
    return sending.refused(sending.failure("CancelledError", "the client is closed"))
  end
  if request.deadline then
    local left = request.deadline - transport.host.now()
    if left <= 0 then
      return sending.refused(sending.failure("DeadlineExceededError",
        "the time for the call is over"))
    end
    request.timeout = min(left, request.timeout or left)
  end
end

---@class glacier.Exchange  a request that was sent, and its response to come
---@field done fun(self): boolean
---@field wait fun(self, limit: number?): boolean?, glacier.Failure?  lets the
--- host go on until it may be done, or `limit` seconds have passed, or sooner;
--- nil and a failure where the host cannot wait
---@field response fun(self): table?, glacier.Failure?  once, when it is done
---@field sent fun(self): boolean
---@field reused fun(self): boolean  whether it went over a kept connection
---@field cancel fun(self)
---@field is_abandoned? fun(self): boolean  whether nobody waits for it any more

--- Waits for the end of an exchange.
---@param exchange glacier.Exchange
---@return {status: integer, reason: string, headers: table, body: string}?
---@return glacier.Failure? failure
function sending.finish(exchange)
  while not exchange:done() do
    local ok, problem = exchange:wait()
    if not ok then
      problem.sent, problem.reused = exchange:sent(), exchange:reused()
      exchange:cancel()
      return nil, problem
    end
  end
  return exchange:response()
end

--- For transports: sends a request and waits for the whole response.
---@param transport glacier.Transport
---@param request table
---@return {status: integer, reason: string, headers: table, body: string}?
---@return glacier.Failure? failure
function sending.send(transport, request)
  local exchange, failure = transport:begin(request)
  if not exchange then
    return nil, failure
  end
  return sending.finish(exchange)
end

return sending
