--- params x operation -> method, path, query, headers, body. The parameters
-- have passed validation. The same parameters give the same bytes: members in
-- the order of the model, maps sorted. Tables are read raw, as in validation.

local digest = require("glacier.core.digest")
local json = require("glacier.json")
local sort = require("glacier.text").sort
local uri = require("glacier.uri")

local concat = table.concat
local format, gsub = string.format, string.gsub
local ipairs, next, rawget, tostring, type = ipairs, next, rawget, tostring, type
local quote = json.quote
local subtype = rawget(math, "type") -- Lua 5.3 and later

local serialize = { encode = uri.encode }

local encode = uri.encode

-- A scalar as text. Not every Lua writes a whole number without a fraction or
-- an exponent; an integer may have more digits than a float keeps.
local function text_of(value)
  if type(value) ~= "number" then
    return tostring(value)
  end
  return format(subtype and subtype(value) == "integer" and "%d" or "%.0f", value)
end

local write

-- What stands before a member's value; made once.
local function label_of(member)
  local label = member.label
  if not label then
    label = '"' .. (member.as or member[1]) .. '":'
    member.label = label
  end
  return label
end

-- The members that stand in a body; found once.
local function body_members(shape)
  local list = shape.body_members
  if not list then
    list = {}
    for _, member in ipairs(shape.members) do
      list[#list + 1] = not member.location and member or nil
    end
    shape.body_members = list
  end
  return list
end

local function write_structure(out, shape, value)
  local members = body_members(shape)
  local separator = "{"
  for i = 1, #members do
    local member = members[i]
    local item = rawget(value, member[1])
    if item ~= nil then
      out[#out + 1] = separator
      out[#out + 1] = label_of(member)
      write(out, member[2], item)
      separator = ","
    end
  end
  out[#out + 1] = separator == "{" and "{}" or "}"
end

local function write_list(out, shape, value)
  local i, item = 1, rawget(value, 1)
  out[#out + 1] = "["
  while item ~= nil do
    if i > 1 then
      out[#out + 1] = ","
    end
    write(out, shape.member, item)
    i = i + 1
    item = rawget(value, i)
  end
  out[#out + 1] = "]"
end

local function write_map(out, shape, value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  sort(keys)
  out[#out + 1] = "{"
  for i = 1, #keys do
    out[#out + 1] = (i > 1 and "," or "") .. quote(keys[i]) .. ":"
    write(out, shape.value, rawget(value, keys[i]))
  end
  out[#out + 1] = "}"
end

local WRITERS = { structure = write_structure, list = write_list, map = write_map }

-- The shape decides between list and map: an empty table does not tell.
function write(out, shape, value)
  local writer = WRITERS[shape.type]
  if writer then
    writer(out, shape, value)
  elseif shape.type == "string" then
    out[#out + 1] = quote(value)
  else
    out[#out + 1] = text_of(value)
  end
end

-- The value of a member in a call: an empty one is as good as none where the
-- model has a default.
local function value_of(member, params)
  local value = rawget(params, member[1])
  if member.default and (value == nil or value == "") then
    value = member.default
  end
  return value
end

local PLACES = {
  uri = function(request, member, value)
    request.uri[member[1]] = encode(value)
  end,
  querystring = function(request, member, value)
    request.query[#request.query + 1] =
      encode(member.as or member[1]) .. "=" .. encode(text_of(value))
  end,
  header = function(request, member, value)
    local headers = request.headers
    headers[#headers + 1] = member.as or member[1]
    headers[#headers + 1] = text_of(value)
  end,
}

local function place(request, placed, params)
  for i = 1, #placed do
    local member = placed[i]
    local value = value_of(member, params)
    if value ~= nil then
      PLACES[member.location](request, member, value)
    end
  end
end

-- How an operation's parameters become a request; found once. shape: what the
-- body is made of, that of the member marked as payload, or of all members
-- without a place, or nothing; placed: the members that stand elsewhere.
local function plan_of(operation)
  local plan = operation.plan
  if not plan then
    plan = { placed = {} }
    for _, member in ipairs(operation.input.members) do
      if member.location == "payload" then
        plan.shape, plan.member = member[2], member
      elseif not member.location then
        plan.shape = plan.shape or operation.input
      elseif PLACES[member.location] then
        plan.placed[#plan.placed + 1] = member
      end
    end
    operation.plan = plan
  end
  return plan
end

local function write_json(request, shape, value)
  local out = {}
  write(out, shape, value or {})
  request.body = concat(out)
  request.headers[1], request.headers[2] = "Content-Type", "application/json"
end

-- A tree hash that was given stays, even a wrong one: the service is to find
-- out that the bytes are not those that were meant.
local function add_hashes(request, member)
  local headers = request.headers
  local has_tree_hash = false
  for i = 1, #headers, 2 do
    has_tree_hash = has_tree_hash or headers[i] == member.tree_hash
  end
  local sha256, tree_hash
  if has_tree_hash then
    sha256 = digest.sha256(request.body)
  else
    sha256, tree_hash = digest.hashes(request.body)
    headers[#headers + 1], headers[#headers + 2] = member.tree_hash, tree_hash
  end
  headers[#headers + 1], headers[#headers + 2] = member.sha256, sha256
end

---@class glacier.Request
---@field method string
---@field path string      percent-encoded, as it goes over the wire
---@field query string     percent-encoded, without "?"
---@field headers string[] name, value, name, value, ...
---@field body string

--- Writes a call down as a request, without host and signature.
---@param params table
---@param operation table  an operation of the model
---@return glacier.Request
function serialize.request(params, operation)
  local request = {
    method = operation.method,
    uri = {}, query = { operation.query }, headers = {},
    body = "",
  }
  local plan = plan_of(operation)
  local shape, member = plan.shape, plan.member
  local value = params
  if member then
    value = rawget(params, member[1])
  end
  if shape and shape.type == "structure" then
    write_json(request, shape, value)
  elseif shape then
    request.body = value or ""
  end
  place(request, plan.placed, params)
  if member and member.tree_hash then
    add_hashes(request, member)
  end
  request.path = gsub(operation.uri, "{([A-Za-z0-9]+)}", request.uri)
  request.query = concat(request.query, "&")
  request.uri = nil
  return request
end

return serialize
