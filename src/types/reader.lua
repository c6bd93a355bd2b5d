--- Reads LuaLS' annotations: those of lua/glacier/types.lua, and what stands in
-- comments in front of functions.

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local ipairs, select = ipairs, select

local reader = {}

-- What opens a part of a type in which blanks belong to it.
local OPENS = { ["("] = true, ["{"] = true, ["["] = true, ["<"] = true, ['"'] = true }
local CLOSES = { [")"] = true, ["}"] = true, ["]"] = true, [">"] = true }

-- The position behind a type that begins a text.
local function end_of_type(text)
  local depth, at, quoted = 0, 1, false
  while at <= #text do
    local byte = sub(text, at, at)
    if byte == '"' then
      quoted = not quoted
    elseif not quoted and OPENS[byte] then
      depth = depth + 1
    elseif not quoted and CLOSES[byte] then
      depth = depth - 1
    elseif byte == " " and depth == 0 and not quoted
        and not find(sub(text, 1, at - 1), "[:|,]$") then
      break
    end
    at = at + 1
  end
  return at
end

--- Takes a type off the beginning of a text.
---@param text string  'table<string, string>  names in lower case'
---@return string type
---@return string rest  without blanks in front
function reader.split_type(text)
  local at = end_of_type(text)
  return sub(text, 1, at - 1), match(text, "^%s*(.-)%s*$", at)
end

-- Splits at commas that stand in no brackets.
local function split_list(text)
  local list, depth, from = {}, 0, 1
  for at = 1, #text do
    local byte = sub(text, at, at)
    if OPENS[byte] and byte ~= '"' then
      depth = depth + 1
    elseif CLOSES[byte] then
      depth = depth - 1
    elseif byte == "," and depth == 0 then
      list[#list + 1] = match(sub(text, from, at - 1), "^%s*(.-)%s*$")
      from = at + 1
    end
  end
  local last = match(sub(text, from), "^%s*(.-)%s*$")
  if last ~= "" then
    list[#list + 1] = last
  end
  return list
end

--- Takes the type of a function apart.
---@param type string  "fun(self: X, path?: string): Y?, glacier.Error?"
---@return { name: string, type: string, is_optional: boolean }[]? params  without self
---@return string[]? returns
function reader.signature(type)
  type = match(type, "^%((fun.*)%)$") or type
  local arguments, results = match(type, "^fun(%b()):?%s*(.*)$")
  if not arguments then
    return nil
  end
  local params = {}
  for _, text in ipairs(split_list(sub(arguments, 2, -2))) do
    local name, optional, kind = match(text, "^([%w_.]+)(%??):%s*(.*)$")
    if name ~= "self" then
      params[#params + 1] = { name = name, type = kind, is_optional = optional == "?" }
    end
  end
  return params, split_list(results)
end

--- The classes of a file of annotations, in order; those of one name are one.
---@param text string
---@return { name: string, parent: string?, fields: table[] }[]
function reader.classes(text)
  local list, by_name, class, said = {}, {}, nil, {}
  for line in string.gmatch(text, "[^\n]+") do
    local name, parent = match(line, "^%-%-%-@class ([%w_.]+):? ?([%w_.]*)$")
    local field, optional, rest = match(line, "^%-%-%-@field ([%w_]+)(%??) (.+)$")
    if name then
      class = by_name[name]
      if not class then
        class = { name = name, parent = parent ~= "" and parent or nil, fields = {} }
        list[#list + 1], by_name[name] = class, class
      end
      said = {}
    elseif field then
      local type, note = reader.split_type(rest)
      class.fields[#class.fields + 1] = { name = field, is_optional = optional == "?",
        type = type, note = note, text = table.concat(said, " ") }
      said = {}
    else
      said[#said + 1] = match(line, "^%-%-%-([^@|].*)$")
    end
  end
  return list
end

local function read_lines(path)
  local lines = {}
  local file = assert(io.open(path, "rb"))
  for line in file:lines() do
    lines[#lines + 1] = line
  end
  file:close()
  return lines
end

-- The comment that ends in the line before.
local function lines_before(lines, number)
  local first = number
  while find(lines[first - 1] or "", "^%s*%-%-") do
    first = first - 1
  end
  local found = {}
  for at = first, number - 1 do
    found[#found + 1] = lines[at]
  end
  return found
end

-- The tags of a comment with all of their lines in one; what goes before them is
-- of the tag "text".
local function tags_of(lines)
  local tags = { { tag = "text", text = "" } }
  for _, line in ipairs(lines) do
    local tag, rest = match(line, "^%s*%-%-%-@(%w+)%s*(.*)$")
    if tag then
      tags[#tags + 1] = { tag = tag, text = rest }
    else
      local entry = tags[#tags]
      local more = match(line, "^%s*%-%-%-?%s?(.-)%s*$")
      entry.text = entry.text .. (entry.text == "" and "" or " ") .. more
    end
  end
  return tags
end

local function parse_comment(lines)
  local comment = { text = "", params = {}, returns = {} }
  for _, entry in ipairs(tags_of(lines)) do
    if entry.tag == "param" then
      local name, more = match(entry.text, "^(%S+)%s+(.*)$")
      local type, text = reader.split_type(more)
      comment.params[#comment.params + 1] = { name = name, type = type, text = text }
    elseif entry.tag == "return" then
      local type, text = reader.split_type(entry.text)
      comment.returns[#comment.returns + 1] = { type = type, text = text }
    elseif entry.tag == "type" then
      for _, kind in ipairs(select(2, reader.signature(entry.text)) or {}) do
        comment.returns[#comment.returns + 1] = { type = kind, text = "" }
      end
    elseif entry.tag == "text" then
      comment.text = entry.text
    end
  end
  return comment
end

-- Where a function of C is given its public name.
local function find_assignment(name)
  local pipe = assert(io.popen("grep -rnE '^[a-z_]+\\." .. name .. " = [a-z_.]+$' lua/glacier"))
  local path, number = match(pipe:read("*l") or "", "^([^:]+):(%d+):")
  pipe:close()
  return path, tonumber(number)
end

--- What is said in front of a function.
---@param func function
---@param name string  its public one
---@return { text: string, params: table[], returns: table[], path: string, line: integer,
--- definition: string }? comment  definition: the line of the source that it stands before
function reader.comment(func, name)
  local info = debug.getinfo(func, "S")
  local path, number = match(info.source, "^@(.*%.lua)$"), info.linedefined
  if not path then
    path, number = find_assignment(name)
  end
  path = path and gsub(path, "^%./", "")
  if not path then
    return nil
  end
  local lines = read_lines(path)
  local comment = parse_comment(lines_before(lines, number))
  comment.path, comment.line, comment.definition = path, number, lines[number]
  comment.text = gsub(comment.text, "%s+", " ")
  return comment
end

return reader
