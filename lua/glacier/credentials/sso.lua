--- Credentials of a role in IAM Identity Center, by the session that
-- `aws sso login` began. Source: AWS SDKs and Tools Reference Guide, "IAM
-- Identity Center credential provider"; the API references of the services
-- SSO OIDC (CreateToken) and SSO Portal (GetRoleCredentials).

local cache = require("glacier.credentials.sso_cache")
local config = require("glacier.config")
local endpoint = require("glacier.config").endpoint
local errors = require("glacier.errors")
local json = require("glacier.json")
local remote = require("glacier.credentials.remote")
local uri = require("glacier.uri")
local timestamp = require("glacier.timestamp")

local concat = table.concat
local find = string.find
local ipairs, pairs, type = ipairs, pairs, type

local SOURCE = "SSO"
local REFRESH_WINDOW = 15 * 60 -- seconds
local MAX_SECONDS = 1e11       -- the year 5138: no sane time is beyond
local ATTEMPTS, PAUSE = 3, 0.1

local REQUIRED = { "sso_role_name", "sso_account_id", "sso_start_url", "sso_region" }
local OWN_HOSTS = { sso = "portal.sso.", sso_oidc = "oidc." }

-- What the service says of a session that is over, whatever the status.
local UNAUTHORIZED = ": UnauthorizedException"

local NAMES = {
  access_key_id = "accessKeyId",
  secret_access_key = "secretAccessKey",
  session_token = "sessionToken",
}

local function failed(text, code)
  return nil, errors.credentials(SOURCE .. ": " .. text, code)
end

local function how_to_log_in(context)
  return " (aws sso login --profile " .. context.configuration.profile_name .. ")"
end

-- `problem`: what the service said, if it was asked.
local function expired(context, problem)
  return nil, errors.credentials("The SSO session associated with this profile has expired " ..
    "or is otherwise invalid. To refresh this SSO session run aws sso login with the " ..
    "corresponding profile." .. how_to_log_in(context) ..
    (problem and " The service's answer: " .. problem.text or ""), "UnauthorizedSSOTokenError")
end

-- The profile with the properties of the sso-session that it names.
local function merge(context)
  local configuration, merged = context.configuration, {}
  local profile = configuration.profile
  local name = profile.sso_session
  local session = name and configuration.sso_sessions[name] or {}
  if name and not configuration.sso_sessions[name] then
    return failed('The specified sso-session does not exist: "' .. name .. '"',
      "InvalidConfigError")
  end
  for key, value in pairs(session) do
    if profile[key] and profile[key] ~= value then
      return failed("The value for " .. key .. " is inconsistent between profile and " ..
        "sso-session.", "InvalidConfigError")
    end
    merged[key] = value
  end
  for key, value in pairs(profile) do
    merged[key] = value
  end
  return merged
end

