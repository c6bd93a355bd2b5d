--- The options of a client: which there are, their types and defaults; and how
-- any table of options is judged.

local errors = require("glacier.errors")
local text = require("glacier.text")

local concat = table.concat
local error, ipairs, next, pairs, tostring, type = error, ipairs, next, pairs, tostring, type
local byte, find, format, sub = string.byte, string.find, string.format, string.sub
local floor, min = math.floor, math.min

local options = {}

-- type: a Lua type or a list of them; choices: all values there are;
-- also: the one value of another type; minimum: of a number; whole: it has no
-- fraction; filled: not "".
local KNOWN = {
  region = { type = "string" },
  profile = { type = "string" },
  credentials = { type = { "table", "function" } },
  endpoint_url = { type = "string" },
  use_fips_endpoint = { type = "boolean" },
  use_dualstack_endpoint = { type = "boolean" },
  connect_timeout = { type = "number", default = 60, minimum = 0 },
  read_timeout = { type = "number", default = 60, minimum = 0 },
  timeout = { type = "number", minimum = 0 },
  max_attempts = { type = "number", minimum = 1, whole = true },
  retry_mode = { type = "string", choices = { "standard", "adaptive" } },
  reconcile = { type = "boolean", also = "strict", default = true },
  verify = { type = "boolean", default = true },
  ca_bundle = { type = "string", filled = true },
  proxy = { type = "string" },
  tcp_keepalive = { type = "boolean", default = true },
  user_agent_extra = { type = "string" },
  app_id = { type = "string" },
  validate = { type = "string", default = "full", choices = { "full", "shape" } },
  host = { type = { "string", "table" }, default = "auto" },
  logger = { type = "function" },
}

-- The distance of two words (Levenshtein), row by row.
local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = byte(a, i) == byte(b, j) and 0 or 1
      local above = row[j]
      row[j] = min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal = above
    end
  end
  return row[#b]
end

local function sorted_names(all)
  local names = {}
  for name in pairs(all) do
    names[#names + 1] = name
  end
  return text.sort(names)
end

-- A part of a name is nearer to it than any other word, however short.
local function nearest(name, all)
  local best, best_distance
  name = text.lower(name)
  for _, known in ipairs(sorted_names(all)) do
    local is_part = #name > 2 and find(known, name, 1, true)
    local d = is_part and 0 or distance(name, known)
    if not best or d < best_distance then
      best, best_distance = known, d
    end
  end
  return best
end

local function unknown(name, all)
  local shown = sub(tostring(name), 1, 60)
  return errors.config(format("Unknown option '%s': did you mean '%s'?", shown,
    nearest(shown, all)), "UnknownOptionError")
end

local function has_type(value, expected)
  if type(expected) == "string" then
    return type(value) == expected
  end
  for _, one in ipairs(expected) do
    if type(value) == one then
      return true
    end
  end
  return false
end

local function check_choice(name, value, choices)
  for _, choice in ipairs(choices) do
    if value == choice then
      return
    end
  end
  return errors.config(format("Option '%s' must be one of: %s", name, concat(choices, ", ")))
end

local function check_value(name, value, known)
  if known.choices then
    return check_choice(name, value, known.choices)
  end
  -- Written so that NaN is refused too.
  if known.minimum and not (value >= known.minimum and value < 1e9) or
      known.whole and value % 1 ~= 0 then
    return errors.config(format("Option '%s' must be %s of at least %d, and below 1e9", name,
      known.whole and "an integer" or "a number", known.minimum))
  end
  if value ~= value then
    return errors.config(format("Option '%s' is not a number", name))
  end
  if known.type == "string" and find(value, "[^ -~\128-\255]") then
    return errors.config(format("Option '%s' holds a control character", name))
  elseif known.filled and value == "" then
    return errors.config(format("Option '%s' is empty", name))
  end
end

--- Judges a table of options. A wrong type is misuse and raises.
---@param given table?
---@param all table<string, table>  the options there are, as KNOWN has them
---@param where string   "#1 to 'client'": which argument of what the table is
---@param level integer  where a raise points to: 1 is the caller of this function
---@return table? options  a new table; defaults are not filled in
---@return glacier.Error? err  kind "config": an unknown option, a wrong value
function options.judge(given, all, where, level)
  if given ~= nil and type(given) ~= "table" then
    error(format("bad argument %s (table expected, got %s)", where, type(given)), level + 1)
  end
  local result = {}
  for name, value in next, given or {} do
    local known = all[name]
    if not known then
      return nil, unknown(name, all)
    end
    local is_also = known.also ~= nil and value == known.also
    if not is_also and not has_type(value, known.type) then
      local expected = type(known.type) == "table" and concat(known.type, " or ") or known.type
      expected = known.also and format("%s or '%s'", expected, known.also) or expected
      error(format("bad option '%s' (%s expected, got %s)", name, expected, type(value)),
        level + 1)
    end
    local err = check_value(name, value, known)
    if err then
      return nil, err
    end
    result[name] = known.whole and floor(value) or value
  end
  return result
end

--- Judges the options of a client and fills in the defaults. A wrong type is
-- misuse and raises, at the caller of glacier.client.
---@param given table?
---@return table? options
---@return glacier.Error? err  kind "config": an unknown option, a wrong value
function options.read(given)
  local result, err = options.judge(given, KNOWN, "#1 to 'client'", 3)
  if not result then
    return nil, err
  end
  for name, known in pairs(KNOWN) do
    if result[name] == nil then
      result[name] = known.default
    end
  end
  return result
end

--- An option of a client, for those that may be given elsewhere, too.
---@param name string
---@return table
function options.known(name)
  return KNOWN[name]
end

return options
