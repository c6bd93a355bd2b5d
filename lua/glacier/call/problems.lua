--- What is wrong with the parameters of a call, in botocore's wording, and where:
-- a walk through the user's table knows the names on its way, which are joined
-- only where there is a problem to tell of.

local json = require("glacier.json")
local text = require("glacier.text")

local concat = table.concat
local format = string.format
local rawequal, type = rawequal, type

local LONGEST_SHOWN = 200

---@class glacier.Walk  the names on the way, a level each, and
---@field problems glacier.Problem[]?  nil while there is none
---@field key any  the key of a map that is looked at, nil where none is

local problems = {}

-- As type() has it, but for the null of JSON, nginx and others.
local function type_of(value)
  return rawequal(value, json.null) and "null" or type(value)
end

--- A value as a message shows it. Tables are not shown: tostring of one may run,
--- or raise, the user's code.
---@param value any
---@return string
function problems.show(value)
  local kind = type_of(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    return kind
  end
  local shown = text.of(value)
  return text.cut(shown, LONGEST_SHOWN) .. (#shown > LONGEST_SHOWN and "..." or "")
end

local show = problems.show

--- Where the walk is, as botocore writes it.
---@param walk glacier.Walk
---@param depth integer  how many names of the walk lead there
---@param leaf string?   a name below
---@return string
function problems.path(walk, depth, leaf)
  local parts, count = {}, 0
  for i = 1, depth do
    local name = walk[i]
    count = count + 1
    parts[count] = type(name) == "number" and "[" .. name .. "]" or
      (count > 1 and "." or "") .. name
  end
  if leaf then
    parts[count + 1] = (count > 0 and "." or "") .. leaf
  end
  return concat(parts) .. (walk.key ~= nil and " (key: " .. show(walk.key) .. ")" or "")
end

local path_of = problems.path

--- The structure that the walk is in; botocore calls the outermost "input".
---@param walk glacier.Walk
---@param depth integer
---@return string
function problems.structure(walk, depth)
  local path = path_of(walk, depth)
  return path == "" and "input" or path
end

--- Adds a problem.
---@param walk glacier.Walk
---@param path string
---@param message string
function problems.add(walk, path, message)
  local list = walk.problems or {}
  walk.problems = list
  list[#list + 1] = { path = path, message = message }
end

local add = problems.add

--- Adds that a value is of another type than the valid ones.
function problems.add_type(walk, depth, value, valid)
  add(walk, path_of(walk, depth),
    format("Invalid type for parameter %s, value: %s, type: %s, valid types: %s",
      problems.structure(walk, depth), show(value), type_of(value), valid))
end

--- Adds that a value is none of the valid ones, which `valid` words.
function problems.add_value(walk, depth, value, valid)
  local path = path_of(walk, depth)
  add(walk, path, format("Invalid value for parameter %s, value: %s, %s",
    path, show(value), valid))
end

--- Adds that a value is too short or too long: `bound` is "min" or "max".
function problems.add_length(walk, depth, length, bound, limit)
  local path = path_of(walk, depth)
  add(walk, path, format("Invalid length for parameter %s, value: %d, valid %s length: %d",
    path, length, bound, limit))
end

--- Adds that a value's bytes cannot be sent where they belong.
function problems.add_bytes(walk, depth, what)
  local path = path_of(walk, depth)
  add(walk, path, format("Invalid value for parameter %s: %s", path, what))
end

return problems
