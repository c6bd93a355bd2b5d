--- params x operation -> method, path, query, headers, body, or what is wrong
-- with them. The same parameters give the same bytes: members in the order of
-- the model, maps sorted.

local digest = require("glacier.core.digest")
local shape = require("glacier.call.shape")
local uri = require("glacier.uri")

local concat = table.concat
local gmatch, match = string.gmatch, string.match
local setmetatable = setmetatable

local serialize = { encode = uri.encode }

local encode = uri.encode

-- A path around its members: what stands before the first, then for each its
-- place in the input and what stands behind it.
local function split_path(path, places)
  local before, rest = match(path, "^([^{]*)(.*)$")
  local parts = {}
  for name, behind in gmatch(rest, "{([A-Za-z0-9]+)}([^{]*)") do
    parts[#parts + 1] = { place = places[name], behind = behind }
  end
  return before, parts
end

local function add_member(plan, member, i)
  local name = member.as or member[1]
  if member.location == "payload" then
    plan.payload, plan.payload_place = member, i
  elseif member.location == "header" then
    plan.headers[#plan.headers + 1] = { place = i, name = name }
  elseif member.location == "querystring" then
    plan.query[#plan.query + 1] = { place = i, name = encode(name) .. "=" }
  elseif not member.location then
    plan.body[#plan.body + 1] = { place = i, name = '"' .. name .. '":' }
  end
end

-- Operation -> how its members become a request; found once. payload: the member
-- that is the body; body: without one the members that it is made of; is_json:
-- whether there is a body of JSON. Each member by its place in the input.
local plans = setmetatable({}, { __mode = "k" })

local function new_plan(operation)
  local plan = { headers = {}, query = {}, body = {} }
  local places = {}
  for i = 1, #operation.input.members do
    local member = operation.input.members[i]
    places[member[1]] = i
    add_member(plan, member, i)
  end
  plan.path, plan.path_parts = split_path(operation.uri, places)
  plan.is_json = plan.payload and plan.payload[2].type == "structure" or
    not plan.payload and #plan.body > 0
  plans[operation] = plan
  return plan
end

local function path_of(plan, written)
  local path, parts = plan.path, plan.path_parts
  for i = 1, #parts do
    path = path .. written[parts[i].place] .. parts[i].behind
  end
  return path
end

local function query_of(operation, plan, written)
  local query, members = operation.query or "", plan.query
  for i = 1, #members do
    local value = written[members[i].place]
    if value then
      query = (query == "" and "" or query .. "&") .. members[i].name .. value
    end
  end
  return query
end

local function headers_of(plan, written)
  local headers = plan.is_json and { "Content-Type", "application/json" } or {}
  local members = plan.headers
  for i = 1, #members do
    local value = written[members[i].place]
    if value then
      headers[#headers + 1], headers[#headers + 2] = members[i].name, value
    end
  end
  return headers
end

local function body_of(plan, written)
  if plan.payload or not plan.is_json then
    return written[plan.payload_place] or plan.is_json and "{}" or ""
  end
  local pieces = {}
  for i = 1, #plan.body do
    local value = written[plan.body[i].place]
    pieces[#pieces + 1] = value and plan.body[i].name .. value or nil
  end
  return "{" .. concat(pieces, ",") .. "}"
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
---@param params any       what the user passed
---@param operation table  an operation of the model
---@param mode "full"|"shape"|nil  how strictly it is judged, see
--- glacier.call.shape; "shape" if nil
---@return glacier.Request?
---@return glacier.Problem[]? problems
function serialize.request(params, operation, mode)
  local plan = plans[operation] or new_plan(operation)
  local written, problems = shape.write(operation.input, params, mode or "shape")
  if not written then
    return nil, problems
  end
  local request = {
    method = operation.method,
    path = path_of(plan, written),
    query = query_of(operation, plan, written),
    headers = headers_of(plan, written),
    body = body_of(plan, written),
  }
  if plan.payload and plan.payload.tree_hash then
    add_hashes(request, plan.payload)
  end
  return request
end

return serialize
