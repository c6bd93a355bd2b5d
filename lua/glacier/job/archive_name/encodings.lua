--- What tools wrap names in: Base64 (RFC 4648), UTF-7 (RFC 2152), and UTF-8
-- that was encoded twice. Whatever is malformed gives nil.

local byte, char, find, gsub, match, sub =
  string.byte, string.char, string.find, string.gsub, string.match, string.sub
local concat = table.concat
local floor = math.floor

local encodings = {}

-- Of either alphabet, that for URLs too.
local VALUES = { ["+"] = 62, ["-"] = 62, ["/"] = 63, ["_"] = 63 }
for i = 0, 25 do
  VALUES[char(byte("A") + i)] = i
  VALUES[char(byte("a") + i)] = 26 + i
end
for i = 0, 9 do
  VALUES[char(byte("0") + i)] = 52 + i
end

--- Decodes Base64 of either alphabet, with its padding or without.
---@param text string
---@return string? bytes
function encodings.base64(text)
  local digits = match(text, "^([0-9A-Za-z+/_-]*)=?=?$")
  if not digits or #digits % 4 == 1 then
    return nil
  end
  local bytes, bits, held = {}, 0, 0
  for i = 1, #digits do
    bits = bits * 64 + VALUES[sub(digits, i, i)]
    held = held + 6
    if held >= 8 then
      held = held - 8
      local unit = floor(bits / 2 ^ held)
      bytes[#bytes + 1] = char(unit)
      bits = bits - unit * 2 ^ held
    end
  end
  return concat(bytes)
end

-- A character as UTF-8.
local function encode(code)
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
  elseif code < 0x10000 then
    return char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return char(0xF0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40,
    0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

-- UTF-16, the higher byte first, as UTF-8.
local function from_utf16(bytes)
  local characters, i = {}, 1
  if #bytes % 2 ~= 0 then
    return nil
  end
  while i < #bytes do
    local code = 256 * byte(bytes, i) + byte(bytes, i + 1)
    i = i + 2
    if code >= 0xD800 and code < 0xE000 then
      local low = i < #bytes and 256 * byte(bytes, i) + byte(bytes, i + 1) or 0
      if code >= 0xDC00 or low < 0xDC00 or low >= 0xE000 then
        return nil
      end
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
      i = i + 2
    end
    characters[#characters + 1] = encode(code)
  end
  return concat(characters)
end

--- Decodes UTF-7.
---@param text string
---@return string? utf8
function encodings.utf7(text)
  local pieces, at = {}, 1
  local plus = find(text, "+", 1, true)
  while plus do
    local digits, last = match(text, "^([0-9A-Za-z+/]*)()", plus + 1)
    local is_closed = sub(text, last, last) == "-"
    local decoded = encodings.base64(digits)
    decoded = digits == "" and (is_closed and "+" or nil) or decoded and from_utf16(decoded)
    if not decoded or decoded == "" then
      return nil
    end
    pieces[#pieces + 1] = sub(text, at, plus - 1)
    pieces[#pieces + 1] = decoded
    at = is_closed and last + 1 or last
    plus = find(text, "+", at, true)
  end
  pieces[#pieces + 1] = sub(text, at)
  return concat(pieces)
end

--- The bytes that were taken for characters of ISO 8859-1 and encoded as UTF-8.
---@param text string
---@return string? bytes  nil where there are other characters
function encodings.from_latin1(text)
  local rest = gsub(text, "[\194\195][\128-\191]", "")
  if find(rest, "[\128-\255]") then
    return nil
  end
  return (gsub(text, "([\194\195])([\128-\191])", function(lead, last)
    return lead == "\194" and last or char(byte(last) + 64)
  end))
end

return encodings
