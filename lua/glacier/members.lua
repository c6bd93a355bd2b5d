--- The values of a decoded JSON object, by a shape of the model. Nothing that
-- somebody sends breaks this: what is odd is absent.

local floor = math.floor
local ipairs, next, pairs, type = ipairs, next, pairs, type

local members = {}

-- JSON types of scalars, by the type of the shape.
local JSON_TYPES = {
  string = "string", boolean = "boolean", integer = "number", long = "number",
  double = "number",
}

local read

local function read_structure(shape, value)
  local result = {}
  for _, member in ipairs(shape.members) do
    local item = value[member.as or member[1]]
    if item ~= nil and not member.location then
      result[member[1]] = read(member[2], item)
    end
  end
  return result
end

local function read_list(shape, value)
  local result, count = {}, 0
  for i = 1, #value do
    local item = read(shape.member, value[i])
    if item ~= nil then
      count = count + 1
      result[count] = item
    end
  end
  return result
end

local function read_map(shape, value)
  local result = {}
  for key, item in pairs(value) do
    if type(key) == "string" then
      result[key] = read(shape.value, item)
    end
  end
  return result
end

local READERS = { structure = read_structure, list = read_list, map = read_map }
local IS_WHOLE = { integer = true, long = true }

--- Whether a value may be one of the shape. Empty, a list and an object are the
--- same table.
---@param shape table
---@param value any
---@return boolean
function members.fit(shape, value)
  if READERS[shape.type] then
    return type(value) == "table" and
      (next(value) == nil or (value[1] ~= nil) == (shape.type == "list"))
  end
  return type(value) == JSON_TYPES[shape.type] and
    (not IS_WHOLE[shape.type] or value % 1 == 0)
end

function read(shape, value)
  local reader = READERS[shape.type]
  if not members.fit(shape, value) then
    return nil
  elseif reader then
    return reader(shape, value)
  elseif IS_WHOLE[shape.type] then
    return floor(value) -- cjson makes a float of every number
  end
  return value
end

--- A value by a shape: what the shape does not know, null, and what is of
--- another type is absent, and the rest counts.
---@type fun(shape: table, value: any): any
members.read = read

return members
