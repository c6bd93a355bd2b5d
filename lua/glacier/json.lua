--- JSON: lua-cjson behind one door.
--
-- cjson's settings are shared by all who require it; cjson.new() gives an
-- instance of our own, so neither does the host change us nor we the host.

local cjson = require("cjson").new()

local next, pcall, rawget, tonumber, type = next, pcall, rawget, tonumber, type
local concat = table.concat
local byte, find, gsub, match, rep, sub =
  string.byte, string.find, string.gsub, string.match, string.rep, string.sub

cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(100)

local json = {
  --- What null decodes to, unequal to every other value.
  null = cjson.null,
}

--- Decodes a JSON text (RFC 8259) without raising.
---@param text string
---@return any value    nil only on failure
---@return string? message
function json.decode(text)
  local ok, value = pcall(cjson.decode, text)
  if ok then
    return value
  end
  return nil, value
end

-- cjson reads every number as a float, which is exact up to 2^53, of 16 digits.
-- Where Lua has integers, a longer one goes through cjson as a string with this
-- mark before it.
local HAS_INTEGERS = rawget(math, "type") ~= nil -- Lua 5.3 and later
local MANY_DIGITS = rep("[0-9]", 16)
local MARK, ESCAPED_MARK = "^\0#(-?[0-9]+)$", "\\u0000#"

local function mark(number)
  return find(number, MANY_DIGITS) and find(number, "^-?[1-9][0-9]*$") and
    '"' .. ESCAPED_MARK .. number .. '"' or number
end

-- Where the string that begins at `at` ends.
local function skip_string(text, at)
  repeat
    at = find(text, '["\\]', at + 1)
    local is_end = not at or byte(text, at) == 34
    at = at and (is_end and at or at + 1)
  until is_end
  return at or #text
end

local function mark_integers(text)
  local parts, at = {}, 1
  repeat
    local quote_at = find(text, '"', at, true) or #text + 1
    parts[#parts + 1] = gsub(sub(text, at, quote_at - 1), "[0-9+.eE-]+", mark)
    at = skip_string(text, quote_at) + 1
    parts[#parts + 1] = sub(text, quote_at, at - 1)
  until at > #text
  return concat(parts)
end

-- False where a number was no value: JSON has none for a name.
local function unmark(value)
  local is_right = true
  for key, item in next, value do
    local digits = type(item) == "string" and match(item, MARK)
    if type(key) == "string" and find(key, MARK) then
      is_right = false
    elseif digits then
      value[key] = tonumber(digits)
    elseif type(item) == "table" then
      is_right = unmark(item) and is_right
    end
  end
  return is_right
end

--- Decodes a text that must be a JSON object. Whole numbers are exact up to
--- 2^53 and, where Lua has integers, as far as these go.
---@param text string
---@return table? object  nil where the text is no JSON or no object
function json.decode_object(text)
  local is_marked = HAS_INTEGERS and find(text, MANY_DIGITS) and
    not find(text, ESCAPED_MARK, 1, true)
  -- A list's table cannot be told from an object's: the text can.
  local value = find(text, "^[ \t\r\n]*{") and
    json.decode(is_marked and mark_integers(text) or text)
  if type(value) ~= "table" or is_marked and not unmark(value) then
    return nil
  end
  return value
end

--- A string as a JSON string, quotes included. The bytes must be UTF-8.
---@param text string
---@return string
function json.quote(text)
  local quoted = cjson.encode(text)
  if find(quoted, "/", 1, true) then
    quoted = gsub(quoted, "\\/", "/") -- cjson escapes it, JSON need not
  end
  return quoted
end

-- Lead bytes never occur as continuation bytes, so each pass can only meet
-- sequences of its own length. (RFC 3629, section 4.)
local SEQUENCES = {
  "[\194-\223][\128-\191]",
  "\224[\160-\191][\128-\191]",
  "[\225-\236\238\239][\128-\191][\128-\191]",
  "\237[\128-\159][\128-\191]",
  "\240[\144-\191][\128-\191][\128-\191]",
  "[\241-\243][\128-\191][\128-\191][\128-\191]",
  "\244[\128-\143][\128-\191][\128-\191]",
}

--- Whether the bytes are valid UTF-8 (RFC 3629).
---@param text string
---@return boolean
function json.is_utf8(text)
  if not find(text, "[\128-\255]") then
    return true
  end
  for i = 1, #SEQUENCES do
    text = gsub(text, SEQUENCES[i], ".") -- a mark, so that rests do not join
  end
  return not find(text, "[\128-\255]")
end

return json
