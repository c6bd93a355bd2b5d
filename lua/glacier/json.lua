--- JSON: lua-cjson behind one door.
--
-- cjson's settings are shared by all who require it; cjson.new() gives an
-- instance of our own, so neither does the host change us nor we the host.

local cjson = require("cjson").new()
local integers = require("glacier.integers")

local pcall, type = pcall, type
local find, gsub = string.find, string.gsub

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

--- Decodes a text that must be a JSON object. Whole numbers are exact up to
--- 2^53 and, where Lua has integers, as far as these go.
---@param text string
---@return table? object  nil where the text is no JSON or no object
function json.decode_object(text)
  local is_marked = integers.are_in(text)
  -- A list's table cannot be told from an object's: the text can.
  local value = find(text, "^[ \t\r\n]*{") and
    json.decode(is_marked and integers.mark(text) or text)
  if type(value) ~= "table" or is_marked and not integers.unmark(value) then
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
