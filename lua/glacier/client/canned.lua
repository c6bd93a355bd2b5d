--- Answers as the service would give them, out of what a test says: judged by
-- the model when they are added, each for one call.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local failures = require("glacier.failures")
local text = require("glacier.text")
local validate = require("glacier.call").validate
local values = require("glacier.client.values")

local concat = table.concat
local format, gsub = string.format, string.gsub
local ipairs, next, pairs, setmetatable, type = ipairs, next, pairs, setmetatable, type

---@class glacier.CannedAnswer
---@field operation table    of the model
---@field result table?      of a success, without body and ResponseMetadata
---@field body string?       of a payload that is bytes
---@field metadata table     ResponseMetadata; of an error its code and so on
---@field is_failure boolean
local Answer = {}
Answer.__index = Answer

local canned = {}

local OK, PARTIAL_CONTENT, BAD_REQUEST, SERVER_ERROR = 200, 206, 400, 500

-- HTTP status of a success where it is not 200 (API reference).
local STATUSES = {
  [201] = { "CompleteMultipartUpload", "CreateVault", "InitiateMultipartUpload",
    "InitiateVaultLock", "PurchaseProvisionedCapacity", "UploadArchive" },
  [202] = { "InitiateJob" },
  [204] = { "AbortMultipartUpload", "AbortVaultLock", "AddTagsToVault", "CompleteVaultLock",
    "DeleteArchive", "DeleteVault", "DeleteVaultAccessPolicy", "DeleteVaultNotifications",
    "RemoveTagsFromVault", "SetDataRetrievalPolicy", "SetVaultAccessPolicy",
    "SetVaultNotifications", "UploadMultipartPart" },
}
local STATUS_OF = {}
for status, names in pairs(STATUSES) do
  for _, name in ipairs(names) do
    STATUS_OF[name] = status
  end
end

local METADATA = { RequestId = "string", HTTPStatusCode = "number", HTTPHeaders = "table",
  RetryAttempts = "number" }
local FAILURE = { code = "string", message = "string", status = "number", request_id = "string" }

