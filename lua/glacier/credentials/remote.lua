--- What the providers that ask somebody over HTTP share: bounded attempts, and
-- reading answers that nobody vouches for. Of what says no, an error has the
-- words, without the secrets that were sent; of what is to hold credentials,
-- nothing: it may be a secret.

local error_body = require("glacier.error_body")
local errors = require("glacier.errors")
local json = require("glacier.json")
local redact = require("glacier.redact")
local timestamp = require("glacier.timestamp")

local find, match = string.find, string.match
local ipairs, type = ipairs, type

local remote = {}

-- Far more than credentials take.
local MAX_BODY_BYTES = 64 * 1024

-- From 2001 to 5138: another number is no time at which credentials end.
local EARLIEST, LATEST = 1e9, 1e11

local NONE = {}

--- How a request came to nothing.
---@class glacier.RemoteProblem
---@field text string      in words
---@field status? integer  of the answer, where there was one
---@field is_late? boolean  the time for the call left none for another attempt
---@field failure? {kind: string, code: string, message: string}  of the
--- transfer, where there was none

---@class glacier.RemotePolicy
---@field attempts integer  how often the request is sent at the most, from 1
---@field pause? number     seconds before the second attempt; doubles with each
---@field secrets? string[] what the problem's text may not show
---@field read fun(response: table): any, string?, boolean?  what the answer is
--- worth; or nil, what is wrong with it, and whether to ask again is useless
---@field is_final? fun(failure: table): boolean  whether to send again after
--- this failed transfer is useless

-- Where the request went: without path and query, which may be secret.
local function origin(url)
  return match(url, "^[A-Za-z]+://[^/?#]*")
end

local function send(context, request, policy)
  local response, failure = context.send(request)
  local value, text, is_final
  if response then
    value, text, is_final = policy.read(response)
    return value, { text = text, status = response.status }, is_final
  end
  is_final = failure.kind == "cancelled" or failure.code == "DeadlineExceededError" or
    policy.is_final and policy.is_final(failure)
  text = errors.transfer(failure, origin(request.url)).message
  return nil, { text = text, failure = failure }, is_final
end

--- Sends a request until its answer is worth something, or attempts are up.
---@param context glacier.CredentialContext
---@param request table  as engine:start takes it
---@param policy glacier.RemotePolicy
---@return any value  what policy.read made of the answer; nil on failure
---@return glacier.RemoteProblem? problem  of the last attempt
function remote.fetch(context, request, policy)
  local attempt, pause = 1, policy.pause
  local value, problem, is_final = send(context, request, policy)
  while value == nil and not is_final and attempt < policy.attempts do
    local left = context.remaining and context.remaining()
    if left and left <= (pause or 0) then
      problem.is_late = true
      break
    elseif pause then
      context.sleep(pause)
      pause = 2 * pause
    end
    attempt = attempt + 1
    value, problem, is_final = send(context, request, policy)
  end
  if value ~= nil then
    return value
  end
  problem.text = redact.all(problem.text, policy.secrets or NONE)
  return nil, problem
end

--- A request with the bounds that all of them have.
---@param context glacier.CredentialContext
---@param request table        method, url, headers, body, proxy
---@param connect_seconds number
---@param read_seconds number
---@return table request       the same one
function remote.bounded(context, request, connect_seconds, read_seconds)
  local headers = request.headers
  if context.user_agent then
    headers[#headers + 1] = "User-Agent"
    headers[#headers + 1] = context.user_agent
  end
  request.connect_timeout = connect_seconds
  request.read_timeout = read_seconds
  request.max_body_bytes = MAX_BODY_BYTES
  return request
end

--- The error of a source whose answers came to nothing.
---@param source string  names the source
---@param problem glacier.RemoteProblem
---@return glacier.Error
function remote.error(source, problem)
  local failure = problem.failure
  if failure and failure.kind == "cancelled" then
    return errors.new("cancelled", failure.code, problem.text)
  elseif problem.is_late or failure and failure.code == "DeadlineExceededError" then
    return errors.out_of_time(
      "the time for the call is over while credentials are loaded: " .. source .. ": " ..
      problem.text)
  end
  return errors.credentials(source .. ": " .. problem.text)
end

--- What an answer of another status than 200 says.
---@param response table
---@param is_plain_secret boolean?  true: what is asked for is plain text, so
--- none of that is shown
---@return string
function remote.refusal(response, is_plain_secret)
  local words = not (is_plain_secret and error_body.read(response).is_plain)
    and error_body.words(response)
  return "HTTP status " .. response.status .. (words and ": " .. words or "")
end

--- For policy.read: the JSON object in a body.
---@param response table
---@return table? object
---@return string? problem
function remote.read_object(response)
  if response.status ~= 200 then
    return nil, remote.refusal(response)
  end
  local object = json.decode_object(response.body)
  if not object then
    return nil, "the answer is no JSON object"
  end
  return object
end

--- Whether a value can be a key or a token: visible ASCII, at least one byte.
---@param value any
---@return boolean
function remote.is_word(value)
  return type(value) == "string" and find(value, "^[!-~]+$") ~= nil
end

-- What says nothing is absent.
local function member(object, name)
  local value = object[name]
  if value ~= json.null and value ~= "" then
    return value
  end
end

--- Reads a member that must be a word.
---@param object table   a decoded JSON object
---@param name string    the member's name
---@return string? word
---@return string? problem  names the member; one that is empty or null is missing
function remote.word(object, name)
  local value = member(object, name)
  if remote.is_word(value) then
    return value
  end
  return nil, value == nil and name .. " is missing" or name .. " is unusable"
end

--- As remote.word, for a member that may be absent.
---@param object table
---@param name string
---@return string? word
---@return string? problem
function remote.optional_word(object, name)
  if member(object, name) == nil then
    return nil
  end
  return remote.word(object, name)
end

--- Reads a member that is a point in time and may be absent.
---@param object table
---@param name string
---@return number? epoch  seconds
---@return string? problem
function remote.optional_time(object, name)
  local value = member(object, name)
  local epoch = timestamp.read(value)
  if value == nil then
    return nil
  elseif not epoch or type(value) == "number" and (epoch < EARLIEST or epoch > LATEST) then
    return nil, name .. " is unusable"
  end
  return epoch
end

--- Whether members are there, of which some may be empty: where botocore wants
--- them, it looks for their names alone.
---@param object table
---@param names string[]
---@return string? problem  names the first that is missing
function remote.check_names(object, names)
  for _, name in ipairs(names) do
    if object[name] == nil then
      return name .. " is missing"
    end
  end
end

--- Reads the three parts of temporary credentials.
---@param object table
---@param names {access_key_id: string, secret_access_key: string, session_token: string}
--- what the members are called
---@return table? fields  access_key_id, secret_access_key, session_token?
---@return string? problem
function remote.credentials(object, names)
  local key_id, secret_key, session_token, problem
  key_id, problem = remote.word(object, names.access_key_id)
  if key_id then
    secret_key, problem = remote.word(object, names.secret_access_key)
  end
  if secret_key then
    session_token, problem = remote.optional_word(object, names.session_token)
  end
  if problem then
    return nil, problem
  end
  return {
    access_key_id = key_id,
    secret_access_key = secret_key,
    session_token = session_token,
  }
end

return remote
