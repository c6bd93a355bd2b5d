--- response x operation -> table | error. Nothing a server sends breaks this.

local error_body = require("glacier.error_body")
local errors = require("glacier.errors")
local json = require("glacier.json")
local members = require("glacier.members")
local text = require("glacier.text")

local format, match = string.format, string.match
local lower, printable = text.lower, text.printable
local ipairs, pairs, setmetatable, tonumber, type = ipairs, pairs, setmetatable, tonumber, type

local LONGEST_TEXT = 2000

local function request_id(headers)
  return headers["x-amzn-requestid"] or headers["x-amz-request-id"]
end

-- As an error shows it; `said`: by a body, where no header says it.
local function shown_id(response, said)
  local id = request_id(response.headers) or said
  return id and printable(id, LONGEST_TEXT)
end

local function metadata(response)
  return {
    RequestId = request_id(response.headers),
    HTTPStatusCode = response.status,
    HTTPHeaders = response.headers,
    RetryAttempts = 0,
  }
end

local function protocol_error(operation, response, message)
  return errors.new("protocol", "ResponseParserError", message, {
    operation = operation.name,
    status = response.status,
    request_id = shown_id(response),
    sent = true,
  })
end

-- A list that an answer is made of must be one: nobody is to take it for empty.
local function odd_list(shape, body)
  for _, member in ipairs(shape.members) do
    local item = body[member.as or member[1]]
    if not member.location and member[2].type == "list" and item ~= nil and item ~= json.null and
        not members.fit(member[2], item) then
      return member[1] .. " is no list"
    end
  end
end

-- So must the marker of a page be a text: nobody is to take that for the last.
local function odd_marker(operation, body)
  local name = operation.pagination and operation.pagination.output
  local marker = name and body[name]
  if marker ~= nil and marker ~= json.null and type(marker) ~= "string" then
    return name .. " is no text"
  end
end

local function copy(from, to)
  for key, value in pairs(from) do
    to[key] = value
  end
end

-- Operation -> how its answers are read; found once. head: the members that
-- stand in headers; status: the name of the one that is the status; payload: the
-- member that is the body, if one is; is_json: whether the body is read.
local plans = setmetatable({}, { __mode = "k" })

local function new_plan(operation)
  local shape = operation.output
  local plan = { head = {}, required = shape.required or {}, is_json = false }
  for _, member in ipairs(shape.members) do
    if member.location == "payload" then
      plan.payload = member
    elseif member.location == "header" then
      plan.head[#plan.head + 1] = { name = member[1], header = lower(member.as or member[1]) }
    elseif member.location == "statusCode" then
      plan.status = member[1]
    else
      plan.is_json = true
    end
  end
  if plan.payload then
    plan.is_json = plan.payload[2].type == "structure"
  end
  plans[operation] = plan
  return plan
end

local function read_json(operation, plan, response, result)
  local payload = plan.payload
  local shape = payload and payload[2] or operation.output
  local body = json.decode_object(response.body)
  if not body then
    return "the body is no JSON object"
  end
  local problem = odd_list(shape, body) or odd_marker(operation, body)
  if problem then
    return problem
  end
  local value = members.read(shape, body)
  if payload then
    result[payload[1]] = value
  else
    copy(value, result)
  end
end

local function read_head(plan, response, result)
  local head, headers = plan.head, response.headers
  for i = 1, #head do
    result[head[i].name] = headers[head[i].header]
  end
  if plan.status then
    result[plan.status] = response.status
  end
end

local function check_required(plan, result)
  local required = plan.required
  for i = 1, #required do
    local value = result[required[i]]
    if value == nil or value == "" then
      return "it has no " .. required[i]
    end
  end
end

local function success(operation, response)
  local plan = plans[operation] or new_plan(operation)
  -- Room for what most answers have: a table that grows is a slow one.
  local result = {
    ResponseMetadata = metadata(response), location = nil, jobId = nil, jobOutputPath = nil,
  }
  local problem
  read_head(plan, response, result)
  if plan.is_json then
    problem = read_json(operation, plan, response, result)
  elseif plan.payload then
    result[plan.payload[1]] = response.body
  end
  problem = problem or check_required(plan, result)
  if problem then
    return nil, protocol_error(operation, response, format(
      "Unable to parse the response of the %s operation (status %d): %s",
      operation.name, response.status, problem))
  end
  return result
end

local function failure(operation, response)
  local said = error_body.read(response)
  return errors.new("service", printable(said.code or "" .. response.status, LONGEST_TEXT),
    printable(said.message or response.reason, LONGEST_TEXT), {
    operation = operation.name,
    status = response.status,
    request_id = shown_id(response, said.request_id),
    retry_after = tonumber(match(response.headers["x-amz-retry-after"] or "", "^[0-9]+$")),
    date = response.headers["date"],
    sent = true,
  })
end

--- Reads a whole response, of any status.
---@param response {status: integer, reason: string, headers: table<string, string>, body: string}
---@param operation table  an operation of the model
---@return table? result   what boto3 returns, with ResponseMetadata
---@return glacier.Error? err
return function(response, operation)
  if response.status >= 200 and response.status < 300 then
    return success(operation, response)
  end
  return nil, failure(operation, response)
end