-- What is wrong with a table of a few named fields.
local function odd_field(given, known, what)
  for name, value in next, given do
    local expected = known[name]
    if not expected then
      local names = {}
      for one in next, known do
        names[#names + 1] = one
      end
      return format("%s: unknown field %s, must be one of: %s", what, values.show(name),
        concat(text.sort(names), ", "))
    elseif type(value) ~= expected then
      return format("%s: %s is a %s, not a %s: %s", what, name, type(value), expected,
        values.show(value))
    end
  end
end

local function odd_status(status, first, last, what)
  if status % 1 ~= 0 or status < first or status > last then
    return format("%s: the HTTP status %s is none from %d to %d", what, text.of(status), first,
      last)
  end
end

-- The status of a success: as given, else the usual one.
local function status_of(operation, given, metadata)
  return metadata.HTTPStatusCode or given.status or
    given.contentRange and PARTIAL_CONTENT or STATUS_OF[operation.name] or OK
end

-- What the model has to say, in its own words.
local function judge(name, operation, given)
  local ok, problems = validate(given, { input = operation.output }, "shape")
  local lines = {}
  for i, problem in ipairs(ok and {} or problems) do
    lines[i] = gsub(problem.message, " in input: ", " in the response: ", 1)
  end
  for _, required in ipairs(ok and operation.output.required or {}) do
    if given[required] == "" then
      lines[#lines + 1] = "The response has an empty " .. required
    end
  end
  return #lines > 0 and format("the model knows no such response to %s:\n%s\ngiven: %s", name,
    concat(lines, "\n"), values.show(given)) or nil
end

-- Takes apart what a response is made of.
local function new_answer(operation, given, metadata)
  local self = setmetatable({ operation = operation, result = given, metadata = metadata,
    is_failure = false }, Answer)
  metadata.HTTPStatusCode = status_of(operation, given, metadata)
  for _, member in ipairs(operation.output.members) do
    local shape = member[2]
    if member.location == "payload" and shape.type == "blob" then
      self.body_name, self.body = member[1], given[member[1]] or ""
      given[member[1]] = nil
    elseif member.location == "statusCode" then
      given[member[1]] = metadata.HTTPStatusCode
    end
  end
  -- A list is always there, if empty.
  local list = operation.pagination and operation.pagination.items
  if list then
    given[list] = given[list] or {}
  end
  return self
end

--- An answer of success.
---@param name string      the operation's
---@param operation table  of the model
---@param given table      what the call is to return
---@return glacier.CannedAnswer?
---@return string? problem  the model knows no such response
function canned.response(name, operation, given)
  local copy = values.copy(given)
  local what = "the response to " .. name
  if not copy then
    return nil, what .. " is nested too deeply"
  end
  local metadata = copy.ResponseMetadata or {}
  copy.ResponseMetadata = nil
  local problem = type(metadata) ~= "table" and what .. ": ResponseMetadata is no table" or
    odd_field(metadata, METADATA, what .. ", ResponseMetadata") or judge(name, operation, copy) or
    odd_status(status_of(operation, copy, metadata), 200, 299, what)
  if problem then
    return nil, problem
  end
  return new_answer(operation, copy, metadata)
end

--- An answer that is an error of the service.
---@param operation table  of the model
---@param given {code: string, message: string?, status: integer?, request_id: string?}
---@return glacier.CannedAnswer?
---@return string? problem
function canned.failure(operation, given)
  local what = "the error"
  local problem = odd_field(given, FAILURE, what) or
    (given.code or "") == "" and what .. " has no code: " .. values.show(given) or
    odd_status(given.status or BAD_REQUEST, 300, 599, what)
  if problem then
    return nil, problem
  end
  return setmetatable({ operation = operation, metadata = values.copy(given),
    is_failure = true }, Answer)
end

-- The headers of the response, under names in lower case.
local function headers_of(self, request_id)
  local headers = { ["x-amzn-requestid"] = request_id }
  for _, member in ipairs(self.operation.output.members) do
    local value = self.result[member[1]]
    if member.location == "header" and value ~= nil then
      headers[text.lower(member.as or member[1])] = text.of(value)
    end
  end
  if self.body then
    headers["content-length"] = format("%d", #self.body)
  end
  for name, value in next, self.metadata.HTTPHeaders or {} do
    headers[text.lower(text.of(name))] = value
  end
  return headers
end

--- The head of the response, for a call of its own.
---@return {status: integer, reason: string, headers: table<string, string>}
function Answer:head()
  return {
    status = self.metadata.HTTPStatusCode, reason = "",
    headers = headers_of(self, self.metadata.RequestId or digest.uuid()),
  }
end

--- What the call returns.
---@param head table          of the response, by Answer:head
---@param has_output boolean  the body has gone elsewhere
---@return table
function Answer:success(head, has_output)
  local result, metadata = self.result, self.metadata
  if self.body_name and not has_output then
    result[self.body_name] = self.body
  end
  result.ResponseMetadata = {
    RequestId = head.headers["x-amzn-requestid"], HTTPStatusCode = head.status,
    HTTPHeaders = head.headers, RetryAttempts = metadata.RetryAttempts or 0,
  }
  return result
end

--- The error that a call returns. Nothing is tried again: it is that of the last
--- attempt.
---@return glacier.Error
function Answer:failure()
  local said, operation = self.metadata, self.operation
  local err = errors.new("service", said.code, said.message or "", {
    operation = operation.name, status = said.status or BAD_REQUEST,
    request_id = said.request_id or digest.uuid(), attempts = 1, sent = true,
  })
  err.in_doubt = operation.method ~= "GET" and err.status >= SERVER_ERROR
  err.retryable = failures.is_retryable(err, operation) and
    not (err.in_doubt and operation.resend == false)
  return err
end

return canned
