--- Client-side rate limiting: the AWS SDKs' "adaptive" retry mode. Requests
-- pass freely until the service throttles one; from then on at a rate that is
-- cut by each throttling and grows again along a cubic curve. Pure: the time
-- is an argument, waiting is the caller's.

local floor, max, min = math.floor, math.max, math.min
local setmetatable = setmetatable

local BETA = 0.7
local SCALE = 0.4
local SMOOTHING = 0.8
local LOWEST_RATE = 0.5 -- requests a second
local LOWEST_CAPACITY = 1
-- Far below it a delay would not move a clock at all.
local SHORTEST_DELAY = 0.001 -- seconds

---@class glacier.RateLimiter
local Limiter = {}
Limiter.__index = Limiter

local rate = {}

--- A limiter that lets everything pass until the first throttling.
---@param now number  seconds, of the clock that the other calls use
---@return glacier.RateLimiter
function rate.new(now)
  return setmetatable({
    enabled = false,
    fill_rate = 0,
    capacity = 0,
    tokens = 0,
    refilled = now,
    measured = 0,
    bucket = floor(now * 2) / 2,
    requests = 0,
    last_maximum = 0,
    throttled = now,
    window = 0,
  }, Limiter)
end

local function refill(self, now)
  self.tokens = min(self.capacity, self.tokens + max(0, now - self.refilled) * self.fill_rate)
  self.refilled = now
end

--- Takes leave to send one request.
---@param now number
---@return number? delay  seconds to wait before asking again; nil: send
function Limiter:acquire(now)
  if not self.enabled then
    return nil
  end
  refill(self, now)
  if self.tokens >= 1 then
    self.tokens = self.tokens - 1
    return nil
  end
  return max(SHORTEST_DELAY, (1 - self.tokens) / self.fill_rate)
end

local function measure(self, now)
  local bucket = floor(now * 2) / 2
  self.requests = self.requests + 1
  if bucket > self.bucket then
    local current = self.requests / (bucket - self.bucket)
    self.measured = current * SMOOTHING + self.measured * (1 - SMOOTHING)
    self.requests = 0
    self.bucket = bucket
  end
end

local function set_rate(self, new_rate, now)
  refill(self, now)
  self.fill_rate = max(new_rate, LOWEST_RATE)
  self.capacity = max(new_rate, LOWEST_CAPACITY)
  self.tokens = min(self.tokens, self.capacity)
end

-- How long the curve takes back to the rate at which the last throttling was.
local function set_window(self)
  self.window = (self.last_maximum * (1 - BETA) / SCALE) ^ (1 / 3)
end

--- Takes note of a response.
---@param throttled boolean  whether the service asked to slow down
---@param now number
function Limiter:update(throttled, now)
  local new_rate
  measure(self, now)
  if throttled then
    local used = self.enabled and min(self.measured, self.fill_rate) or self.measured
    self.last_maximum = used
    set_window(self)
    self.throttled = now
    self.enabled = true
    new_rate = used * BETA
  else
    set_window(self)
    new_rate = SCALE * (now - self.throttled - self.window) ^ 3 + self.last_maximum
  end
  set_rate(self, min(new_rate, 2 * self.measured), now)
end

return rate
