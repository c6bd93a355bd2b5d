--- When to try again, and after how long: the AWS SDKs' standard mode. Pure:
-- the random number is an argument, sleeping is the caller's.

local max, min = math.max, math.min

local retry = {}

local QUOTA = 500
local COST, THROTTLING_COST = 14, 5
local SCALE, THROTTLING_SCALE = 0.05, 1 -- seconds
local LONGEST_DELAY = 20
local RETRY_AFTER_LEEWAY = 5

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
function retry.is_throttling(err)
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
function retry.is_retryable(err, operation)
  if err.code == "HTTPClientError" then
    return operation ~= nil and operation.method ~= "POST"
  elseif err.kind == "service" then
    return not FINAL_CODES[err.code] and
      (retry.is_throttling(err) or TRANSIENT_CODES[err.code] or
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

--- Whether an error may come from a clock that is off.
---@param err glacier.Error
---@param skew number?  the service's clock less ours, seconds; nil: unknown
---@return boolean
function retry.is_clock_skew(err, skew)
  return SKEW_CODES[err.code] == true and skew ~= nil and
    (skew > LARGEST_SKEW or skew < -LARGEST_SKEW)
end

--- Whether new credentials may help.
---@param err glacier.Error
---@return boolean
function retry.is_expired_token(err)
  return err.kind == "service" and EXPIRED_TOKEN_CODES[err.code] == true
end

---@class glacier.RetryQuota  shared by all calls of a client
---@field tokens integer
---@field capacity integer
---@field longest_delay number  seconds

---@param tokens integer?        500
---@param longest_delay number?  seconds before jitter; 20
---@return glacier.RetryQuota
function retry.new_quota(tokens, longest_delay)
  return {
    tokens = tokens or QUOTA, capacity = QUOTA, longest_delay = longest_delay or LONGEST_DELAY,
  }
end

--- Decides after a failed attempt.
---@param attempt integer   how many attempts there were
---@param max_attempts integer
---@param err glacier.Error
---@param quota glacier.RetryQuota  pays for the retry
---@param random number     0 to 1
---@return number? delay    seconds until the next attempt; nil: give up
---@return integer? cost    what the quota paid: to be given back on success
function retry.decide(attempt, max_attempts, err, quota, random)
  local throttling = retry.is_throttling(err)
  local cost = throttling and THROTTLING_COST or COST
  if attempt >= max_attempts or not err.retryable or quota.tokens < cost then
    return nil
  end
  quota.tokens = quota.tokens - cost
  local scale = throttling and THROTTLING_SCALE or SCALE
  local delay = random * min(scale * 2 ^ (attempt - 1), quota.longest_delay)
  local asked = err.retry_after and err.retry_after / 1000
  if asked then
    delay = max(delay, min(asked, delay + RETRY_AFTER_LEEWAY))
  end
  return delay, cost
end

--- Gives back what a retry cost that is not made.
---@param quota glacier.RetryQuota
---@param cost integer
function retry.give_back(quota, cost)
  quota.tokens = min(quota.capacity, quota.tokens + cost)
end

--- Gives back after a success: what its last retry cost, or 1 where there was
-- none.
---@param quota glacier.RetryQuota
---@param cost integer?
function retry.succeeded(quota, cost)
  retry.give_back(quota, cost or 1)
end

return retry
