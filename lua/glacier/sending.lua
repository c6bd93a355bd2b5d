--- What all transports say alike: their failures, and who may not send.

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

--- Judges whether a transport may send, and turns the request's deadline into
-- a time-out.
---@param transport glacier.Transport
---@param request table
---@return glacier.Failure?  why not
function sending.refuse(transport, request)
  if transport.closed then
    return sending.failure("CancelledError", "the client is closed")
  end
  if request.deadline then
    local left = request.deadline - transport.host.now()
    if left <= 0 then
      return sending.failure("DeadlineExceededError", "the time for the call is over")
    end
    request.timeout = min(left, request.timeout or left)
  end
end

return sending
