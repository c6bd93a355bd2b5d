--- The AWS shared config and credentials files: text in, tables out.
-- Pure: it reads no file and no environment variable. Where the AWS tools read
-- the same file differently, spec/profiles_spec.lua lists the choice made here.
--
-- Blanks and letters are spelled out in the patterns, never `%s`, `%w` or
-- string.lower: those follow the host's locale and could split a UTF-8 value.

local lower = require("glacier.text").lower
local shell_words = require("glacier.config.shell_words")

local concat = table.concat
local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local gmatch = string.gmatch
local ipairs, pairs = ipairs, pairs

local profiles = {}

local BYTE_ORDER_MARK = "\239\187\191"
-- What the other encodings of Unicode begin with, the longer marks first.
local FOREIGN_MARKS = {
  { "\255\254\0\0", "UTF-32" }, { "\0\0\254\255", "UTF-32" },
  { "\255\254", "UTF-16" }, { "\254\255", "UTF-16" },
}
local VALID_KEY = "^[A-Za-z0-9%-_./%%@:+]+$"
local KINDS = { config = true, credentials = true }

-- What a config section's header begins with, and where its table is kept.
local PREFIXES = {
  { "profile", "profiles" },
  { "sso-session", "sso_sessions" },
  { "services", "services" },
}

-- Problems name what was expected and never quote the line, which may hold a
-- secret.
local PROPERTY = {
  no_equals = "Expected an '=' sign defining a property",
  no_name = "Property did not have a name",
}
local SUB_PROPERTY = {
  no_equals = "Expected an '=' sign defining a sub-property",
  no_name = "Sub-property did not have a name",
}

local STATIC_CREDENTIALS = {
  "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
  "aws_security_token",
}

-- Two steps, because one pattern for both ends backtracks quadratically on a
-- long run of blanks.
local function trim(text)
  local first = find(text, "[^ \t]")
  return first and match(text, "^.*[^ \t]", first) or ""
end

-- "Key = value" -> "key", "value"; nil and the problem otherwise. Comments are
-- whole lines: a "#" or ";" behind a value is part of it, as in a command.
local function definition(line, problems)
  local equals = find(line, "=", 1, true)
  if not equals then return nil, problems.no_equals end
  local key = trim(sub(line, 1, equals - 1))
  if key == "" then return nil, problems.no_name end
  return lower(key), trim(sub(line, equals + 1))
end

