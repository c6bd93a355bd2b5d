--- Shapes of the model, each compiled into a function that judges a value and
-- writes it down in one walk. All problems are found at once, in botocore's order
-- (missing, unknown, then members, depth first). Tables are read raw: no
-- metamethod of the user's can fail, or show one thing now and another later.

local quote = require("glacier.json").quote
local leaf = require("glacier.call.leaf")
local problems = require("glacier.call.problems")
local text = require("glacier.text")

local concat, sort = table.concat, table.sort
local floor, format = math.floor, string.format
local getmetatable, next, setmetatable, type = getmetatable, next, setmetatable, type
local add, add_type, path_of, show, structure_name =
  problems.add, problems.add_type, problems.path, problems.show, problems.structure

local shape_of = {}

local compile

-- The same without a metatable, which can be indexed as it is.
local function copy_of(value)
  local copy = {}
  for key, item in next, value do
    copy[key] = item
  end
  return copy
end

local function add_missing(walk, depth, name)
  add(walk, path_of(walk, depth, name), format('Missing required parameter in %s: "%s"',
    structure_name(walk, depth), name))
end

local function add_unknown(walk, depth, value, members, names)
  local unknown = {}
  for key in next, value do
    if not members[key] then
      unknown[#unknown + 1] = show(key)
    end
  end
  text.sort(unknown)
  for i = 1, #unknown do
    add(walk, path_of(walk, depth, unknown[i]),
      format('Unknown parameter in %s: "%s", must be one of: %s',
        structure_name(walk, depth), unknown[i], concat(names, ", ")))
  end
end

local function add_demanded(walk, depth, rule)
  add(walk, path_of(walk, depth, rule.demand), format(
    'Missing required parameter in %s: "%s" (required where %s is "%s")',
    structure_name(walk, depth), rule.demand, rule[1], rule[2]))
end

local function add_refused(walk, depth, rule)
  add(walk, path_of(walk, depth, rule.refuse), format(
    'Invalid parameter in %s: "%s" (not allowed where %s is "%s")',
    structure_name(walk, depth), rule.refuse, rule[1], rule[2]))
end

-- Whether the rules between the members hold.
local function obeys(walk, depth, value, rules)
  local obeyed = true
  for i = 1, #rules do
    local rule = rules[i]
    if value[rule[1]] == rule[2] then
      local item = value[rule.demand or rule.refuse]
      if rule.demand and (item == nil or item == "") then
        obeyed = false
        add_demanded(walk, depth, rule)
      elseif rule.refuse and item ~= nil then
        obeyed = false
        add_refused(walk, depth, rule)
      end
    end
  end
  return obeyed
end

-- Whether a structure has what it must have, and nothing that it does not know.
local function is_complete(walk, depth, value, shape, members, names)
  local complete = true
  local required = shape.required
  if required then
    for i = 1, #required do
      if value[required[i]] == nil then
        complete = false
        add_missing(walk, depth, required[i])
      end
    end
  end
  for key in next, value do
    if not members[key] then
      add_unknown(walk, depth, value, members, names)
      return false
    end
  end
  return complete
end

-- The names of the members in order, and the members by name.
local function tabulate(shape)
  local names, members = {}, {}
  for i = 1, #shape.members do
    local member = shape.members[i]
    names[i], members[member[1]] = member[1], member
  end
  return names, members
end

-- The members' functions, each compiled when it is first needed: a shape may
-- hold itself.
local function writers_of(shape, compile_member)
  return setmetatable({}, { __index = function(writers, i)
    writers[i] = compile_member(shape.members[i])
    return writers[i]
  end })
end

local function compile_structure(shape, _, is_full)
  local names, members = tabulate(shape)
  local labels, count = {}, #names
  local rules = is_full and shape.rules
  local writers = writers_of(shape, function(member)
    return compile(member[2], "body", is_full)
  end)
  for i = 1, count do
    labels[i] = quote(members[names[i]].as or names[i]) .. ":"
  end
  return function(walk, depth, value)
    if type(value) ~= "table" then
      return add_type(walk, depth, value, "table")
    elseif getmetatable(value) ~= nil then
      value = copy_of(value)
    end
    local result, separator = "{", ""
    local below = depth + 1
    if not is_complete(walk, depth, value, shape, members, names) then
      result = nil
    end
    for i = 1, count do
      local name = names[i]
      local item = value[name]
      if item ~= nil then
        walk[below] = name
        item = writers[i](walk, below, item)
        result = result and item and result .. separator .. labels[i] .. item
        separator = ","
      end
    end
    if rules and not obeys(walk, depth, value, rules) then
      return nil
    end
    return result and result .. "}"
  end
end

-- How a member of the outermost structure is written: where it stands, and that
-- an empty value may stand for another one.
local function compile_place(member, is_full)
  local write = compile(member[2], member.location or "body", is_full)
  if not member.default then
    return write
  end
  local default = write({}, 0, member.default)
  return function(walk, depth, value)
    return value == "" and default or write(walk, depth, value)
  end
end

-- The outermost structure: its members are written down one by one, as each has
-- a place of its own.
local function compile_root(shape, is_full)
  local names, members = tabulate(shape)
  local defaults, count = {}, #names
  local rules = is_full and shape.rules
  local writers = writers_of(shape, function(member)
    return compile_place(member, is_full)
  end)
  for i = 1, count do
    defaults[i] = members[names[i]].default
  end
  return function(walk, value, written)
    if type(value) ~= "table" then
      return add_type(walk, 0, value, "table")
    elseif getmetatable(value) ~= nil then
      value = copy_of(value)
    end
    is_complete(walk, 0, value, shape, members, names)
    for i = 1, count do
      local item = value[names[i]]
      if item == nil then
        item = defaults[i]
      end
      if item ~= nil then
        walk[1] = names[i]
        written[i] = writers[i](walk, 1, item)
      end
    end
    if rules then
      obeys(walk, 0, value, rules)
    end
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

local function compile_list(shape, _, is_full)
  local write_item
  return function(walk, depth, value)
    if type(value) ~= "table" then
      return add_type(walk, depth, value, "table")
    end
    local length = list_length(value)
    if not length then
      return add_type(walk, depth, value, "table (a list, with the keys 1 to n and no others)")
    end
    value = getmetatable(value) == nil and value or copy_of(value)
    write_item = write_item or compile(shape.member, "body", is_full)
    local pieces, is_sound = {}, true
    for i = 1, length do
      walk[depth + 1] = i
      pieces[i] = write_item(walk, depth + 1, value[i])
      is_sound = is_sound and pieces[i] ~= nil
    end
    return is_sound and "[" .. concat(pieces, ",") .. "]" or nil
  end
end

-- By type, and then as a message shows them.
local function is_key_before(a, b)
  if type(a) ~= type(b) then
    return text.is_before(type(a), type(b))
  end
  return text.is_before(show(a), show(b))
end

local function keys_of(value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  return keys
end

local function compile_map(shape, _, is_full)
  local write_key, write_value
  return function(walk, depth, value)
    if type(value) ~= "table" then
      return add_type(walk, depth, value, "table")
    end
    value = getmetatable(value) == nil and value or copy_of(value)
    write_key = write_key or compile(shape.key, "body", is_full)
    write_value = write_value or compile(shape.value, "body", is_full)
    local keys, written, is_sound = keys_of(value), {}, true
    sort(keys, is_key_before)
    for i = 1, #keys do
      local key = keys[i]
      walk.key = key
      local name = write_key(walk, depth, key)
      walk.key = nil
      walk[depth + 1] = show(key)
      local item = write_value(walk, depth + 1, value[key])
      is_sound = is_sound and name ~= nil and item ~= nil
      written[key] = is_sound and name .. ":" .. item or nil
    end
    if not is_sound then
      return nil
    end
    -- Two that look alike where a message cuts them may stand the other way round.
    text.sort(keys)
    for i = 1, #keys do
      keys[i] = written[keys[i]]
    end
    return "{" .. concat(keys, ",") .. "}"
  end
end

local COMPILERS = { structure = compile_structure, list = compile_list, map = compile_map }

function compile(shape, place, is_full)
  return (COMPILERS[shape.type] or leaf.compile)(shape, place, is_full)
end

-- Outermost structure -> its function, for each of the two modes.
local compiled = {
  full = setmetatable({}, { __mode = "k" }), shape = setmetatable({}, { __mode = "k" }),
}

--- Judges a value of an outermost structure and writes its members down, each as
--- its place in a request asks.
---@param shape table  of the model
---@param value any
---@param mode "full"|"shape"  "shape" refuses what botocore refuses and no
--- more; "full" also what the specification says the service will refuse
---@return (string|false)[]? written  by the place of the member in the shape;
--- false or nothing for one that is absent
---@return glacier.Problem[]? problems
function shape_of.write(shape, value, mode)
  local write = compiled[mode][shape]
  if not write then
    write = compile_root(shape, mode == "full")
    compiled[mode][shape] = write
  end
  -- Room for what most calls have: a table that grows is a slow one.
  local walk, written = { "", "" }, { false, false, false, false }
  write(walk, value, written)
  if walk.problems then
    return nil, walk.problems
  end
  return written
end

return shape_of
