--- Amounts as people read them, the same under every locale: bytes, lengths of
-- time.

local floor = math.floor
local format, rep = string.format, string.rep

local amounts = {}

-- A bar, one byte a column, drawn with what every terminal has.
local FULL, HEAD, EMPTY = "=", ">", " "

local UNITS = { "KiB", "MiB", "GiB", "TiB" }

--- In digits, however large: "%d" refuses what no integer of Lua's can hold.
---@param value number  what is behind the point is left out
---@return string
function amounts.whole(value)
  return format("%.0f", floor(value))
end

-- With a point in any locale: 123, 12.3, 1.2.
local function short(value)
  if value >= 100 then
    return amounts.whole(value)
  end
  local tenths = floor(value * 10)
  return format("%d.%d", floor(tenths / 10), tenths % 10)
end

--- A number of bytes: "12.3 MiB".
---@param bytes number
---@return string
function amounts.bytes(bytes)
  if bytes < 1024 then
    return amounts.whole(bytes) .. " B"
  end
  local unit = 1
  bytes = bytes / 1024
  while bytes >= 1024 and UNITS[unit + 1] do
    bytes, unit = bytes / 1024, unit + 1
  end
  return short(bytes) .. " " .. UNITS[unit]
end

--- A length of time, to the unit that matters, in two of them: "1m 05s".
---@param seconds number
---@return string
function amounts.duration(seconds)
  seconds = floor(seconds + 0.5)
  if seconds < 60 then
    return amounts.whole(seconds) .. "s"
  elseif seconds < 3600 then
    return format("%dm %02ds", floor(seconds / 60), seconds % 60)
  elseif seconds < 100 * 3600 then
    return format("%dh %02dm", floor(seconds / 3600), floor(seconds % 3600 / 60))
  end
  return amounts.whole(seconds / 86400) .. " days"
end

--- A bar that is filled from the left: "[==>   ]".
---@param share number  from 0 to 1
---@param columns integer  that it takes, 2 at the least
---@return string
function amounts.bar(share, columns)
  local inside = columns - 2
  local filled = floor(share * inside)
  local head = filled < inside and HEAD or ""
  return "[" .. rep(FULL, filled) .. head .. rep(EMPTY, inside - filled - #head) .. "]"
end

return amounts
