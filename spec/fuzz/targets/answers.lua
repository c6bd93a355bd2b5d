-- Answers to each operation, as a server may send anything: a table of what the
-- model knows, or an error object with a text that can be shown.
--
-- The input: a byte that chooses the operation, one for the status, then lines
-- "name: value" up to an empty one, then the body.

local error_body = require "glacier.error_body"
local errors = require "glacier.errors"
local model = require "glacier.model"
local parse = require "glacier.call.parse"

local STATUSES = { 200, 201, 202, 204, 206, 299, 300, 301, 400, 403, 404, 408, 413, 429, 500, 503 }

local names = {}
for name in pairs(model.operations) do names[#names + 1] = name end
table.sort(names)

local TYPES = { structure = "table", list = "table", map = "table", string = "string",
  timestamp = "string", boolean = "boolean", integer = "number", long = "number",
  double = "number", blob = "string" }

-- What is there must be of the shape's type.
local function check(shape, value, where)
  assert(type(value) == (TYPES[shape.type] or type(value)), where .. " is a " .. type(value))
  if shape.type == "structure" then
    local known = {}
    for _, member in ipairs(shape.members) do
      known[member[1]] = member[2]
    end
    for name, item in pairs(value) do
      if name ~= "ResponseMetadata" then
        assert(known[name], where .. "." .. tostring(name) .. " is unknown")
        check(known[name], item, where .. "." .. name)
      end
    end
  elseif shape.type == "list" then
    local count = 0
    for _ in pairs(value) do count = count + 1 end
    assert(count == #value, where .. " has holes")
    for i, item in ipairs(value) do check(shape.member, item, where .. "[" .. i .. "]") end
  elseif shape.type == "map" then
    for name, item in pairs(value) do
      assert(type(name) == "string", where .. " has a key of another type")
      check(shape.value, item, where .. "." .. name)
    end
  end
end

local function headers_of(text)
  local headers = {}
  for name, value in text:gmatch "([^\n:]+): ?([^\n]*)" do headers[name:lower()] = value end
  return headers
end

return function(bytes)
  if #bytes < 2 then return end
  local operation = model.operations[names[bytes:byte(1) % #names + 1]]
  local head, body = bytes:sub(3):match "^(.-)\n\n(.*)$"
  local response = { status = STATUSES[bytes:byte(2) % #STATUSES + 1], reason = "Reason",
    headers = headers_of(head or ""), body = body or bytes:sub(3) }
  local result, err = parse(response, operation)
  if result then
    assert(response.status < 300 and err == nil)
    assert(result.ResponseMetadata.HTTPStatusCode == response.status)
    if operation.output then check(operation.output, result, operation.name) end
  else
    assert(errors.is_error(err))
    assert(err.kind == (response.status < 300 and "protocol" or "service"), err.kind)
    assert(type(err.code) == "string" and type(err.message) == "string")
    assert(#tostring(err) < 8000 and not tostring(err):find "[%z\1-\8\14-\31]", "unfit to show")
  end
  local words = error_body.words(response)
  assert(words == nil or type(words) == "string" and #words < 8000)
end
