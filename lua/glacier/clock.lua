--- The time by the service's clock, as far as it is known.

local floor = math.floor
local setmetatable = setmetatable
local time = os.time

---@class glacier.Clock
---@field offset number  seconds that the service's clock is ahead of ours
local Clock = {}
Clock.__index = Clock

local clock = {}

--- One that agrees with ours until it is told otherwise.
---@return glacier.Clock
function clock.new()
  return setmetatable({ offset = 0 }, Clock)
end

--- The time by the service's clock.
---@param offset number?  what was known of it at another time
---@return integer epoch  seconds since 1970
function Clock:now(offset)
  return time() + floor(offset or self.offset)
end

return clock
