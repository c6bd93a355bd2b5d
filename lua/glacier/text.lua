--- Texts as bytes of ASCII and as UTF-8: the one place for what the standard
-- library does by the host's locale. Under tr_TR "i" has another capital letter,
-- under de_DE numbers have another point, and strings are sorted by a dictionary.
--
-- All of this takes time that grows with the length only.

local byte, find, format, gsub, match, sub =
  string.byte, string.find, string.format, string.gsub, string.match, string.sub
local concat, sort = table.concat, table.sort
local min = math.min
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
  return match(match(raw, "^[ \t-\r]*(.*)$"), "^.*[^ \t-\r]") or ""
end

-- The characters of more than one byte, each as the sets of its bytes. (RFC
-- 3629, section 4.)
local REST = "[\128-\191]"
local SEQUENCES = {
  { "[\194-\223]", REST },
  { "\224", "[\160-\191]", REST },
  { "[\225-\236\238\239]", REST, REST },
  { "\237", "[\128-\159]", REST },
  { "\240", "[\144-\191]", REST, REST },
  { "[\241-\243]", REST, REST, REST },
  { "\244", "[\128-\143]", REST, REST },
}
local PATTERNS = {}
for i = 1, #SEQUENCES do
  PATTERNS[i] = concat(SEQUENCES[i])
end

--- Whether the bytes are valid UTF-8 (RFC 3629).
---@param raw string
---@return boolean
function text.is_utf8(raw)
  if not find(raw, "[\128-\255]") then
    return true
  end
  -- Lead bytes never occur as continuation bytes, so each pass can only meet
  -- sequences of its own length.
  for i = 1, #SEQUENCES do
    raw = gsub(raw, PATTERNS[i], ".") -- a mark, so that rests do not join
  end
  return not find(raw, "[\128-\255]")
end

local REPLACEMENT = "\239\191\189" -- U+FFFD

-- How many bytes at `first` are a character, or could have become one; and
-- whether they are one.
local function sequence_at(raw, first)
  for i = 1, #SEQUENCES do
    local sets, length = SEQUENCES[i], 0
    while sets[length + 1] and find(raw, "^" .. sets[length + 1], first + length) do
      length = length + 1
    end
    if length > 0 then
      return length, length == #sets
    end
  end
  return 1, false
end

--- Puts U+FFFD for the bytes that are no UTF-8: one for each beginning of a
--- character, as the Unicode Standard recommends (3.9, "U+FFFD Substitution of
--- Maximal Subparts").
---@param raw string
---@return string
function text.to_utf8(raw)
  if text.is_utf8(raw) then
    return raw
  end
  local pieces, from = {}, 1
  local first = find(raw, "[\128-\255]")
  while first do
    local length, is_sound = sequence_at(raw, first)
    if not is_sound then
      pieces[#pieces + 1] = sub(raw, from, first - 1)
      pieces[#pieces + 1] = REPLACEMENT
      from = first + length
    end
    first = find(raw, "[\128-\255]", first + length)
  end
  pieces[#pieces + 1] = sub(raw, from)
  return concat(pieces)
end

-- A character is at most that many bytes longer than its first.
local LONGEST_REST = 3

--- The beginning of a text, made UTF-8 as by text.to_utf8, cut between two
--- characters.
---@param raw string
---@param limit integer  bytes of the result at the most
---@return string
function text.cut(raw, limit)
  local cut = text.to_utf8(sub(raw, 1, limit + LONGEST_REST))
  if #cut > limit then
    while find(cut, "^" .. REST, limit + 1) do
      limit = limit - 1
    end
    cut = sub(cut, 1, limit)
  end
  return cut
end

-- What is no character to be seen: those of ASCII but for tab and line feed,
-- and U+0080 to U+009F, which terminals obey too.
local CONTROLS = "[^ -~\t\n\128-\255]"
local MORE_CONTROLS = "\194[\128-\159]"

--- A text of somebody else's, fit to be shown: cut as by text.cut, with "?" for
--- each control character but tab and line feed.
---@param raw string
---@param limit integer  bytes of the result at the most
---@return string
function text.printable(raw, limit)
  return (gsub(gsub(text.cut(raw, limit), CONTROLS, "?"), MORE_CONTROLS, "?"))
end

--- As text.printable, on one line: white space of any length is one blank.
---@param raw string
---@param limit integer  bytes of the result at the most
---@return string
function text.line(raw, limit)
  local line = gsub(text.cut(raw, limit), "[ \t-\r]+", " ")
  return text.trim(text.printable(line, limit))
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
