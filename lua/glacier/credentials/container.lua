--- Credentials from the agent of a container: Amazon ECS, EKS Pod Identity and
-- others. Source: AWS SDKs and Tools Reference Guide, "Container credential
-- provider".

local endpoint = require("glacier.config").endpoint
local errors = require("glacier.errors")
local remote = require("glacier.credentials.remote")
local text = require("glacier.text")

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local ipairs, tonumber = ipairs, tonumber

local SOURCE = "container credentials"
local RELATIVE_BASE = "http://169.254.170.2"
local TIMEOUT = 2 -- seconds
local ATTEMPTS, PAUSE = 3, 0.2

local NAMES = {
  access_key_id = "AccessKeyId",
  secret_access_key = "SecretAccessKey",
  session_token = "Token",
}

local HTTP_HOSTS = {
  ["localhost"] = true,
  ["[::1]"] = true,
  ["169.254.170.2"] = true,
  ["169.254.170.23"] = true,
  ["[fd00:ec2::23]"] = true,
}

local function failed(problem)
  return nil, errors.credentials(SOURCE .. ": " .. problem)
end

-- 127.0.0.0/8 in its one plain form: what else a resolver may take for an
-- address (octal, hexadecimal, fewer numbers) is no loopback here.
local function is_loopback(host)
  local numbers = { match(host, "^127%.([0-9]+)%.([0-9]+)%.([0-9]+)$") }
  for _, number in ipairs(numbers) do
    if find(number, "^0.") or tonumber(number) > 255 then
      return false
    end
  end
  return #numbers == 3
end

-- The URL to ask, put together again from the parts that were judged.
local function judge(uri, variable)
  local where = endpoint.parse_url(uri)
  if not where then
    return failed(variable .. " is no http:// or https:// URL that can be used")
  end
  local host = gsub(where.host, ":[0-9]+$", "")
  if find(where.url, "^http:") and not HTTP_HOSTS[host] and not is_loopback(host) then
    return failed(variable .. ": Unsupported host. Over http, credentials are only asked for " ..
      "at a loopback address (127.0.0.0/8, [::1], localhost), 169.254.170.2, 169.254.170.23 " ..
      "or [fd00:ec2::23]; any other host must be https")
  end
  return where.url .. match(uri, "^[A-Za-z]+://[^/?#]*(.*)$")
end

local function url_of(environment)
  local relative = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  if not relative then
    return judge(environment.AWS_CONTAINER_CREDENTIALS_FULL_URI,
      "AWS_CONTAINER_CREDENTIALS_FULL_URI")
  elseif sub(relative, 1, 1) ~= "/" then
    -- It would go on with the host's name.
    return failed("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with /")
  end
  return judge(RELATIVE_BASE .. relative, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
end

-- The token is read at each load: agents replace the file before it expires.
local function authorization(context)
  local environment = context.environment
  local path = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  local variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
  local token = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN
  if path then
    variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
    token = context.read_file(path)
    if not token then
      return failed("the file that " .. variable .. " names cannot be read")
    end
    -- Whoever wrote it with an editor or echo ended the line.
    token = find(token, "\n$") and text.trim(token) or token
  end
  if token and (token == "" or find(token, "[^ -~\128-\255]")) then
    return failed("Auth token value is not a legal header value (" .. variable .. ")")
  end
  return token
end

local function fields_of(object)
  local fields, problem = remote.credentials(object, NAMES)
  if fields then
    fields.expiration, problem = remote.optional_time(object, "Expiration")
  end
  if problem then
    return failed(problem)
  end
  return fields
end

-- The token is a secret, and so is it without its scheme ("Basic ...").
local function secrets_of(token)
  return token and { token, match(token, "^[^ ]+ +(.+)$") } or {}
end

return {
  name = SOURCE,
  ---@param context glacier.CredentialContext
  load = function(context)
    local environment = context.environment
    if not environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and
      not environment.AWS_CONTAINER_CREDENTIALS_FULL_URI then
      return nil
    end
    local url, token, object, err, problem
    url, err = url_of(environment)
    if url then
      token, err = authorization(context)
    end
    if err then
      return nil, err
    end
    local headers = { "Accept", "application/json" }
    if token then
      headers[3], headers[4] = "Authorization", token
    end
    object, problem = remote.fetch(context, remote.bounded(context, {
      method = "GET",
      url = url,
      headers = headers,
      proxy = "",
      timeout = 2 * TIMEOUT,
    }, TIMEOUT, TIMEOUT), {
      attempts = ATTEMPTS, pause = PAUSE, read = remote.read_object, secrets = secrets_of(token),
    })
    if not object then
      return nil, remote.error(SOURCE, problem)
    end
    return fields_of(object)
  end,
}
