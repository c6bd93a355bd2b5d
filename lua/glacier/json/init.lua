--- JSON: lua-cjson behind one door.
--
-- cjson's settings are shared by all who require it; cjson.new() gives an
-- instance of our own, so neither does the host change us nor we the host. The
-- decimal point, though, is one for the whole process.

local integers = require("glacier.json.integers")
local text_of = require("glacier.text")
local shared = require("cjson")
local shared_decode, shared_encode = shared.decode, shared.encode

local concat = table.concat
local find, format, gsub, match, sub =
  string.find, string.format, string.gsub, string.match, string.sub
local huge = math.huge
local is_utf8 = text_of.is_utf8
local next, pcall, tonumber, tostring, type = next, pcall, tonumber, tostring, type

local MAX_DEPTH = 100

local json = {
  --- What null decodes to, unequal to every other value.
  null = shared.null,
}

-- cjson reads numbers by the decimal point of the process's locale, as that was
-- when somebody last made an instance: where it has changed since, "0.5" is
-- nothing, and "1,2" may be one number. What it makes of these two tells.
local function reads_numbers()
  local ok, value = pcall(shared_decode, "[0.5,1]")
  return ok and value[1] == 0.5 and value[2] == 1
end

local own

-- Decodes as we want it. An instance is made only where that leaves the point
-- as it is; until then the host's is set for as long as this takes.
local function decode(text, is_readable)
  if not own and is_readable then
    own = shared.new()
    own.decode_invalid_numbers(false)
    own.decode_max_depth(MAX_DEPTH)
  end
  if own then
    return pcall(own.decode, text)
  end
  local numbers, depth = shared.decode_invalid_numbers(), shared.decode_max_depth()
  shared.decode_invalid_numbers(false)
  shared.decode_max_depth(MAX_DEPTH)
  local ok, value = pcall(shared_decode, text)
  shared.decode_invalid_numbers(numbers)
  shared.decode_max_depth(depth)
  return ok, value
end

-- A number that every locale reads alike: without a point, and with a blank
-- behind it, so that no comma is taken for one. What is no number stays none.
local function plain_number(word)
  local sign, whole, rest = match(word, "^(%-?)([0-9]+)(.*)$")
  local fraction, exponent = match(rest or "", "^%.([0-9]*)(.*)$")
  if not fraction or find(whole, "^0[0-9]") then
    return word .. " "
  end
  exponent = exponent == "" and "0" or match(exponent, "^[eE]([+-]?[0-9]+)$")
  if not exponent then
    return word .. " "
  end
  local digits = match(whole .. fraction, "^0*(.*)$")
  return sign .. (digits == "" and "0" or
    digits .. "e" .. format("%.0f", tonumber(exponent) - #fraction)) .. " "
end

-- A JSON text with its numbers in that form; its strings stay.
local function with_plain_numbers(text)
  local pieces, from = {}, 1
  repeat
    local quote = find(text, '"', from, true)
    pieces[#pieces + 1] = gsub(sub(text, from, quote and quote - 1 or -1),
      "[-+0-9][-+0-9.A-Za-z]*", plain_number)
    if quote then
      from = quote + 1
      local last = find(text, '["\\]', from)
      while last and sub(text, last, last) == "\\" do
        last = find(text, '["\\]', last + 2)
      end
      pieces[#pieces + 1] = sub(text, quote, last or -1)
      from = last and last + 1 or #text + 1
    end
  until not quote
  return concat(pieces)
end

--- Decodes a JSON text (RFC 8259) without raising, the same under every locale.
---@param text string
---@return any value    nil only on failure
---@return string? message
function json.decode(text)
  local is_readable = reads_numbers()
  local ok, value = decode(is_readable and text or with_plain_numbers(text), is_readable)
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

-- Most strings are of these characters alone, which stand for themselves.
local PLAIN = "^[]-~#-[ !]*$"

local function escape(text)
  local quoted = shared_encode(text)
  if find(quoted, "/", 1, true) then
    quoted = gsub(quoted, "\\/", "/") -- cjson escapes it, JSON need not
  end
  return quoted
end

--- A string as a JSON string, quotes included. The bytes must be UTF-8.
---@param text string
---@return string
function json.quote(text)
  return find(text, PLAIN) and '"' .. text .. '"' or escape(text)
end

--- A string as a JSON string, if it can be one.
---@param text string
---@return string?  nil where the bytes are not UTF-8
function json.quote_utf8(text)
  if find(text, PLAIN) then
    return '"' .. text .. '"'
  end
  return is_utf8(text) and escape(text) or nil
end

-- JSON has no infinity, and the locale no say.
local function scalar(value)
  if type(value) == "number" and not (value > -huge and value < huge) then
    return "null"
  elseif type(value) == "number" then
    return value % 1 == 0 and format("%.0f", value) or text_of.of(value)
  elseif type(value) == "boolean" then
    return tostring(value)
  end
  return json.quote(text_of.to_utf8(tostring(value)))
end

--- An object of numbers, truth values and texts as JSON on one line, its members
--- in alphabetical order. Of anything else its text.
---@param object table<string, any>
---@return string
function json.flat(object)
  local names, members = {}, {}
  for name in next, object do
    names[#names + 1] = tostring(name)
  end
  text_of.sort(names)
  for i = 1, #names do
    members[i] = json.quote(names[i]) .. ":" .. scalar(object[names[i]])
  end
  return "{" .. concat(members, ",") .. "}"
end

--- Whether the bytes are valid UTF-8, as those of a JSON text must be.
json.is_utf8 = is_utf8

return json
