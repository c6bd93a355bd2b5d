-- Profile files against a model that was written from the AWS SDKs and Tools
-- Reference Guide and from what Python's shlex says of itself: character by
-- character, with no pattern.
--
-- The input: "k": a credentials file, else a config file; then its bytes.

local profiles = require "glacier.config.profiles"
local same = require "spec.fuzz.targets.same"

local function is_blank(char)
  return char == " " or char == "\t"
end

local function strip(text)
  local first, last = 1, #text
  while first <= last and is_blank(text:sub(first, first)) do first = first + 1 end
  while last >= first and is_blank(text:sub(last, last)) do last = last - 1 end
  return text:sub(first, last)
end

-- The lines that say something, however they end.
local function lines_of(text)
  local lines, line, i = {}, {}, 1
  local function add()
    local whole = table.concat(line)
    local mark = strip(whole):sub(1, 1)
    if mark ~= "" and mark ~= "#" and mark ~= ";" then lines[#lines + 1] = whole end
    line = {}
  end
  while i <= #text do
    local char = text:sub(i, i)
    if char == "\r" or char == "\n" then
      if char == "\r" and text:sub(i + 1, i + 1) == "\n" then i = i + 1 end
      add()
    else
      line[#line + 1] = char
    end
    i = i + 1
  end
  add()
  return lines
end

-- Python's shlex in POSIX mode, as its three states; nil: not closed.
local function shell_split(text)
  local words, word, state = {}, nil, "plain"
  local i = 1
  while i <= #text do
    local char = text:sub(i, i)
    if state == "plain" and (is_blank(char) or char == "\r" or char == "\n") then
      words[#words + 1], word = word, nil
    elseif state == "plain" and (char == "'" or char == '"') then
      word, state = word or "", char
    elseif state == char then
      state = "plain"
    elseif char == "\\" and state ~= "'" then
      local after = text:sub(i + 1, i + 1)
      if after == "" then return nil end
      i = i + 1
      if state == '"' and after ~= '"' and after ~= "\\" then after = char .. after end
      word = (word or "") .. after
    else
      word = (word or "") .. char
    end
    i = i + 1
  end
  if state ~= "plain" then return nil end
  words[#words + 1] = word
  return words
end

-- The name in a header and the group it stands in; nil: nobody's.
local function header_of(inside, kind)
  if kind == "credentials" then return inside, "profiles" end
  if inside == "default" then return inside, "unprefixed" end
  for prefix, group in pairs { profile = "profiles", ["sso-session"] = "sso_sessions",
    services = "services" } do
    if inside:sub(1, #prefix) == prefix then
      local words = shell_split(inside)
      if words and #words == 2 then return words[2], group end
      return nil
    end
  end
end

-- What is between the brackets; nil where they do not close.
local function inside_of(line)
  for i = 1, #line do
    if line:sub(i, i) == "]" then
      local rest = strip(line:sub(i + 1))
      local mark = rest:sub(1, 1)
      if mark == "" or mark == "#" or mark == ";" then return strip(line:sub(2, i - 1)) end
    end
  end
end

local function equals_in(line)
  local at = 1
  while at <= #line and line:sub(at, at) ~= "=" do at = at + 1 end
  return at <= #line and strip(line:sub(1, at - 1)) ~= "" and at
end

local ALLOWED = {}
for char in ("abcdefghijklmnopqrstuvwxyz0123456789-_./%@:+"):gmatch "." do ALLOWED[char] = true end

local function model(text, kind)
  local groups = { profiles = {}, sso_sessions = {}, services = {}, unprefixed = {} }
  local section, open
  for _, line in ipairs(lines_of(text)) do
    local stripped = strip(line)
    local mark, column = stripped:sub(1, 1), 1
    while is_blank(line:sub(column, column)) do column = column + 1 end
    if open and column > open.column then
      if open.nested and not equals_in(stripped) then return nil end
      open.section[open.key] = open.section[open.key] .. "\n" .. stripped
    elseif mark == "[" then
      local inside = inside_of(stripped)
      if not inside then return nil end
      local name, group = header_of(inside, kind)
      local kept = name and name ~= "" and not name:find("\0", 1, true) and groups[group]
      section, open = kept and (kept[name] or {}) or {}, nil
      if kept then kept[name] = section end
    else
      local at = equals_in(stripped)
      if not section or not at then return nil end
      local value = strip(stripped:sub(at + 1))
      open = { key = strip(stripped:sub(1, at - 1)):gsub("%u", string.lower), column = column,
        nested = value == "", section = section }
      for i = 1, #open.key do
        if not ALLOWED[open.key:sub(i, i)] then open.section = {} end
      end
      open.section[open.key] = value
    end
  end
  groups.profiles.default = groups.profiles.default or groups.unprefixed.default
  groups.unprefixed = nil
  return groups
end

local function is_foreign(text)
  local first, second = text:byte(1, 2)
  return text:sub(1, 2) == "\255\254" or text:sub(1, 2) == "\254\255" or
    text:sub(1, 4) == "\0\0\254\255" or second and (first == 0) ~= (second == 0)
end

return function(bytes)
  local kind = bytes:sub(1, 1) == "k" and "credentials" or "config"
  local text = bytes:sub(2)
  local file, message = profiles.parse(text, kind, "name")
  local expected
  if not is_foreign(text) then
    expected = model(text:sub(1, 3) == "\239\187\191" and text:sub(4) or text, kind)
  end
  if not file then
    assert(expected == nil, "refused, but not by the model")
    assert(message:find("^Unable to parse config file: name, line %d+: "), message)
    return
  end
  assert(expected, "taken, but not by the model")
  same(expected, file, "file")
  same(file, profiles.merge(file, nil), "merged")
  for _, section in pairs(file.profiles) do
    for _, value in pairs(section) do
      assert(type(profiles.sub_properties(value)) == "table")
    end
  end
end
