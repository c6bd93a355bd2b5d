--- Points in time as texts, ISO 8601 (the profile of RFC 3339), and as epoch
-- seconds. os.time reads its fields as local time, so it is not used here.

local to_number = require("glacier.text").to_number

local date = os.date
local find, match = string.find, string.match
local floor = math.floor
local tonumber, type = tonumber, type

local timestamp = {}

local YEAR, TWO = "([0-9][0-9][0-9][0-9])", "([0-9][0-9])"
local FORM = "^" .. YEAR .. "%-" .. TWO .. "%-" .. TWO .. "[Tt ]" ..
  TWO .. ":" .. TWO .. ":" .. TWO .. "(.*)$"
local BASIC_FORM = "^" .. YEAR .. TWO .. TWO .. "[Tt]" .. TWO .. TWO .. TWO .. "(.*)$"

local LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_of_month(year, month)
  local is_leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and is_leap and 29 or LENGTHS[month]
end

-- Days since 1970-01-01 in the Gregorian calendar. Years are counted from
-- March here, so that the leap day is the last one.
local function days_since_epoch(year, month, day)
  local shifted = month > 2 and month - 3 or month + 9
  local from_march = month > 2 and year or year - 1
  local leap_days = floor(from_march / 4) - floor(from_march / 100) + floor(from_march / 400)
  return 365 * from_march + leap_days + floor((153 * shifted + 2) / 5) + day - 1 - 719468
end

-- The zone's distance from UTC in seconds; a text without a zone is UTC.
local function zone_offset(zone)
  local sign, hours, minutes
  if zone == "" or find(zone, "^[Zz]$") or zone == "UTC" then
    return 0
  end
  sign, hours, minutes = match(zone, "^([+-])([0-9][0-9]):?([0-9][0-9])$")
  hours, minutes = tonumber(hours), tonumber(minutes)
  if not sign or hours > 23 or minutes > 59 then
    return nil
  end
  return (sign == "-" and -60 or 60) * (60 * hours + minutes)
end

--- Reads a point in time: "2026-01-02T03:04:05Z", also with a fraction, an
--- offset ("+01:00"), "UTC" (old caches of the AWS CLI) or without separators.
--- Without a zone it is UTC. Source: RFC 3339; ISO 8601, basic format.
---@param text any
---@return number? epoch  seconds since 1970, with the fraction there is;
--- nil where the text is no such time
function timestamp.parse(text)
  local year, month, day, hour, minute, second, rest, fraction, zone, offset
  if type(text) ~= "string" then
    return nil
  end
  year, month, day, hour, minute, second, rest = match(text, FORM)
  if not year then
    year, month, day, hour, minute, second, rest = match(text, BASIC_FORM)
  end
  if not year then
    return nil
  end
  fraction, zone = match(rest, "^[.,]([0-9]+)(.*)$")
  offset = zone_offset(zone or rest)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  -- A 60th second is a leap second.
  if not offset or month < 1 or month > 12 or day < 1 or day > days_of_month(year, month)
    or hour > 23 or minute > 59 or second > 60 then
    return nil
  end
  second = second + (fraction and to_number("0." .. fraction) or 0)
  return days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
end

local MONTHS = {
  Jan = "01", Feb = "02", Mar = "03", Apr = "04", May = "05", Jun = "06",
  Jul = "07", Aug = "08", Sep = "09", Oct = "10", Nov = "11", Dec = "12",
}

--- Reads the Date header of a response: "Sun, 06 Nov 1994 08:49:37 GMT"
--- (RFC 9110 5.6.7, IMF-fixdate; the obsolete forms are not read).
---@param text string?
---@return number? epoch  seconds since 1970
function timestamp.parse_http(text)
  local day, name, year, time = match(text or "",
    "^[A-Z][a-z][a-z], " .. TWO .. " ([A-Z][a-z][a-z]) " .. YEAR ..
    " ([0-9][0-9]:[0-9][0-9]:[0-9][0-9]) GMT$")
  local month = MONTHS[name]
  return month and timestamp.parse(year .. "-" .. month .. "-" .. day .. "T" .. time .. "Z")
end

--- The text of a point in time in UTC, "2026-01-02T03:04:05Z"; a fraction of
--- a second is cut.
---@param epoch number  seconds since 1970
---@return string
function timestamp.format(epoch)
  return (date("!%Y-%m-%dT%H:%M:%SZ", floor(epoch)))
end

return timestamp
