--- params x shape -> true | problems. All problems at once, in botocore's
-- order (missing, unknown, then members, depth first) and wording. Tables are
-- read raw, here and where they are serialized: no metamethod of the user's
-- can fail, or show one thing now and another later.

local json = require("glacier.json")
local rules = require("glacier.call.rules")
local text = require("glacier.text")

local concat, sort = table.concat, table.sort
local floor = math.floor
local find, format, gsub = string.find, string.format, string.gsub
local is_utf8 = json.is_utf8
local ipairs, next, rawequal, rawget, type = ipairs, next, rawequal, rawget, type

local LONGEST_SHOWN = 200

-- What Lua's type() says of a value of each type of shape.
local LUA_TYPES = {
  structure = "table", list = "table", map = "table", string = "string",
  blob = "string", boolean = "boolean", integer = "number", long = "number",
}

-- As type() has it, but for the null of JSON, nginx and others.
local function type_of(value)
  return rawequal(value, json.null) and "null" or type(value)
end

-- Tables are not shown: tostring of one may run, or raise, the user's code.
local function show(value)
  local kind = type_of(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    return kind
  end
  local shown = text.of(value)
  return text.cut(shown, LONGEST_SHOWN) .. (#shown > LONGEST_SHOWN and "..." or "")
end

-- Where the walk is, as botocore writes it. The names on the way are joined
-- only where there is a problem to tell of. `leaf`: a name below.
local function path_of(walk, leaf)
  local parts, count = {}, 0
  for i = 1, walk.depth do
    local name = walk.names[i]
    count = count + 1
    parts[count] = type(name) == "number" and "[" .. name .. "]" or
      (count > 1 and "." or "") .. name
  end
  if leaf then
    parts[count + 1] = (count > 0 and "." or "") .. leaf
  end
  return concat(parts) .. (walk.suffix or "")
end

-- botocore calls the outermost structure "input".
local function structure_name(path)
  return path == "" and "input" or path
end

local check

local function add(walk, path, message)
  local problems = walk.problems
  problems[#problems + 1] = { path = path, message = message }
end

local function add_type(walk, value, valid)
  local path = path_of(walk)
  add(walk, path, format("Invalid type for parameter %s, value: %s, type: %s, valid types: %s",
    structure_name(path), show(value), type_of(value), valid))
end

local function add_value(walk, value, valid)
  local path = path_of(walk)
  add(walk, path, format("Invalid value for parameter %s, value: %s, %s",
    path, show(value), valid))
end

local function add_length(walk, length, bound, limit)
  local path = path_of(walk)
  add(walk, path, format("Invalid length for parameter %s, value: %d, valid %s length: %d",
    path, length, bound, limit))
end

-- The names of a structure's members in order, and the members by name: made
-- once.
local function names_of(shape)
  local names = shape.names
  if not names then
    names = { members = {} }
    for i, member in ipairs(shape.members) do
      names[i] = member[1]
      names.members[member[1]] = member
    end
    shape.names = names
  end
  return names
end

-- Stands for the problem of the walk that words none.
local UNKNOWN = {}

local function check_required(walk, shape, value)
  local required = shape.required
  for i = 1, #required do
    local name = required[i]
    if rawget(value, name) == nil then
      add(walk, path_of(walk, name), format('Missing required parameter in %s: "%s"',
        structure_name(path_of(walk)), name))
    end
  end
end

local function add_unknown(walk, shape, unknown)
  text.sort(unknown)
  for i = 1, #unknown do
    add(walk, path_of(walk, unknown[i]),
      format('Unknown parameter in %s: "%s", must be one of: %s',
        structure_name(path_of(walk)), unknown[i], concat(names_of(shape), ", ")))
  end
end

local function check_unknown(walk, shape, value)
  local members = names_of(shape).members
  local unknown
  for key in next, value do
    if not members[key] then
      unknown = unknown or {}
      unknown[#unknown + 1] = show(key)
    end
  end
  if unknown then
    add_unknown(walk, shape, unknown)
  end
end

local function check_rules(walk, shape, value)
  for i = 1, #shape.rules do
    local rule = shape.rules[i]
    if rawget(value, rule[1]) == rule[2] then
      local demanded, refused = rule.demand, rule.refuse
      local item = rawget(value, demanded or refused)
      if demanded and (item == nil or item == "") then
        add(walk, path_of(walk, demanded), format(
          'Missing required parameter in %s: "%s" (required where %s is "%s")',
          structure_name(path_of(walk)), demanded, rule[1], rule[2]))
      elseif refused and item ~= nil then
        add(walk, path_of(walk, refused), format(
          'Invalid parameter in %s: "%s" (not allowed where %s is "%s")',
          structure_name(path_of(walk)), refused, rule[1], rule[2]))
      end
    end
  end
end

-- As the user's table has them, which is faster. Where there are problems the
-- walk is done again, in the order of the model: that one is to be found, an
-- unknown member too, is all that matters here.
local function check_members(walk, shape, value)
  local names, depth = walk.names, walk.depth
  local members = names_of(shape).members
  for key, item in next, value do
    local member = members[key]
    if member then
      names[depth] = key
      if depth == 1 then
        walk.member = member
      end
      check(walk, member[2], item)
    else
      walk.problems[1] = UNKNOWN
    end
  end
end

local function check_members_in_order(walk, shape, value)
  local members = shape.members
  for i = 1, #members do
    local member = members[i]
    local item = rawget(value, member[1])
    if item ~= nil then
      walk.names[walk.depth] = member[1]
      if walk.depth == 1 then
        walk.member = member
      end
      check(walk, member[2], item)
    end
  end
end

local function check_structure(walk, shape, value)
  if shape.required then
    check_required(walk, shape, value)
  end
  if walk.check_members ~= check_members then
    check_unknown(walk, shape, value)
  end
  walk.depth = walk.depth + 1
  walk.check_members(walk, shape, value)
  walk.depth = walk.depth - 1
  if walk.full and shape.rules then
    check_rules(walk, shape, value)
  end
end

-- The length of a list, nil where the table is none: `#` alone overlooks
-- holes and other keys.
local function list_length(value)
  local count, last = 0, 0
  for key in next, value do
    if type(key) ~= "number" or key < 1 or key ~= floor(key) then
      return nil
    end
    count = count + 1
    last = key > last and key or last
  end
  return count == last and count or nil
end

local function check_list(walk, shape, value)
  local length = list_length(value)
  if not length then
    return add_type(walk, value, "table (a list, with the keys 1 to n and no others)")
  end
  walk.depth = walk.depth + 1
  for i = 1, length do
    walk.names[walk.depth] = i
    check(walk, shape.member, rawget(value, i))
  end
  walk.depth = walk.depth - 1
end

local function sorted_keys(value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  sort(keys, function(a, b)
    if type(a) ~= type(b) then
      return text.is_before(type(a), type(b))
    end
    return text.is_before(show(a), show(b))
  end)
  return keys
end

local function check_map(walk, shape, value)
  local keys = sorted_keys(value)
  for i = 1, #keys do
    local key = keys[i]
    walk.suffix = " (key: " .. show(key) .. ")"
    check(walk, shape.key, key)
    walk.suffix = nil
    walk.depth = walk.depth + 1
    walk.names[walk.depth] = show(key)
    check(walk, shape.value, rawget(value, key))
    walk.depth = walk.depth - 1
  end
end

local function check_bytes(walk, value)
  local location = walk.member and walk.member.location
  if location == "header" then
    if find(value, "[^ -~\128-\255]") then
      local path = path_of(walk)
      add(walk, path, format(
        "Invalid value for parameter %s: a header cannot hold control characters", path))
    end
  elseif location ~= "uri" and location ~= "querystring" and not is_utf8(value) then
    local path = path_of(walk)
    add(walk, path, format("Invalid value for parameter %s: it is not valid UTF-8", path))
  end
end

local function has(list, value)
  for i = 1, #list do
    if list[i] == value then
      return true
    end
  end
  return false
end

-- Every character of UTF-8 has one byte that continues none.
local function count_characters(value)
  local _, count = gsub(value, "[^\128-\191]", "")
  return count
end

local function check_length(walk, shape, value)
  local length = shape.characters and count_characters(value) or #value
  if shape.minimum and length < shape.minimum then
    add_length(walk, length, "min", shape.minimum)
  elseif shape.maximum and length > shape.maximum then
    add_length(walk, length, "max", shape.maximum)
  end
end

-- "full": what the specification says the service will refuse.
local function check_value(walk, shape, value)
  if value == "" and walk.member and walk.member.default then
    return
  end
  if shape.enum and not has(shape.enum, value) then
    add_value(walk, value, "valid values: " .. concat(shape.enum, ", "))
  end
  if shape.minimum or shape.maximum then
    check_length(walk, shape, value)
  end
  local valid = shape.rule and rules[shape.rule](value)
  if valid then
    add_value(walk, value, valid)
  end
end

local function check_string(walk, shape, value)
  check_bytes(walk, value)
  if walk.full then
    check_value(walk, shape, value)
  end
end

-- NaN and the infinities are no multiples of 1.
local function check_integer(walk, _, value)
  if value % 1 ~= 0 then
    add_type(walk, value, "number (an integer)")
  end
end

local CHECKS = {
  structure = check_structure,
  list = check_list,
  map = check_map,
  string = check_string,
  integer = check_integer,
  long = check_integer,
}

function check(walk, shape, value)
  local expected = LUA_TYPES[shape.type]
  if type(value) ~= expected then
    return add_type(walk, value, expected)
  end
  local check_content = CHECKS[shape.type]
  if check_content then
    check_content(walk, shape, value)
  end
end

local function find_problems(params, operation, mode, how)
  local walk = {
    problems = {}, names = {}, depth = 0, full = mode == "full", check_members = how,
  }
  check(walk, operation.input, params)
  return walk.problems
end

--- Judges the parameters of a call.
---@param params any       what the user passed
---@param operation table  an operation of the model
---@param mode "full"|"shape"  "shape" refuses what botocore refuses and no
--- more; "full" also what the specification says the service will refuse
---@return true|nil ok
---@return glacier.Problem[]? problems
return function(params, operation, mode)
  if #find_problems(params, operation, mode, check_members) == 0 then
    return true
  end
  return nil, find_problems(params, operation, mode, check_members_in_order)
end
