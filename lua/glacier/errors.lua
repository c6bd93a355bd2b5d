--- The error object: one shape for everything that can go wrong in a call.
--
-- Kinds: validation, config, credentials, network, timeout, tls, service,
-- protocol, cancelled. The texts are boto3's, so that what people search for
-- is found. No field ever holds a secret key, a session token or a signature.

local to_utf8 = require("glacier.text").to_utf8

local setmetatable, getmetatable, tostring = setmetatable, getmetatable, tostring
local concat = table.concat
local gsub, match = string.gsub, string.match

---@class glacier.Problem
---@field path string      which parameter: "jobParameters.Tier"
---@field message string   what is wrong with it

---@class glacier.Error
---@field kind string         one of the kinds above
---@field code string         "ResourceNotFoundException", "ConnectTimeoutError", ...
---@field message string
---@field status? integer     HTTP status, where there was a response
---@field request_id? string
---@field retryable boolean   a retry would be made were attempts left
---@field attempts? integer   how often it was tried to send the request; nil or 0
--- where that did not even begin
---@field operation? string   "InitiateJob"
---@field problems? glacier.Problem[]  kind "validation" only
local Error = {}
Error.__index = Error

--- Whether the error's code or kind is `name`.
---@param name string  "ResourceNotFoundException", "network"
---@return boolean is_so  whether it is one of the two
function Error:is(name)
  return self.code == name or self.kind == name
end

local function retries_text(self)
  if self.attempts and self.attempts > 1 and self.exhausted then
    return " (reached max retries: " .. (self.attempts - 1) .. ")"
  end
  return ""
end

function Error:__tostring()
  if self.kind == "service" then
    return "An error occurred (" .. self.code .. ") when calling the " ..
      tostring(self.operation) .. " operation" .. retries_text(self) .. ": " ..
      self.message
  end
  return self.message
end

function Error.__concat(a, b)
  return tostring(a) .. tostring(b)
end

local errors = {}

--- A new error.
---@param kind string
---@param code string
---@param message string  bytes in it that are no UTF-8 become U+FFFD
---@param fields? table  further fields, taken over as they are
---@return glacier.Error
function errors.new(kind, code, message, fields)
  local err = fields or {}
  err.kind = kind
  err.code = code
  err.message = to_utf8(message)
  err.retryable = err.retryable or false
  return setmetatable(err, Error)
end

---@param value any
---@return boolean
function errors.is_error(value)
  return getmetatable(value) == Error
end

--- What is configured cannot be used.
---@param message string
---@param code? string
---@return glacier.Error
function errors.config(message, code)
  return errors.new("config", code or "InvalidConfigError", message)
end

--- Credentials are missing or broken; the message names the source.
---@param message string
---@param code? string
---@return glacier.Error
function errors.credentials(message, code)
  return errors.new("credentials", code or "CredentialRetrievalError", message)
end

--- The time for a call is over: kind "timeout", in the words of the caller.
---@param message string  what it was spent on
---@param fields? table
---@return glacier.Error
function errors.out_of_time(message, fields)
  return errors.new("timeout", "DeadlineExceededError", message, fields)
end

--- All problems of the parameters of one call, in boto3's wording.
---@param problems glacier.Problem[]
---@return glacier.Error
function errors.validation(problems)
  local lines = { "Parameter validation failed:" }
  for i = 1, #problems do
    lines[i + 1] = problems[i].message
  end
  return errors.new("validation", "ParamValidationError", concat(lines, "\n"),
    { problems = problems })
end

--- What botocore says of a failed transfer, by the code of the failure.
local TRANSFER_TEXTS = {
  EndpointConnectionError = 'Could not connect to the endpoint URL: "%s"',
  ConnectTimeoutError = 'Connect timeout on endpoint URL: "%s"',
  ReadTimeoutError = 'Read timeout on endpoint URL: "%s"',
  ConnectionClosedError = 'Connection was closed before we received a valid ' ..
    'response from endpoint URL: "%s".',
  DeadlineExceededError = 'No time was left for the answer of endpoint URL: "%s"',
  SSLError = "SSL validation failed for %s",
  ProxyConnectionError = 'Failed to connect to proxy URL: "%s"',
  HTTPClientError = 'No valid HTTP response from endpoint URL: "%s"',
}

--- A failure of the HTTP engine as an error.
---@param failure {kind: string, code: string, message: string, sent: boolean?, proxy: string?}
--- proxy: the one it failed at, without user and password
---@param url string  where to; without a query, which might hold a secret
---@return glacier.Error
function errors.transfer(failure, url)
  local text = TRANSFER_TEXTS[failure.code]
  local message = failure.message
  if text and failure.proxy then
    text, url = gsub(text, "endpoint URL", "proxy URL"), failure.proxy
  end
  if text then
    -- Not string.format's %s with the URL as a pattern: URLs hold "%".
    local before, after = match(text, "^(.-)%%s(.*)$")
    message = before .. url .. after .. " (" .. failure.message .. ")"
  end
  return errors.new(failure.kind, failure.code, message, { sent = failure.sent })
end

return errors
