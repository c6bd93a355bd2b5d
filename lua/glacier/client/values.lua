--- Parameters and answers as values: copied, compared and shown. Tables are read
-- raw, as those of a call are.

local text = require("glacier.text")

local concat = table.concat
local find = string.find
local next, rawequal, rawget, setmetatable, type = next, rawequal, rawget, setmetatable, type

local values = {
  --- Stands for whatever is there.
  ANY = setmetatable({}, { __tostring = function()
    return "ANY"
  end }),
}

-- Nothing of the model is that deep; a table that holds itself is.
local DEEPEST = 20

local LONGEST_SHOWN = 500

--- A copy that shares no table with what it is of.
---@param value any
---@param depth integer?  how deep it stands
---@return any copy  nil where it is nested too deeply
function values.copy(value, depth)
  depth = depth or 0
  if type(value) ~= "table" or rawequal(value, values.ANY) then
    return value
  elseif depth >= DEEPEST then
    return nil
  end
  local copy = {}
  for key, item in next, value do
    copy[key] = values.copy(item, depth + 1)
    if copy[key] == nil then
      return nil
    end
  end
  return copy
end

local function is_equal(expected, given)
  if rawequal(expected, values.ANY) then
    return given ~= nil
  elseif type(expected) ~= "table" or type(given) ~= "table" then
    return rawequal(expected, given)
  end
  for key, item in next, expected do
    if not is_equal(item, rawget(given, key)) then
      return false
    end
  end
  for key in next, given do
    if rawget(expected, key) == nil then
      return false
    end
  end
  return true
end

-- With the value that an absent or empty one stands for.
local function with_defaults(params, operation)
  local result = {}
  for key, item in next, params do
    result[key] = item
  end
  local members = operation.input.members
  for i = 1, #members do
    local name, default = members[i][1], members[i].default
    if default and (result[name] == nil or result[name] == "") then
      result[name] = default
    end
  end
  return result
end

--- Whether the parameters of a call are those that were expected: no more and no
--- fewer, but for what the model has a default for.
---@param expected table
---@param params table
---@param operation table  of the model
---@return boolean
function values.equal(expected, params, operation)
  return is_equal(with_defaults(expected, operation), with_defaults(params, operation))
end

local show

local function show_scalar(value)
  if type(value) == "string" then
    return text.quote(text.cut(value, LONGEST_SHOWN)) .. (#value > LONGEST_SHOWN and "..." or "")
  elseif type(value) == "number" or type(value) == "boolean" or value == nil then
    return text.of(value)
  end
  return "(a " .. type(value) .. ")"
end

-- Lists in their order, then the rest by name.
local function show_table(value, depth)
  local parts, fields = {}, {}
  local count = 0
  while rawget(value, count + 1) ~= nil do
    count = count + 1
    parts[count] = show(rawget(value, count), depth + 1)
  end
  for key, item in next, value do
    if not (type(key) == "number" and key >= 1 and key <= count and key % 1 == 0) then
      local is_name = type(key) == "string" and find(key, "^[A-Za-z_][A-Za-z0-9_]*$")
      fields[#fields + 1] = (is_name and key or "[" .. show_scalar(key) .. "]") .. " = " ..
        show(item, depth + 1)
    end
  end
  text.sort(fields)
  for i = 1, #fields do
    parts[count + i] = fields[i]
  end
  return #parts == 0 and "{}" or "{ " .. concat(parts, ", ") .. " }"
end

function show(value, depth)
  if rawequal(value, values.ANY) then
    return "ANY"
  elseif type(value) == "table" then
    return depth < DEEPEST and show_table(value, depth) or "{...}"
  end
  return show_scalar(value)
end

--- A value as Lua would have it, on one line.
---@param value any
---@return string
function values.show(value)
  return show(value, 0)
end

return values
