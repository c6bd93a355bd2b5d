--- What kind of failure an error is: whether another attempt could end better,
-- and what would have to be mended before. By code first, then by status.

local failures = {}

local function set(names)
  local result = {}
  for i = 1, #names do
    result[names[i]] = true
  end
  return result
end

local THROTTLING_CODES = set({
  "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
  "RequestThrottledException", "TooManyRequestsException",
  "ProvisionedThroughputExceededException", "RequestLimitExceeded",
  "BandwidthLimitExceeded", "LimitExceededException", "PriorRequestNotComplete",
  "TransactionInProgressException", "SlowDown", "EC2ThrottledException", "429",
})

local TRANSIENT_CODES = set({ "RequestTimeout", "RequestTimeoutException" })
local TRANSIENT_STATUSES = { [500] = true, [502] = true, [503] = true, [504] = true }
local TRANSIENT_FAILURES = set({
  "EndpointConnectionError", "ProxyConnectionError", "ConnectionClosedError",
  "ConnectTimeoutError", "ReadTimeoutError",
})

-- Said with a status that alone would be tried again, but for good.
local FINAL_CODES = set({ "PolicyEnforcedException" })

--- Whether the service asked to slow down.
---@param err glacier.Error
---@return boolean
function failures.is_throttling(err)
  return err.kind == "service" and
    (THROTTLING_CODES[err.code] or err.status == 429) == true
end

--- Whether another attempt could end better. By code first, then by status.
--- An answer that is none of HTTP is tried again as botocore does, unless the
--- request may do harm twice. Other than botocore, TLS that one side refuses is
--- not: a certificate, a protocol or a file of certificates is no better a
--- moment later (a connection that is lost amid the handshake is another thing).
---@param err glacier.Error
---@param operation table?  of the model
---@return boolean
function failures.is_retryable(err, operation)
  if err.code == "HTTPClientError" then
    return operation ~= nil and operation.method ~= "POST"
  elseif err.kind == "service" then
    return not FINAL_CODES[err.code] and
      (failures.is_throttling(err) or TRANSIENT_CODES[err.code] or
        TRANSIENT_STATUSES[err.status]) == true
  end
  return TRANSIENT_FAILURES[err.code] == true
end

local SKEW_CODES = set({
  "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
  "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "AccessDeniedException",
})
local LARGEST_SKEW = 240 -- seconds that a service puts up with

local EXPIRED_TOKEN_CODES = set({ "ExpiredToken", "ExpiredTokenException" })

--- Whether an error is one of those that a clock that is off may cause.
---@param err glacier.Error
---@return boolean
function failures.is_clock_error(err)
  return SKEW_CODES[err.code] == true
end

--- Whether an error may come from a clock that is off.
---@param err glacier.Error
---@param skew number?  the service's clock less ours, seconds; nil: unknown
---@return boolean
function failures.is_clock_skew(err, skew)
  return failures.is_clock_error(err) and skew ~= nil and
    (skew > LARGEST_SKEW or skew < -LARGEST_SKEW)
end

--- Whether new credentials may help.
---@param err glacier.Error
---@return boolean
function failures.is_expired_token(err)
  return err.kind == "service" and EXPIRED_TOKEN_CODES[err.code] == true
end

return failures
