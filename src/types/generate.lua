--- lua/glacier/types.lua out of the model: the parameters, enumerations and
-- results of all operations as LuaLS annotations, followed by what by_hand.lua
-- has. `make types` writes it; a spec fails when it is stale.

local model = require("glacier.model")
local text = require("glacier.text")

local concat = table.concat
local format, gsub, match, upper = string.format, string.gsub, string.match, text.upper

local HEADER = [[
---@meta _

-- For editors: what is here has no code, and no program loads it.
-- Made by src/types/generate.lua out of the model and src/types/by_hand.lua;
-- `make types` makes it anew.
]]

local SCALARS = {
  string = "string", blob = "string", boolean = "boolean", integer = "integer", long = "integer",
}

-- What a rule of the model asks for.
local RULES = {
  account_id = '12 digits, or "-": the account of the credentials',
  vault_name = "a-z A-Z 0-9 _ . -",
  printable_ascii = "ASCII 0x20 to 0x7E",
  archive_id = "as the service gave it",
  positive_integer = "a decimal integer, 1 or more, as text",
  sha256_hex = "64 hexadecimal digits",
  part_size = "bytes, as text: 1048576 times a power of two, up to 4294967296",
  retrieval_byte_range = "FIRST-LAST, FIRST divisible by 1048576",
  upload_range = "bytes FIRST-LAST/*",
  output_range = "bytes=FIRST-LAST",
  date = "ISO 8601: 2026-01-31 or 2026-01-31T00:00:00Z",
}

local function capitalized(name)
  return upper(name:sub(1, 1)) .. name:sub(2)
end

-- What one item of a list is called: JobList has Jobs.
local function singular(name)
  return match(name, "^(.-)s?List$") or match(name, "^(.-)s$") or name .. "Item"
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  return text.sort(keys)
end

