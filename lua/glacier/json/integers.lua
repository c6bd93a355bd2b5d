--- Whole numbers of JSON that a float does not hold.
--
-- cjson reads every number as a float, which is exact up to 2^53, of 16 digits.
-- Where Lua has integers, a longer one goes through cjson as a string with a
-- mark before it.

local next, rawget, tonumber, type = next, rawget, tonumber, type
local concat = table.concat
local byte, find, gsub, match, rep, sub =
  string.byte, string.find, string.gsub, string.match, string.rep, string.sub

local integers = {}

local HAS_INTEGERS = rawget(math, "type") ~= nil -- Lua 5.3 and later
local MANY_DIGITS = rep("[0-9]", 16)
local MARKED, ESCAPED_MARK = "^\0#(-?[0-9]+)$", "\\u0000#"
local QUOTE = 34

--- Whether a text may hold such numbers. One that holds the mark has none.
---@param text string  JSON
---@return boolean
function integers.are_in(text)
  return HAS_INTEGERS and find(text, MANY_DIGITS) ~= nil and
    not find(text, ESCAPED_MARK, 1, true)
end

local function mark_one(number)
  return find(number, MANY_DIGITS) and find(number, "^-?[1-9][0-9]*$") and
    '"' .. ESCAPED_MARK .. number .. '"' or number
end

-- Where the string that begins at `at` ends.
local function end_of_string(text, at)
  repeat
    at = find(text, '["\\]', at + 1)
    local is_end = not at or byte(text, at) == QUOTE
    at = at and (is_end and at or at + 1)
  until is_end
  return at or #text
end

--- The text with a mark on each of them.
---@param text string  JSON; what is none stays none
---@return string
function integers.mark(text)
  local parts, at = {}, 1
  repeat
    local quote = find(text, '"', at, true) or #text + 1
    parts[#parts + 1] = gsub(sub(text, at, quote - 1), "[0-9+.eE-]+", mark_one)
    at = end_of_string(text, quote) + 1
    parts[#parts + 1] = sub(text, quote, at - 1)
  until at > #text
  return concat(parts)
end

--- Puts the numbers in the place of what is marked.
---@param value table  the decoded text
---@return boolean ok  false where one was no value: JSON has no numbers as names
function integers.unmark(value)
  local ok = true
  for key, item in next, value do
    local digits = type(item) == "string" and match(item, MARKED)
    if type(key) == "string" and find(key, MARKED) then
      ok = false
    elseif digits then
      value[key] = tonumber(digits)
    elseif type(item) == "table" then
      ok = integers.unmark(item) and ok
    end
  end
  return ok
end

return integers
