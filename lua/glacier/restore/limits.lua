--- What may be started: money, rates, what can be fetched before it lapses, and
-- what the disk holds. Pure: numbers in, numbers out.

local ceil, floor, huge, max, min = math.ceil, math.floor, math.huge, math.max, math.min
local format = string.format

local limits = {
  --- Billionths of the currency in one of it.
  NANO = 1e9,

  --- The largest sum; it stands for "no limit".
  MOST = 2 ^ 53 - 1,

  --- Seconds for which an output has to be there yet to be counted on.
  LONG_ENOUGH = 3600,

  --- Starts a second, where nobody says otherwise.
  USUAL_STARTS = 10,
}

local GIB = 2 ^ 30
local MOST_STARTS = 1e6

-- What is started may be fetched within so many seconds, at the rate of the
-- workers that are alive; where that is not known yet, so many bytes.
local WINDOW_SECONDS, FIRST_WINDOW = 16 * 3600, 64 * GIB

-- What is left of the pace after a throttling, and by how much it grows again.
local THROTTLED, RECOVERY, SLOWEST = 0.5, 1.05, 0.01

--- A sum of money in billionths, never less than it is.
---@param amount number?  of the currency
---@return number? nano
function limits.nano(amount)
  return amount and (amount >= limits.MOST / limits.NANO and limits.MOST or
    ceil(amount * limits.NANO - 1e-6))
end

--- A rate of starts as the store can keep it: no more than any machine reaches.
---@param rate number?  a second, math.huge too
---@return number?
function limits.starts(rate)
  return rate and min(rate, MOST_STARTS)
end

--- A limit of bytes as the store keeps it.
---@param hourly number?  bytes an hour, math.huge too
---@return number?  bytes a second
function limits.bytes(hourly)
  return hourly and min(hourly, limits.MOST) / 3600
end

--- What one archive costs at the most, in billionths.
---@param prices {request_price: number?, gib_price: number?, egress_price: number?}
---@param size number  bytes
---@return number
function limits.price(prices, size)
  local by_size = (prices.gib_price or 0) + (prices.egress_price or 0)
  return (prices.request_price or 0) + ceil(by_size * (size / GIB))
end

--- What a rate leaves: tokens that come with time, up to a second's worth.
---@param bucket {level: number, at: number}
---@param rate number?  a second; nil: there is no such limit
---@param now number
---@return number level
function limits.level(bucket, rate, now)
  if not rate then
    return huge
  end
  local passed = max(0, now - bucket.at)
  return min(max(rate, 1), bucket.level + passed * rate)
end

--- The share of the pace that is left after throttling.
---@param factor number     as it was at the time
---@param factor_at number  that
---@param now number
---@return number
function limits.factor(factor, factor_at, now)
  local minutes = max(0, now - factor_at) / 60
  return min(1, factor * RECOVERY ^ min(minutes, 1000))
end

--- The same after one more throttling.
function limits.throttled(factor)
  return max(SLOWEST, factor * THROTTLED)
end

--- Bytes that may be started and not yet fetched.
---@param rate number?  bytes a second of all workers that are alive
---@return number
function limits.window(rate)
  return rate and rate > 0 and max(rate * WINDOW_SECONDS, GIB) or FIRST_WINDOW
end

---@class glacier.Budget  what is left
---@field money number      billionths
---@field cap number        billionths, for the text
---@field starts number     tokens
---@field bytes number      tokens
---@field window number     bytes that may be staged besides
---@field staged number     bytes that are
---@field disk number       bytes free beyond what is staged

--- A sum of money, in the currency, with two places.
---@param nano number
---@return string
function limits.text(nano)
  local hundredths = floor(nano / (limits.NANO / 100) + 0.5)
  local rest = hundredths % 100
  return format("%.0f.%s%.0f", floor(hundredths / 100), rest < 10 and "0" or "", rest)
end

local money = limits.text

--- Takes one archive out of a budget, if it fits.
---@param budget glacier.Budget
---@param size number   bytes
---@param price number  billionths
---@return string? reason  why it does not; begins with what stands in the way
---@return "cap"|"rate"|"window"|"disk"|nil what  stands in the way
function limits.take(budget, size, price)
  if price > budget.money then
    return format("cap: %s is the cap, %s of it are left, and the next archive may cost %s",
      money(budget.cap), money(max(0, budget.money)), money(price)), "cap"
  elseif budget.starts < 1 or budget.bytes <= 0 then
    return "rate: as many are started as may be", "rate"
  elseif size > budget.window and budget.staged > 0 then
    return format("window: %.0f bytes are started and not fetched yet", budget.staged), "window"
  elseif size > budget.disk then
    return format("disk: the next archive has %.0f bytes, and %.0f are free for it", size,
      max(0, floor(budget.disk))), "disk"
  end
  budget.money = budget.money - price
  budget.starts = budget.starts - 1
  budget.bytes = budget.bytes - size
  budget.window = budget.window - size
  budget.staged = budget.staged + size
  budget.disk = budget.disk - size
end

return limits
