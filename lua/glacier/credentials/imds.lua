--- Credentials of an EC2 instance's role, from the instance metadata service.
-- Source: Amazon EC2 User Guide, "Use the Instance Metadata Service"; what it
-- leaves open is as botocore has it.

local endpoint = require("glacier.config").endpoint
local error_body = require("glacier.error_body")
local errors = require("glacier.errors")
local json = require("glacier.json")
local redact = require("glacier.redact")
local remote = require("glacier.credentials.remote")
local uri = require("glacier.uri")
local ascii = require("glacier.text")

local find, gsub, match = string.find, string.gsub, string.match
local pairs, setmetatable, type = pairs, setmetatable, type
local lower, to_number, trim = ascii.lower, ascii.to_number, ascii.trim

local SOURCE = "EC2 instance metadata"
local TOKEN_PATH = "/latest/api/token"
local ROLES_PATH = "/latest/meta-data/iam/security-credentials/"
local TOKEN_TTL = "21600" -- seconds, the longest there is
local MAX_TIMEOUT, MAX_ATTEMPTS = 3600, 100

local BASES = {
  ipv4 = "http://169.254.169.254",
  ipv6 = "http://[fd00:ec2::254]",
}

local NAMES = {
  access_key_id = "AccessKeyId",
  secret_access_key = "SecretAccessKey",
  session_token = "Token",
}

-- Statuses by which services without tokens refuse to give one. After any
-- other but BAD_REQUEST, which says that ours was wrong, asking again may help.
local REFUSALS = { [403] = true, [404] = true, [405] = true }
local BAD_REQUEST = 400

-- Codes of an answer that holds credentials; some stand-ins give none.
local SUCCESSES = { Success = true, [""] = true, [json.null] = true }

-- One load: where to ask and with which token.
local Service = {}
Service.__index = Service

local function failed(problem)
  return nil, errors.credentials(SOURCE .. ": " .. problem)
end

-- The environment wins over the profile; an empty property is none.
local function setting(context, variable)
  local property = context.configuration.profile[lower(gsub(variable, "^AWS_", ""))]
  return context.environment[variable] or property ~= "" and property or nil
end

local function is_true(value)
  return value ~= nil and lower(value) == "true"
end

