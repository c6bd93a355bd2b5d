--- The little that is read of XML: elements by their names, and their texts.
-- Markup that this does not know (comments, instructions) is never followed,
-- so what it might hide is not found.

local text = require("glacier.text")

local char, find, gsub, match, sub =
  string.char, string.find, string.gsub, string.match, string.sub
local floor = math.floor
local tonumber = tonumber

local xml = {}

local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

-- More digits than these stand for no character, and wrap around where there
-- are integers.
local MOST_DIGITS = 8

-- A code point as UTF-8 (RFC 3629); nil where it is no character.
local function encode(code)
  local bytes
  if code < 0x80 then
    bytes = char(code)
  elseif code < 0x800 then
    bytes = char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
  elseif code < 0x10000 then
    bytes = char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40,
      0x80 + code % 0x40)
  elseif code < 0x110000 then
    bytes = char(0xF0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40,
      0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return bytes and text.is_utf8(bytes) and bytes or nil
end

-- The character of a reference such as "#38", "#x26" or "amp".
local function referred(name)
  local digits, base = match(name, "^#([0-9]+)$"), 10
  if not digits then
    digits, base = match(name, "^#x([0-9A-Fa-f]+)$"), 16
  end
  if digits then
    return #digits <= MOST_DIGITS and encode(tonumber(digits, base)) or nil
  end
  return ENTITIES[name]
end

--- The text that a content without elements stands for.
---@param content string
---@return string? text  nil where it has a reference to no character
function xml.decode(content)
  local is_sound = not find(gsub(content, "&[#A-Za-z0-9]+;", ""), "&", 1, true)
  local decoded = gsub(content, "&([#A-Za-z0-9]+);", function(name)
    local character = referred(name)
    is_sound = is_sound and character ~= nil
    return character
  end)
  return is_sound and decoded or nil
end

-- Where a tag that opens an element begins and ends.
local function find_open(document, name, from)
  return find(document, "<" .. name .. "%f[ \t\r\n/>][^<>]*>", from)
end

--- What is between the tags of the only element of this name. One that is
--- closed where it opens (`<Token/>`) is empty.
---@param document string
---@param name string  of letters
---@return string? content  nil where there is none, more than one, or no end
function xml.element(document, name)
  local first, before = find_open(document, name, 1)
  if not first or find_open(document, name, before + 1) then
    return nil
  end
  if sub(document, before - 1, before) == "/>" then
    return ""
  end
  local close = "</" .. name .. ">"
  local after = find(document, close, before + 1, true)
  if not after or find(document, close, after + 1, true) then
    return nil
  end
  return sub(document, before + 1, after - 1)
end

--- The text of an element that holds nothing but text.
---@param document string
---@param name string
---@return string?
function xml.field(document, name)
  local content = xml.element(document, name)
  if not content or find(content, "<", 1, true) then
    return nil
  end
  return xml.decode(text.trim(content))
end

return xml
