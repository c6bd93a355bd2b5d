--- JSON: lua-cjson behind one door.
--
-- cjson's settings are shared by all who require it; cjson.new() gives an
-- instance of our own, so neither does the host change us nor we the host.

local cjson = require("cjson").new()
local is_utf8 = require("glacier.text").is_utf8

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

--- Decodes a text that must be a JSON object.
---@param text string
---@return table? object  nil where the text is no JSON or no object
function json.decode_object(text)
  -- A list's table cannot be told from an object's: the text can.
  local value = find(text, "^[ \t\r\n]*{") and json.decode(text)
  return type(value) == "table" and value or nil
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

--- Whether the bytes are valid UTF-8, as those of a JSON text must be.
json.is_utf8 = is_utf8

return json