-- Structures below the outermost, in order, with the names of what they are and
-- stand in.
local function collect(found, shape, name, parent)
  if shape.type == "list" then
    collect(found, shape.member, singular(name), parent)
  elseif shape.type == "map" then
    collect(found, shape.value, name, parent)
  elseif shape.type == "structure" and not found.short[shape] then
    found[#found + 1] = shape
    found.short[shape], found.parent[shape] = capitalized(name), parent
    for _, member in ipairs(shape.members) do
      collect(found, member[2], member[1], capitalized(name))
    end
  end
end

-- Structure -> its class. Where two have the same name, that of what they stand
-- in is put before.
local function name_structures(names)
  local found = { short = {}, parent = {} }
  for _, name in ipairs(names) do
    local operation = model.operations[name]
    for _, shape in ipairs({ operation.input, operation.output }) do
      for _, member in ipairs(shape.members) do
        collect(found, member[2], member[1], operation.name)
      end
    end
  end
  local count, classes = {}, {}
  for _, shape in ipairs(found) do
    count[found.short[shape]] = (count[found.short[shape]] or 0) + 1
  end
  for _, shape in ipairs(found) do
    local short = found.short[shape]
    classes[shape] = "glacier." .. (count[short] > 1 and found.parent[shape] or "") .. short
  end
  return found, classes
end

local function type_of(shape, classes)
  if shape.enum then
    return '"' .. concat(shape.enum, '"|"') .. '"'
  elseif shape.said then
    return '"' .. concat(shape.said, '"|"') .. '"|string'
  elseif shape.type == "list" then
    local item = type_of(shape.member, classes)
    return (item:find("|", 1, true) and "(" .. item .. ")" or item) .. "[]"
  elseif shape.type == "map" then
    return format("table<%s, %s>", type_of(shape.key, classes), type_of(shape.value, classes))
  end
  return classes[shape] or SCALARS[shape.type]
end

local function note_of(member)
  local shape = member[2]
  local notes = { RULES[shape.rule] }
  if shape.maximum then
    notes[#notes + 1] = format("%d to %d %s", shape.minimum or 0, shape.maximum,
      shape.characters and "characters" or "bytes")
  elseif shape.minimum then
    notes[#notes + 1] = "not empty"
  end
  if member.default then
    notes[#notes + 1] = format('default "%s"', member.default)
  end
  return #notes > 0 and "  " .. concat(notes, "; ") or ""
end

local function add_fields(out, shape, classes)
  local required = {}
  for _, name in ipairs(shape.required or {}) do
    required[name] = true
  end
  for _, member in ipairs(shape.members) do
    out[#out + 1] = format("---@field %s%s %s%s", member[1], required[member[1]] and "" or "?",
      type_of(member[2], classes), note_of(member))
  end
end

local function add_class(out, name, shape, classes)
  out[#out + 1] = ""
  out[#out + 1] = "---@class " .. name
  add_fields(out, shape, classes)
end

local function params_of(operation)
  local is_optional = not operation.input.required
  return format("params%s: glacier.%sParams", is_optional and "?" or "", operation.name)
end

local function signature(operation, receiver)
  return format("fun(%s%s, options?: glacier.%s): glacier.%sResult?, glacier.Error?", receiver,
    params_of(operation), operation.rest and "OutputOptions" or "CallOptions", operation.name)
end

local function add_operations(out, names, class, receiver)
  out[#out + 1] = ""
  out[#out + 1] = "---@class " .. class
  for _, name in ipairs(names) do
    local operation = model.operations[name]
    out[#out + 1] = format("---%s: %s %s", operation.name, operation.method, operation.uri)
    out[#out + 1] = format("---@field %s %s", name, signature(operation, receiver))
  end
end

-- Pages and waiters, by the names that they are asked for with.
local function add_ways(out, names, classes)
  out[#out + 1] = ""
  out[#out + 1] = "---@class glacier.Client"
  for _, name in ipairs(names) do
    local operation = model.operations[name]
    local entry = operation.pagination
    if entry then
      local head = format('fun(self: glacier.Client, name: "%s", %s, ' ..
        "options?: glacier.CallOptions)", name, params_of(operation))
      local item
      for _, member in ipairs(operation.output.members) do
        item = member[1] == entry.items and type_of(member[2].member, classes) or item
      end
      out[#out + 1] = format("---@field pages %s: (fun(): glacier.%sResult?)", head,
        operation.name)
      out[#out + 1] = format("---@field each %s: (fun(): %s?)", head, item)
    end
  end
  for _, name in ipairs(sorted_keys(model.waiters)) do
    local operation = model.operations[model.waiters[name].operation]
    out[#out + 1] = format('---@field wait_until fun(self: glacier.Client, name: "%s", %s, ' ..
      "options?: glacier.WaiterOptions): glacier.%sResult|true|nil, glacier.Error?", name,
      params_of(operation), operation.name)
  end
end

local function add_aliases(out, names)
  out[#out + 1] = ""
  out[#out + 1] = "---@alias glacier.OperationName"
  for _, name in ipairs(names) do
    out[#out + 1] = format('---| "%s"', name)
  end
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

--- The whole file.
---@return string
return function()
  local out = { HEADER }
  local names = sorted_keys(model.operations)
  local found, classes = name_structures(names)
  add_aliases(out, names)
  for _, shape in ipairs(found) do
    add_class(out, classes[shape], shape, classes)
  end
  for _, name in ipairs(names) do
    local operation = model.operations[name]
    add_class(out, "glacier." .. operation.name .. "Params", operation.input, classes)
    add_class(out, "glacier." .. operation.name .. "Result", operation.output, classes)
    out[#out + 1] = "---@field ResponseMetadata glacier.ResponseMetadata"
  end
  add_operations(out, names, "glacier.Client", "self: glacier.Client, ")
  add_operations(out, names, "glacier", "")
  add_ways(out, names, classes)
  return (gsub(concat(out, "\n"), "\n\n\n+", "\n\n")) .. "\n\n" .. read("src/types/by_hand.lua")
end