local function check(settings, context)
  local missing = {}
  for _, name in ipairs(REQUIRED) do
    if not settings[name] or settings[name] == "" then
      missing[#missing + 1] = name
    end
  end
  if missing[1] then
    return failed('The profile "' .. context.configuration.profile_name .. '" is configured ' ..
      "to use SSO but is missing required configuration: " .. concat(missing, ", "),
      "InvalidConfigError")
  end
  local region, err = endpoint.region(settings.sso_region)
  if not region then
    return failed("sso_region: " .. err.message, "InvalidConfigError")
  end
  return { profile = settings, region = region }
end

-- The base URL of one of the two services.
local function base_of(service, region, context)
  local url, err = config.service_endpoint(service, context.environment, context.configuration)
  local where
  if url then
    where, err = endpoint.parse_url(url)
  end
  if err then
    return failed(err.message, err.code)
  elseif where then
    return where.url .. where.path
  end
  return "https://" .. OWN_HOSTS[service] .. region .. "." .. endpoint.partition(region).suffix
end

-- What the services' clients retry: no answer, throttling, server errors.
local function read_object(response)
  local object, text = remote.read_object(response)
  return object, text, response.status < 500 and response.status ~= 429
end

local function ask(context, request, secrets)
  local options = context.options
  return remote.fetch(context,
    remote.bounded(context, request, options.connect_timeout, options.read_timeout),
    { attempts = ATTEMPTS, pause = PAUSE, read = read_object, secrets = secrets })
end

local function is_refreshable(token, now)
  local registered_until = token.registration_expires_at
  return token.refresh_token and token.client_id and token.client_secret
    and registered_until and registered_until > now
end

-- A duration or a time of an answer, in range.
local function positive(value, maximum)
  return type(value) == "number" and value > 0 and value < maximum and value or nil
end

-- Asks for a new access token. Gives it, or nil and an error.
local function request_token(context, settings, token)
  local base, err = base_of("sso_oidc", settings.region, context)
  if not base then
    return nil, err
  end
  local object, problem = ask(context, {
    method = "POST",
    url = base .. "/token",
    headers = { "Content-Type", "application/json" },
    body = concat({
      '{"grantType":"refresh_token","clientId":', json.quote(token.client_id),
      ',"clientSecret":', json.quote(token.client_secret),
      ',"refreshToken":', json.quote(token.refresh_token), "}",
    }),
  }, { token.client_secret, token.refresh_token, token.access_token })
  if not object then
    if problem.status and problem.status >= 400 and problem.status < 500 then
      return expired(context, problem)
    end
    return nil, remote.error(SOURCE .. ": refreshing the session", problem)
  end
  local access_token, refresh_token
  access_token, problem = remote.word(object, "accessToken")
  if access_token then
    refresh_token, problem = remote.optional_word(object, "refreshToken")
  end
  local seconds = positive(object.expiresIn, MAX_SECONDS)
  if problem or not seconds then
    return failed("refreshing the session: " .. (problem or "expiresIn is unusable"))
  end
  return {
    accessToken = access_token,
    refreshToken = refresh_token, -- nil: the one in the file stays
    expiresAt = timestamp.format(context.now() + seconds),
    region = settings.profile.sso_region,
    startUrl = settings.profile.sso_start_url,
  }
end

-- The session's access token, refreshed where it is about to expire.
local function access_token_of(context, settings)
  local name = settings.profile.sso_session or settings.profile.sso_start_url
  local token, problem = cache.load(context, name)
  if not token then
    return nil, errors.credentials("Error loading SSO Token: Token for " .. name .. " " ..
      problem .. how_to_log_in(context), "SSOTokenLoadError")
  end
  local now = context.now()
  local values, err
  if token.expires_at - now < REFRESH_WINDOW and is_refreshable(token, now) then
    values, err = request_token(context, settings, token)
  end
  if values then
    -- A folder that cannot be written to costs a refresh each time, no more.
    cache.save(token, values)
    return values.accessToken
  elseif token.expires_at > now and not (err and err.kind == "cancelled") then
    return token.access_token
  elseif err then
    return nil, err
  end
  return expired(context)
end

local function fields_of(object)
  local credentials = object.roleCredentials
  if type(credentials) ~= "table" then
    return failed("roleCredentials is missing or unusable")
  end
  local fields, problem = remote.credentials(credentials, NAMES)
  problem = problem or remote.check_names(credentials, { "sessionToken" })
  if problem then
    return failed(problem)
  end
  fields.expiration, problem = remote.optional_time(credentials, "expiration")
  if problem or credentials.expiration == nil then
    return failed("expiration is missing or unusable")
  end
  return fields
end

local function role_credentials(context, settings, access_token)
  local profile = settings.profile
  local base, err = base_of("sso", settings.region, context)
  if not base then
    return nil, err
  end
  local object, problem = ask(context, {
    method = "GET",
    url = base .. "/federation/credentials?role_name=" ..
      uri.encode(profile.sso_role_name) .. "&account_id=" ..
      uri.encode(profile.sso_account_id),
    headers = { "x-amz-sso_bearer_token", access_token },
  }, { access_token })
  if object then
    return fields_of(object)
  elseif problem.status == 401 or find(problem.text, UNAUTHORIZED, 1, true) then
    return expired(context, problem)
  end
  return nil, remote.error(SOURCE .. ": credentials of the role " .. profile.sso_role_name ..
    " in the account " .. profile.sso_account_id, problem)
end

return {
  name = SOURCE,
  ---@param context glacier.CredentialContext
  load = function(context)
    local profile = context.configuration.profile
    if not profile.sso_role_name and not profile.sso_account_id then
      return nil
    end
    local settings, access_token, err
    settings, err = merge(context)
    if settings then
      settings, err = check(settings, context)
    end
    if settings then
      access_token, err = access_token_of(context, settings)
    end
    if not access_token then
      return nil, err
    end
    return role_credentials(context, settings, access_token)
  end,
}