-- The name in a config section's header and the tables among which it stands,
-- as boto3 reads it: the header is of two words, and the last is the name,
-- which may be in quotes.
local function parse_header(file, header)
  for _, prefix in ipairs(PREFIXES) do
    if sub(header, 1, #prefix[1]) == prefix[1] then
      local words = shell_words.split(header)
      return words and #words == 2 and words[2], file[prefix[2]]
    end
  end
end

-- The table that the section's properties go to. A section that is not ours to
-- read gets one that nobody keeps, so that its lines are still checked. In the
-- credentials file a header is a profile's name, whatever it is.
local function section_for(state, header)
  local name, kept = header, state.file.profiles
  if state.kind == "config" then
    if header == "default" then
      kept = state.unprefixed
    else
      name, kept = parse_header(state.file, header)
    end
  end
  -- Nothing can ask for a name with a NUL: it would end a variable.
  if not name or name == "" or find(name, "\0", 1, true) then return {} end
  kept[name] = kept[name] or {}
  return kept[name]
end

-- The lines of a value are joined once, here: joining at each continuation
-- would be quadratic.
local function close_property(state)
  local property = state.property
  state.property = nil
  if property and find(property.key, VALID_KEY) then
    state.section[property.key] = concat(property.lines, "\n")
  end
end

-- Where the header closes: at the first "]" with nothing or a comment after it.
-- A name may have a "#", a ";" and a "]" in it.
local function header_end(line)
  local last = 0
  local following
  repeat
    last = find(line, "]", last + 1, true)
    following = last and find(line, "[^ \t]", last + 1)
  until not following or find(line, "^[#;]", following)
  return last
end

local function read_header(state, line)
  local last = header_end(line)
  if not last then
    return "Profile definition must end with ']'"
  end
  close_property(state)
  local first = find(line, "[", 1, true)
  state.section = section_for(state, trim(sub(line, first + 1, last - 1)))
end

local function read_property(state, line, column)
  local key, value = definition(line, PROPERTY)
  if not key then
    if column > 1 and not state.property and value == PROPERTY.no_equals then
      return "Expected a property definition, found continuation"
    end
    return value
  end
  close_property(state)
  state.property = {
    key = key, column = column, lines = { value }, nested = value == "",
  }
end

local function read_continuation(state, line)
  local property = state.property
  local key, problem
  if property.nested then
    key, problem = definition(line, SUB_PROPERTY)
    if not key then return problem end
  end
  property.lines[#property.lines + 1] = trim(line)
end

-- Returns the problem of the line, nil where there is none. A line continues
-- the open property exactly where it is indented further than that one.
local function read_line(state, line)
  local column = find(line, "[^ \t]")
  local mark = column and sub(line, column, column)
  if not column or mark == "#" or mark == ";" then return nil end
  if state.property and column > state.property.column then
    return read_continuation(state, line)
  end
  if mark == "[" then return read_header(state, line) end
  if not state.section then return "Expected a profile definition" end
  return read_property(state, line, column)
end

-- Calls read_line for each line, whether it ends in LF, CRLF or CR, until one
-- has a problem: that one and the line's number, from 1.
local function read_lines(state, text)
  local first, number = 1, 0
  local last, problem, ending
  if sub(text, 1, 3) == BYTE_ORDER_MARK then first = 4 end
  while first <= #text do
    number = number + 1
    last, ending = find(text, "[\r\n]", first)
    if last and sub(text, last, last + 1) == "\r\n" then ending = last + 1 end
    problem = read_line(state, sub(text, first, (last or 0) - 1))
    if problem then return problem, number end
    first = (ending or #text) + 1
  end
end

-- The encoding of a file that is not in UTF-8, as Windows' shell writes them;
-- nil for all others. Without a mark a NUL tells: all text begins in ASCII.
local function foreign_encoding(text)
  for _, mark in ipairs(FOREIGN_MARKS) do
    if sub(text, 1, #mark[1]) == mark[1] then return mark[2] end
  end
  local first, second = byte(text, 1, 2)
  if second and (first == 0) ~= (second == 0) then return "UTF-16" end
end

--- A file as it was read, by section.
---@class glacier.profiles.File
---@field profiles table<string, table<string, string>> by profile name
---@field sso_sessions table<string, table<string, string>> config file only
---@field services table<string, table<string, string>> config file only

--- Parses one file. Keys are lower case; a property whose name has characters
--- outside `A-Za-z0-9-_./%@:+` is left out. In a config file,
--- `[profile default]` replaces `[default]`. The time is linear in the size.
--- Source: the file format of the AWS SDKs and Tools Reference Guide; for
--- headers and comments botocore's configloader.
---@param text string the file's bytes; a UTF-8 byte order mark is skipped
---@param kind "config"|"credentials" which of the two files it is
---@param name string the file's name, for messages
---@return glacier.profiles.File? file nil where the file is malformed
---@return string? message names the file and the line, never the text
function profiles.parse(text, kind, name)
  local file = { profiles = {}, sso_sessions = {}, services = {} }
  local state = { file = file, kind = kind, unprefixed = {} }
  local problem, number
  if type(text) ~= "string" then error("text: string expected", 2) end
  if not KINDS[kind] then error("kind: 'config' or 'credentials' expected", 2) end
  local encoding = foreign_encoding(text)
  if encoding then
    problem, number = "The file is in " .. encoding .. ": save it as UTF-8", 1
  else
    problem, number = read_lines(state, text)
  end
  if problem then
    return nil, "Unable to parse config file: " .. tostring(name) .. ", line "
      .. number .. ": " .. problem
  end
  close_property(state)
  file.profiles.default = file.profiles.default or state.unprefixed.default
  return file
end

local function overlay(into, from)
  local kept
  for name, properties in pairs(from) do
    kept = into[name] or {}
    into[name] = kept
    -- An access key, its secret and its token are one thing: a token left over
    -- from the other file would spoil a good key.
    if properties.aws_access_key_id then
      for _, key in ipairs(STATIC_CREDENTIALS) do kept[key] = nil end
    end
    for key, value in pairs(properties) do kept[key] = value end
  end
  return into
end

--- Merges the two files into one view, property by property; the credentials
--- file wins. Its `aws_access_key_id` also hides the config file's secret key
--- and session token. The files themselves are left as they were.
---@param config glacier.profiles.File? nil where there is no such file
---@param credentials glacier.profiles.File? nil where there is no such file
---@return glacier.profiles.File merged
function profiles.merge(config, credentials)
  local merged = { profiles = {}, sso_sessions = {}, services = {} }
  if config then
    for kept, sections in pairs(merged) do overlay(sections, config[kept]) end
  end
  if credentials then overlay(merged.profiles, credentials.profiles) end
  return merged
end

--- The sub-properties of a property that has no value on its own line:
---
---     glacier =
---       endpoint_url = http://localhost:4566
---@param value string? a property's value, as `parse` gives it
---@return table<string, string> sub_properties keys in lower case; empty where
--- the value is nil or has none
function profiles.sub_properties(value)
  local found = {}
  local key, text
  if not value or sub(value, 1, 1) ~= "\n" then return found end
  for line in gmatch(value, "[^\n]+") do
    key, text = definition(line, SUB_PROPERTY)
    if key then found[key] = text end
  end
  return found
end

return profiles
