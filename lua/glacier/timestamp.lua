--- Points in time as texts, ISO 8601 (and the profile of RFC 3339), and as epoch
-- seconds. os.time reads its fields as local time, so it is not used here.

local date = os.date
local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local floor = math.floor
local tonumber, type = tonumber, type

local timestamp = {}

local YEAR, TWO = "([0-9][0-9][0-9][0-9])", "([0-9][0-9])"
local DATE = "^([0-9][0-9][0-9][0-9])%-([0-9][0-9])%-([0-9][0-9])(.*)$"
local BASIC_DATE = "^([0-9][0-9][0-9][0-9])([0-9][0-9])([0-9][0-9])(.*)$"

local LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- The year 5138: no sane time is beyond, and every time in milliseconds since
-- March 1973 is.
local LATEST_SECONDS = 1e11

-- More digits of a fraction are beyond what a number can tell.
local MOST_DIGITS = 15

local function days_of_month(year, month)
  local is_leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and is_leap and 29 or LENGTHS[month]
end

-- Days since 1970-01-01 in the Gregorian calendar; nil where there is no such
-- day. Years are counted from March here, so that the leap day is the last one.
local function days_since_epoch(year, month, day)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month < 1 or month > 12 or day < 1 or day > days_of_month(year, month) then
    return nil
  end
  local shifted = month > 2 and month - 3 or month + 9
  local from_march = month > 2 and year or year - 1
  local leap_days = floor(from_march / 4) - floor(from_march / 100) + floor(from_march / 400)
  return 365 * from_march + leap_days + floor((153 * shifted + 2) / 5) + day - 1 - 719468
end

-- The zone's distance from UTC in seconds; a text without a zone is UTC.
local function zone_offset(zone)
  if zone == "" or zone == "Z" then
    return 0
  end
  local sign, hours, minutes = match(zone, "^([+-])([0-9][0-9]):?([0-9][0-9])$")
  if not sign then
    sign, hours = match(zone, "^([+-])([0-9][0-9])$")
    minutes = "00"
  end
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then
    return nil
  end
  return (sign == "-" and -60 or 60) * (60 * tonumber(hours) + tonumber(minutes))
end

-- Digit by digit of the text, and not by a decimal point, which depends on the
-- locale.
local function fraction_of(digits)
  digits = sub(digits, 1, MOST_DIGITS)
  return tonumber(digits) / 10 ^ #digits
end

-- 24:00 is the end of the day; a leap second can only be an hour's last.
local function seconds_of_day(hour, minute, second, fraction)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  local is_valid
  if hour == 24 then
    is_valid = minute == 0 and second == 0 and not find(fraction, "[1-9]")
  else
    is_valid = hour < 24 and minute < 60 and (second < 60 or second == 60 and minute == 59)
  end
  if is_valid then
    return hour * 3600 + minute * 60 + second + (fraction ~= "" and fraction_of(fraction) or 0)
  end
end

-- hh:mm[:ss[.fff]][zone] or hhmm[ss[.fff]][zone]: seconds from 00:00 UTC.
local function time_of_day(text, separator)
  local hour, minute, rest = match(text, "^([0-9][0-9])" .. separator .. "([0-9][0-9])(.*)$")
  if not hour then
    return nil
  end
  local second, after = match(rest, "^" .. separator .. "([0-9][0-9])(.*)$")
  local fraction, zone
  if second then
    rest = after
    fraction, zone = match(rest, "^[.,]([0-9]+)(.*)$")
  end
  local seconds = seconds_of_day(hour, minute, second or "0", fraction or "")
  local offset = zone_offset(zone or rest)
  return seconds and offset and seconds - offset
end

--- Reads a calendar date with or without a time of day, in the extended or the
--- basic format: "2013-03-20", "2013-03-20T17:03Z", "20130320T170343.5+0100".
--- Without a zone it is UTC, without a time the beginning of the day.
--- Source: ISO 8601.
---@param text string
---@return number? epoch  seconds since 1970, with the fraction there is;
--- nil where the text is no such time
function timestamp.parse_iso8601(text)
  local year, month, day, rest = match(text, DATE)
  local separator = ":"
  if not year then
    year, month, day, rest = match(text, BASIC_DATE)
    separator = ""
  end
  local days = year and days_since_epoch(year, month, day)
  if not days or rest == "" then
    return days and days * 86400
  end
  local seconds = sub(rest, 1, 1) == "T" and time_of_day(sub(rest, 2), separator)
  return seconds and days * 86400 + seconds or nil
end

--- Reads what timestamp.parse_iso8601 reads, also with small letters or a
--- blank in place of the "T" (RFC 3339, 5.6), and with "UTC" in place of the
--- "Z" (old caches of the AWS CLI).
---@param text any
---@return number? epoch  seconds since 1970, with the fraction there is;
--- nil where it is no such text
function timestamp.parse(text)
  if type(text) ~= "string" then
    return nil
  end
  text = gsub(text, "^([0-9-]+)[t ]([0-9])", "%1T%2")
  return timestamp.parse_iso8601((gsub(gsub(text, "z$", "Z"), "UTC$", "Z")))
end

--- Reads a point in time in any form: a text as timestamp.parse reads it, or
--- seconds since 1970, or milliseconds, where it can be nothing else.
---@param value any
---@return number? epoch  seconds since 1970; nil where it is no time
function timestamp.read(value)
  if type(value) ~= "number" then
    return timestamp.parse(value)
  end
  if value >= LATEST_SECONDS then
    return value / 1000
  end
  return value == value and value or nil
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
