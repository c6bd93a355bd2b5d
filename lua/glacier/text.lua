--- Texts as bytes of ASCII: the one place for what the standard library does
-- by the host's locale. Under tr_TR "i" has another capital letter, under
-- de_DE numbers have another point, and strings are sorted by a dictionary.
--
-- All of this takes time that grows with the length only.

local byte, find, format, gsub, match =
  string.byte, string.find, string.format, string.gsub, string.match
local min, sort = math.min, table.sort
local tonumber, tostring, type = tonumber, tostring, type

local text = {}

local LOWER, UPPER = {}, {}
for code = byte("A"), byte("Z") do
  local capital = string.char(code)
  local small = string.char(code + 32)
  LOWER[capital], UPPER[small] = small, capital
end

-- Two steps, because one pattern for both ends backtracks quadratically on a
-- long run of blanks.

--- Takes white space away at both ends.
---@param raw string
---@return string
function text.trim(raw)
  return match(match(raw, "^[ \t\n\v\f\r]*(.*)$"), "^.*[^ \t\n\v\f\r]") or ""
end

--- The letters of ASCII as small ones; all other bytes stay.
---@param raw string
---@return string
function text.lower(raw)
  return (gsub(raw, "[A-Z]", LOWER))
end

--- The letters of ASCII as capital ones; all other bytes stay.
---@param raw string
---@return string
function text.upper(raw)
  return (gsub(raw, "[a-z]", UPPER))
end

--- Whether a text comes before another, byte by byte.
---@param a string
---@param b string
---@return boolean
function text.is_before(a, b)
  local shared = min(#a, #b)
  for i = 1, shared do
    local x, y = byte(a, i), byte(b, i)
    if x ~= y then
      return x < y
    end
  end
  return #a < #b
end

--- Sorts strings, byte by byte.
---@param list string[]  sorted in place
---@return string[] list
function text.sort(list)
  sort(list, text.is_before)
  return list
end

--- Reads a decimal number such as "2" or "0.25", which has "." for its point.
---@param digits string
---@return number?  nil where the text is none
function text.to_number(digits)
  local whole, fraction = match(digits, "^([0-9]+)%.?([0-9]*)$")
  if not whole then
    return nil
  end
  -- A whole number is read right under every locale, and so is an exponent.
  return tonumber(fraction == "" and whole or whole .. fraction .. "e-" .. #fraction)
end

--- A value as text, as tostring gives it; a number with "." for its point.
---@param value any
---@return string
function text.of(value)
  local shown = tostring(value)
  if type(value) == "number" and find(shown, "[^0-9A-Za-z+-]") then
    shown = gsub(shown, "[^0-9A-Za-z+-]+", ".")
  end
  return shown
end

local function escape(char)
  return char == "\n" and "\\\n" or format("\\%03d", byte(char))
end

--- A string in quotes, as Lua would read it.
---@param raw string
---@return string
function text.quote(raw)
  return '"' .. gsub(gsub(raw, '["\\]', "\\%0"), "[^ -~\128-\255]", escape) .. '"'
end

return text