local function base_of(context)
  local configured = setting(context, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
  if configured then
    local where = endpoint.parse_url(configured)
    if not where or where.query ~= "" then
      return failed("AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL that can be used")
    end
    return where.url .. where.path
  end
  local mode = setting(context, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") or "ipv4"
  local base = BASES[lower(mode)]
  if not base then
    return failed("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be IPv4 or IPv6")
  end
  return base
end

-- A number from the environment or the profile; 1 where there is none.
local function number(context, variable, pattern, maximum)
  local text = setting(context, variable) or "1"
  local digits = match(text, pattern)
  local value = digits and to_number(digits)
  if not value or value <= 0 or value > maximum then
    return failed(variable .. " is no usable number")
  end
  return value
end

local function open(context)
  local base, timeout, attempts, err
  base, err = base_of(context)
  if base then
    timeout, err = number(context, "AWS_METADATA_SERVICE_TIMEOUT", "^[0-9]+%.?[0-9]*$", MAX_TIMEOUT)
  end
  if timeout then
    attempts, err = number(context, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "^[0-9]+$", MAX_ATTEMPTS)
  end
  if not attempts then
    return nil, err
  end
  return setmetatable({
    context = context,
    base = base,
    timeout = timeout,
    attempts = attempts,
  }, Service)
end

-- A token's answer got lost: a proxy or a hop limit of 1 is in the way.
local function is_lost(failure)
  return failure.code == "ReadTimeoutError" or failure.code == "DeadlineExceededError"
end

-- Nobody is there, so this is no instance.
local function is_absent(problem)
  local failure = problem.failure
  return failure ~= nil and (failure.kind == "network" or failure.kind == "timeout")
end

function Service:request(method, path, headers)
  return remote.bounded(self.context, {
    method = method,
    url = self.base .. path,
    headers = headers,
    proxy = "",
    timeout = 2 * self.timeout,
  }, self.timeout, self.timeout)
end

local function read_token(response)
  if response.status == 200 then
    local token = trim(response.body)
    if remote.is_word(token) then
      return { token = token }
    end
    return nil, "the session token is unusable", true
  elseif REFUSALS[response.status] then
    return {}
  end
  return nil, "no session token, " .. remote.refusal(response, true), response.status == BAD_REQUEST
end

-- Whether a service that gave no token may do without, as botocore has it: its
-- answer gets lost, or it is not well. (The answer with status 200 is no token.)
local function may_do_without(problem)
  if problem.is_late then
    return false
  elseif problem.failure then
    return is_lost(problem.failure)
  end
  return problem.status ~= BAD_REQUEST and problem.status ~= 200
end

-- Gets a session token, or finds that the service does without: version 1.
-- Gives true, or false where there is no service, or nil and an error.
-- `needed`: the service has shown that it wants one.
function Service:authorize(needed)
  local granted, problem = remote.fetch(self.context,
    self:request("PUT", TOKEN_PATH, { "x-aws-ec2-metadata-token-ttl-seconds", TOKEN_TTL }),
    { attempts = self.attempts, read = read_token, is_final = is_lost })
  local why = ""
  if not granted and may_do_without(problem) and not (needed and problem.status) then
    granted, why = {}, " (" .. problem.text .. ")"
  end
  if not granted then
    if is_absent(problem) then
      return false
    end
    return nil, remote.error(SOURCE, problem)
  end
  self.token = granted.token
  if not self.token and is_true(setting(self.context, "AWS_EC2_METADATA_V1_DISABLED")) then
    return failed("Unable to retrieve token for use in IMDSv2 call and IMDSv1 has been disabled" ..
      why)
  end
  return true
end

-- Asks for a path. A token that is refused (401) is renewed once a load.
function Service:get(path, read)
  local headers = {}
  if self.token then
    headers = { "x-aws-ec2-metadata-token", self.token }
  end
  local value, problem = remote.fetch(self.context, self:request("GET", path, headers),
    { attempts = self.attempts, read = read, secrets = { self.token } })
  if value == nil and problem.status == 401 and self.token and not self.renewed then
    self.renewed = true
    local authorized, err = self:authorize(true)
    if authorized then
      return self:get(path, read)
    end
    return nil, problem, err
  end
  return value, problem
end

local function read_role(response)
  if response.status == 200 and response.body ~= "" then
    return response.body
  end
  return nil, "no role, " .. remote.refusal(response), response.status == 401
end

-- The role's name; false where there is none.
function Service:role()
  local body, problem, err = self:get(ROLES_PATH, read_role)
  if err then
    return nil, err
  elseif body then
    local name = match(body, "^([^\r\n]+)\r?\n?$")
    if not name or find(name, "[^ -~\128-\255]") or name == "." or name == ".." then
      return failed("the role's name is unusable")
    end
    return name
  elseif is_absent(problem) or problem.status and problem.status < 500
    and problem.status ~= 401 then
    return false
  end
  return nil, remote.error(SOURCE, problem)
end

-- Some stand-ins for the service name roles by ARN, so ":" and "/" stay.
local function encode_role(name)
  return (gsub(name, "[^:/+=,@]+", uri.encode))
end

local function read_credentials(response)
  local object, problem = remote.read_object(response)
  return object, problem, response.status == 401
end

-- The service may lag behind and hand out what is about to expire or has
-- expired. Such credentials are given a few minutes more, with jitter, so
-- that calls go on and the service that they are for decides.
local function extended(expiration, context)
  local window = 600 + 120 + 480 * context.random()
  local now = context.now()
  return now >= expiration - window and now + window or expiration
end

-- What an error says that is told with status 200.
local function words_of(object)
  local secrets = {}
  for _, name in pairs(NAMES) do
    if type(object[name]) == "string" then
      secrets[#secrets + 1] = object[name]
    end
  end
  local words = error_body.line(error_body.of_object(object))
  return words and ": " .. redact.all(words, secrets) or ""
end

local function fields_of(object, context)
  if not SUCCESSES[object.Code or ""] then
    return failed("the service has no credentials for the instance's role " ..
      "(may EC2 assume the role?)" .. words_of(object))
  end
  local expiration
  local fields, problem = remote.credentials(object, NAMES)
  if fields then
    expiration, problem = remote.optional_time(object, "Expiration")
  end
  problem = problem or remote.check_names(object, { "Token", "Expiration" })
  if problem then
    return failed(problem)
  end
  fields.expiration = expiration and extended(expiration, context)
  return fields
end

return {
  name = SOURCE,
  ---@param context glacier.CredentialContext
  load = function(context)
    if is_true(context.environment.AWS_EC2_METADATA_DISABLED) then
      return nil
    end
    local authorized, role, object, problem
    local service, err = open(context)
    if service then
      authorized, err = service:authorize()
    end
    if authorized then
      role, err = service:role()
    end
    if role then
      object, problem, err = service:get(ROLES_PATH .. encode_role(role), read_credentials)
    end
    if object then
      return fields_of(object, context)
    elseif problem and not err then
      return nil, remote.error(SOURCE, problem)
    end
    return nil, err
  end,
}
