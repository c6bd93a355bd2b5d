--- params x operation -> method, path, query, headers, body. The parameters
-- have passed validation. The same parameters give the same bytes: members in
-- the order of the model, maps sorted. Tables are read raw, as in validation.

local json = require("glacier.json")
local sort = require("glacier.text").sort

local concat = table.concat
local byte, find, format, gsub = string.byte, string.find, string.format, string.gsub
local ipairs, next, rawget, tostring, type = ipairs, next, rawget, tostring, type
local quote = json.quote

local serialize = {}

local function encode_byte(char)
  return format("%%%02X", byte(char))
end

--- Percent-encodes all but the unreserved characters (RFC 3986, 2.3).
---@param text string
---@return string
function serialize.encode(text)
  if not find(text, "[^A-Za-z0-9._~%-]") then
    return text
  end
  return (gsub(text, "[^A-Za-z0-9._~%-]", encode_byte))
end

local encode = serialize.encode

-- A scalar as text. Not every Lua writes a whole number without a fraction or
-- an exponent.
local function text_of(value)
  return type(value) == "number" and format("%.0f", value) or tostring(value)
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

local function write_structure(out, shape, value)
  local members = shape.members
  local separator = "{"
  for i = 1, #members do
    local member = members[i]
    local item = rawget(value, member[1])
    if item ~= nil and not member.location then
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

local function place(request, operation, params)
  for _, member in ipairs(operation.input.members) do
    local put = PLACES[member.location]
    local value = put and value_of(member, params)
    if value ~= nil and put then
      put(request, member, value)
    end
  end
end

-- What the body is made of: the member marked as payload, or all members
-- without a place, or nothing.
local function payload_of(operation)
  local body
  for _, member in ipairs(operation.input.members) do
    if member.location == "payload" then
      return member[2], member[1]
    elseif not member.location then
      body = operation.input
    end
  end
  return body
end

local function write_body(operation, params)
  local shape, name = payload_of(operation)
  if not shape then
    return ""
  end
  local value = name == nil and params or rawget(params, name)
  if shape.type ~= "structure" then
    return value or "", "application/octet-stream"
  end
  local out = {}
  write(out, shape, value or {})
  return concat(out), "application/json"
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
  local request = { uri = {}, query = {}, headers = {} }
  local body, content_type = write_body(operation, params)
  if content_type then
    request.headers[1], request.headers[2] = "Content-Type", content_type
  end
  place(request, operation, params)
  return {
    method = operation.method,
    path = (gsub(operation.uri, "{([A-Za-z0-9]+)}", request.uri)),
    query = concat(request.query, "&"),
    headers = request.headers,
    body = body,
  }
end

return serialize
