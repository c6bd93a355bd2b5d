--- When to try again, and after how long: the AWS SDKs' standard mode. Pure:
-- the random number is an argument, sleeping is the caller's.

local failures = require("glacier.failures")

local max, min = math.max, math.min
local pairs, setmetatable = pairs, setmetatable

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
---@field held table<table, integer>  call under way -> what its last retry cost
---@field on_hold integer             what was held in sum, of collected calls too

---@param tokens integer?        500
---@param longest_delay number?  seconds before jitter; 20
---@return glacier.RetryQuota
function retry.new_quota(tokens, longest_delay)
  return {
    tokens = tokens or QUOTA, capacity = QUOTA, longest_delay = longest_delay or LONGEST_DELAY,
    held = setmetatable({}, { __mode = "k" }), on_hold = 0,
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

--- Notes what a call's retry has cost while nobody knows what comes of it. What
--- its retry before has cost is spent.
---@param quota glacier.RetryQuota
---@param call table
---@param cost integer
function retry.hold(quota, call, cost)
  quota.on_hold = quota.on_hold - (quota.held[call] or 0) + cost
  quota.held[call] = cost
end

--- Notes that a call has ended.
---@param quota glacier.RetryQuota
---@param call table
---@return integer? cost  of its last retry
function retry.settle(quota, call)
  local cost = quota.held[call]
  if cost then
    quota.held[call] = nil
    quota.on_hold = quota.on_hold - cost
  end
  return cost
end

--- Gives back what retries have cost that nobody will make: of calls that were
--- collected, and of those that are gone.
---@param quota glacier.RetryQuota
---@param is_gone fun(call: table): boolean
function retry.reclaim(quota, is_gone)
  local sum = 0
  if quota.on_hold > 0 then
    for call, cost in pairs(quota.held) do
      if is_gone(call) then
        quota.held[call] = nil
      else
        sum = sum + cost
      end
    end
    retry.give_back(quota, quota.on_hold - sum)
    quota.on_hold = sum
  end
end

--- Gives back after a success: what its last retry cost, or 1 where there was
-- none.
---@param quota glacier.RetryQuota
---@param cost integer?
function retry.succeeded(quota, cost)
  retry.give_back(quota, cost or 1)
end

return retry
