--- The time by the service's clock, as far as it is known.

local timestamp = require("glacier.timestamp")

local floor = math.floor
local setmetatable = setmetatable
local time = os.time

-- A Date that is farther from our clock may be anybody's: of a cache, of a proxy,
-- of a recording. The service refuses requests that are dated so, and says so.
local BELIEVED_SECONDS = 300

---@class glacier.Clock
---@field offset number  seconds that the service's clock is ahead of ours
---@field seen string?   the last Date that was followed
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

--- Takes in the Date of a response. The service wrote it between two moments by
--- our clock, and it tells no part of a second: the offset is moved by no more
--- than what contradicts that.
---@param date string?  the header
---@param sent integer  when the request was sent, epoch seconds by this clock
---@param offset number  as it was then
function Clock:follow(date, sent, offset)
  if date == self.seen then
    return
  end
  self.seen = date
  local theirs = timestamp.parse_http(date)
  if not theirs then
    return
  end
  local least = theirs - self:now()
  local most = theirs + 1 - sent + floor(offset) - floor(self.offset)
  if least > 0 and least <= BELIEVED_SECONDS then
    self.offset = self.offset + least
  elseif most < 0 and most >= -BELIEVED_SECONDS then
    self.offset = self.offset + most
  end
end

return clock
