--- Random Lua values, the same in each Lua for a seed: what fits a shape of the
-- model, and what does not, at any depth.

local random_values = {}

local Values = {}
Values.__index = Values

---@param seed integer
---@return table values
function random_values.new(seed)
  return setmetatable({ state = seed % 2147483646 + 1 }, Values)
end

-- Park and Miller's generator: 1 to `most`.
local function draw(self, most)
  self.state = self.state * 16807 % 2147483647
  return self.state % most + 1
end

local function pick(self, list)
  return list[draw(self, #list)]
end

local function raise()
  error("a metatable has raised")
end

local RAISING = {}
for _, event in ipairs({ "__index", "__newindex", "__len", "__pairs", "__ipairs", "__tostring",
  "__eq", "__lt", "__le", "__concat", "__call", "__unm", "__add", "__mod", "__idiv" }) do
  RAISING[event] = raise
end
RAISING.__name = setmetatable({}, { __tostring = raise })

local TEXTS = { "", "a", "v", "-", "0", "1", "1000", "true", "111122223333", "0-1048575",
  "2013-03-20T17:03:43Z", "JSON", "CSV", "Standard", "\0", "\255\254", "\195\169", "a\nb", "a/b",
  "..", "%2e", "a b+c&d=e?#", "\226\128\168", "\"\\", ("x"):rep(300), ("y"):rep(70000), "\127" }
local NUMBERS = { 0, -1, 1, 0.5, 2 ^ 31, 2 ^ 53, 2 ^ 53 + 2, -2 ^ 63, 1e300, 1 / 0, -1 / 0, 0 / 0 }

local function text(self)
  local pieces = {}
  for i = 1, draw(self, 3) do
    pieces[i] = pick(self, TEXTS)
  end
  return table.concat(pieces)
end

local any

local function random_table(self, depth, around)
  local result = {}
  around[#around + 1] = result
  for i = 1, draw(self, 4) - 1 do
    local key = i + draw(self, 2) - 1 -- there may be holes
    if draw(self, 2) == 1 then
      key = any(self, depth + 3, around)
    end
    if key ~= nil and key == key then
      rawset(result, key, any(self, depth + 1, around))
    end
  end
  around[#around] = nil
  return draw(self, 6) == 1 and setmetatable(result, RAISING) or result
end

-- A table in a table in a table ...
local function deep(self)
  local result = pick(self, TEXTS)
  local key = pick(self, { 1, "jobParameters", "a" })
  for _ = 1, draw(self, 3000) do
    result = { [key] = result }
  end
  return result
end

function any(self, depth, around)
  local kind = draw(self, depth > 4 and 9 or 14)
  if kind <= 3 then
    return text(self)
  elseif kind <= 5 then
    return pick(self, NUMBERS)
  elseif kind == 6 then
    return draw(self, 2) == 1
  elseif kind == 7 then
    return pick(self, { print, coroutine.create(raise), io.stdout, function() end, raise })
  elseif kind == 8 then
    return around[1] and pick(self, around) or nil -- a circle
  elseif kind == 9 then
    return nil
  elseif kind == 10 then
    return deep(self)
  end
  return random_table(self, depth, around)
end

local RULED = {
  account_id = { "111122223333", "-", "" }, vault_name = { "v", "a.b_c-d", ("v"):rep(255) },
  printable_ascii = { "a description", "~!", "" }, positive_integer = { "1", "1000" },
  archive_id = { ("A"):rep(138) }, sha256_hex = { ("0a"):rep(32) },
  part_size = { "1048576", "4294967296" }, retrieval_byte_range = { "0-1048575" },
  upload_range = { "bytes 0-1048575/*" }, date = { "2013-03-20T17:03:43Z", "2013-04-20" },
}

local fitting

-- What fits a shape; now and then something else instead, where `odd` says so.
local function by_shape(self, shape, odd, around)
  if odd > 0 and draw(self, odd) == 1 then
    return any(self, #around, around)
  end
  return fitting(self, shape, odd, around)
end

local function structure(self, shape, odd, around)
  local result, required = {}, {}
  for _, name in ipairs(shape.required or {}) do
    required[name] = true
  end
  around[#around + 1] = result
  for _, member in ipairs(shape.members) do
    if required[member[1]] or draw(self, 3) == 1 then
      result[member[1]] = by_shape(self, member[2], odd, around)
    end
  end
  if odd > 0 and draw(self, odd) == 1 then
    result[text(self)] = any(self, #around, around)
  end
  around[#around] = nil
  return odd > 0 and draw(self, 8) == 1 and setmetatable(result, RAISING) or result
end

function fitting(self, shape, odd, around)
  if shape.type == "structure" then
    return structure(self, shape, odd, around)
  elseif shape.type == "list" or shape.type == "map" then
    local result = {}
    for i = 1, draw(self, 4) - 1 do
      local key = shape.type == "map" and "k" .. pick(self, TEXTS):gsub("[^a-z0-9]", "") or i
      result[key] = by_shape(self, shape.member or shape.value, odd, around)
    end
    return result
  elseif shape.type == "boolean" then
    return draw(self, 2) == 1
  elseif shape.type == "integer" or shape.type == "long" then
    return draw(self, 1000)
  elseif shape.enum then
    return pick(self, shape.enum)
  end
  return shape.rule and RULED[shape.rule] and pick(self, RULED[shape.rule]) or
    pick(self, { "id", "a text", "\195\169 \226\130\172", "a/b c%2F+&=", "x\"\\/" })
end

-- The bytes of all texts in a value, and 50 for each table.
local function size_of(value, seen)
  if type(value) == "string" then
    return #value
  elseif type(value) ~= "table" or seen[value] then
    return 8
  end
  seen[value] = true
  local size = 50
  for key, item in next, value do
    size = size + size_of(key, seen) + size_of(item, seen)
  end
  return size
end

--- Any value, of which most fit nothing.
---@return any value
---@return integer bytes
function Values:any(depth)
  local value = any(self, depth, {})
  return value, size_of(value, {})
end

--- Parameters for a shape: each third all right, the others with something odd.
---@param shape table
---@param round integer
---@return table params
---@return integer bytes
function Values:params(shape, round)
  local odd = round % 3 == 0 and 0 or 4 + round
  local value = structure(self, shape, odd, {})
  return value, size_of(value, {})
end

return random_values
