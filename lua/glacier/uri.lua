--- The encoding of paths and queries.

local byte, find, format, gsub = string.byte, string.find, string.format, string.gsub

local uri = {}

local function encode_byte(char)
  return format("%%%02X", byte(char))
end

--- Percent-encodes all but the unreserved characters (RFC 3986, 2.3).
---@param text string
---@return string
function uri.encode(text)
  if find(text, "^[a-zA-Z0-9._~%-]*$") then
    return text
  end
  return (gsub(text, "[^A-Za-z0-9._~%-]", encode_byte))
end

return uri
