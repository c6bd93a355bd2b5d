--- What the sources may not do, because it depends on the host's locale, on a
-- string's metatable or on files that may be out of reach by then. Each rule
-- looks at one token in its place.

local lexer = require "spec.support.lexer"

local source_rules = {}

local STRING_METHODS = {}
for name in pairs(string) do
  STRING_METHODS[name] = true
end

local OPENING = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
local CLOSING = { ["end"] = true, ["until"] = true }
local BRACKETS = { ["("] = 1, ["{"] = 1, ["["] = 1, [")"] = -1, ["}"] = -1, ["]"] = -1 }
local COMPARISONS = { ["<"] = true, [">"] = true, ["<="] = true, [">="] = true }

-- Functions that take a text for string.format.
local FORMATTERS = { format = true, failed = true }

local function is(token, text)
  return token ~= nil and token.kind ~= "string" and token.text == text
end

-- Marks each token with the blocks it is in and the call whose argument it is;
-- a call counts its arguments.
local function place(tokens)
  local blocks, calls = 0, {}
  for i, token in ipairs(tokens) do
    local step = token.kind == "symbol" and BRACKETS[token.text]
    if token.kind == "name" and CLOSING[token.text] then
      blocks = blocks - 1
    elseif step == -1 then
      calls[#calls] = nil
    elseif token.text == "," and #calls > 0 and token.kind == "symbol" then
      calls[#calls].count = calls[#calls].count + 1
    end
    token.blocks, token.call = blocks, calls[#calls]
    if step == 1 then
      local before = token.text == "(" and tokens[i - 1]
      calls[#calls + 1] = {
        name = before and before.kind == "name" and before.text or "", count = 1,
        of = is(tokens[i - 2], ".") and tokens[i - 3].text or nil,
      }
      token.opens = calls[#calls]
    elseif token.kind == "name" and OPENING[token.text] then
      blocks = blocks + 1
    end
  end
end

local function without_escapes(text)
  return (text:gsub("%%%%", ""))
end

local rules = {}

function rules.case(tokens, i, file)
  return not file.is_helper and is(tokens[i], "string") and is(tokens[i + 1], ".") and
    (is(tokens[i + 2], "lower") or is(tokens[i + 2], "upper")) and
    "string." .. tokens[i + 2].text .. ": use glacier.text"
end

function rules.class(tokens, i, file)
  local token = tokens[i]
  local call = token.call and token.call.name or ""
  if token.kind ~= "string" or FORMATTERS[call] or call == "date" then
    return false
  end
  local text = without_escapes(token.text)
  if file.has_templates and not call:find "^g?[sfm]" then
    text = text:gsub("%%s", "")
  end
  local class = text:match "%%[acdglpsuwxACDGLPSUWX]"
  return class and class .. ": spell the bytes out"
end

function rules.number(tokens, i)
  local token = tokens[i]
  if token.kind ~= "string" or not (token.call and FORMATTERS[token.call.name]) then
    return false
  end
  local text = without_escapes(token.text):gsub("%%%.0f", "")
  local specifier = text:match "%%[-+ #0-9.]*[aAeEfFgGq]"
  return specifier and specifier .. " has the locale's point: use glacier.text"
end

function rules.date(tokens, i)
  local token = tokens[i]
  if token.kind ~= "string" or not (token.call and token.call.name == "date") then
    return false
  end
  local specifier = without_escapes(token.text):match "%%[^YmdHMS]"
  return specifier and specifier .. " in a date is the locale's"
end

function rules.order(tokens, i, file)
  local token = tokens[i]
  if file.is_helper then
    return false
  elseif token.opens and token.opens.name == "sort" and token.opens.count == 1 and
      (token.opens.of or "table") == "table" and file.takes_table_sort then
    return "table.sort by the locale's order: use glacier.text"
  end
  return token.kind == "symbol" and COMPARISONS[token.text] and
    (tokens[i - 1].kind == "string" or tokens[i + 1].kind == "string") and
    "texts compared by the locale's order: use glacier.text"
end

function rules.method(tokens, i)
  return is(tokens[i], ":") and tokens[i + 1].kind == "name" and
    STRING_METHODS[tokens[i + 1].text] and
    (is(tokens[i + 2], "(") or is(tokens[i + 2], "{") or tokens[i + 2].kind == "string") and
    "the method '" .. tokens[i + 1].text .. "' of a string: use a local function"
end

function rules.require(tokens, i, file)
  -- A field of that name, as an option is, requires nothing.
  local is_field = i > 1 and (is(tokens[i - 1], ".") or is(tokens[i + 1], "="))
  return not file.loads_list and is(tokens[i], "require") and not is_field and
    tokens[i].blocks > 0 and
    "require below the top of the file"
end

-- Whether the file takes table.sort rather than that of glacier.text.
local function takes_table_sort(tokens)
  for i = 1, #tokens - 2 do
    if is(tokens[i], "table") and is(tokens[i + 1], ".") and is(tokens[i + 2], "sort") then
      return true
    end
  end
  return false
end

--- What is wrong in a Lua source.
---@param source string
---@param file { is_helper: boolean?, has_templates: boolean?, loads_list: boolean? }?
--- what it is: the one that stands for the standard library; one with texts
--- that hold "%s" themselves; one that loads a list with the module
---@return string[] offences  "LINE: what"
function source_rules.lua(source, file)
  local tokens, offences = lexer.lua(source), {}
  place(tokens)
  file = setmetatable({ takes_table_sort = takes_table_sort(tokens) }, { __index = file })
  for i, token in ipairs(tokens) do
    for _, rule in pairs(rules) do
      local offence = rule(tokens, i, file)
      if offence then
        offences[#offences + 1] = token.line .. ": " .. offence
      end
    end
  end
  return offences
end

-- Functions of C that go by the locale.
local LOCAL = {}
for name in ([[isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace
  isupper isxdigit tolower toupper strcasecmp strncasecmp strcasestr strcoll strxfrm strtod
  strtof strtold atof scanf sscanf fscanf strftime localeconv setlocale uselocale mbstowcs
  wcstombs mbtowc wctomb]]):gmatch "%a+" do
  LOCAL[name] = true
end

--- What is wrong in a C source.
---@param source string
---@return string[] offences  "LINE: what"
function source_rules.c(source)
  local offences = {}
  for _, token in ipairs(lexer.c(source)) do
    local offence = token.kind == "name" and LOCAL[token.text] and token.text or
      token.kind == "string" and without_escapes(token.text):match "%%[-+ #0-9.*l]*[aAeEfFgG]"
    if offence then
      offences[#offences + 1] = token.line .. ": " .. offence .. " goes by the locale"
    end
  end
  return offences
end

return source_rules
