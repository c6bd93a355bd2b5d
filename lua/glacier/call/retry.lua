--- When to try again, and after how long: the AWS SDKs' standard mode. Pure:
-- the random number is an argument, sleeping is the caller's.

local failures = require("glacier.failures")

local max, min = math.max, math.min

local retry = {
  is_throttling = failures.is_throttling,
  is_retryable = failures.is_retryable,
  is_clock_skew = failures.is_clock_skew,
  is_expired_token = failures.is_expired_token,
}

local QUOTA = 500
local COST, THROTTLING_COST = 14, 5
local SCALE, THROTTLING_SCALE = 0.05, 1 -- seconds
local LONGEST_DELAY = 20
local RETRY_AFTER_LEEWAY = 5

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
