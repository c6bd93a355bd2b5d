--- What a client goes by: its options, else the environment, else the profile.
--
-- A source is looked at only where none before it has a value, so that an
-- option or a variable also gets around a broken profile.

local endpoint = require("glacier.config.endpoint")
local errors = require("glacier.errors")
local files = require("glacier.config.files")
local profiles = require("glacier.config.profiles")
local ascii = require("glacier.text")

local find, format, match = string.find, string.format, string.match
local lower, upper = ascii.lower, ascii.upper
local ipairs, tonumber = ipairs, tonumber

local settings = {}

local MAX_ATTEMPTS = 999999999
local SWITCHES = { ["true"] = true, ["false"] = false }
local RETRY_MODES = { legacy = "standard", standard = "standard", adaptive = "adaptive" }

-- The readers: text -> value, or nil and what is wrong with the text. None
-- quotes it: what stands in the wrong place may be a secret.

local function read_text(text)
  if find(text, "[^ -~\128-\255]") then
    return nil, "holds a control character"
  end
  return text
end

local function read_path(text, environment)
  local path, problem = read_text(text)
  return path and files.expand(path, environment), problem
end

local function read_region(text)
  local region, err = endpoint.region(text)
  if not region then
    return nil, err.message, err.code
  end
  return text
end

local function read_switch(text)
  local value = SWITCHES[lower(text)]
  if value == nil then
    return nil, "must be true or false"
  end
  return value
end

local function read_attempts(text)
  -- Without a base: with one, Lua 5.3 lets what is too large wrap around.
  local number = tonumber(match(text, "^[ \t]*%+?([0-9]+)[ \t]*$") or 0)
  if number < 1 or number > MAX_ATTEMPTS then
    return nil, format("must be an integer from 1 to %d", MAX_ATTEMPTS)
  end
  return number
end

local function read_mode(text)
  local mode = RETRY_MODES[lower(text)]
  if not mode then
    return nil, "must be one of: legacy, standard, adaptive"
  end
  return mode
end

local function read_url(text)
  local parsed, err = endpoint.parse_url(text)
  if not parsed then
    return nil, err.message, err.code
  end
  return text
end

-- name: of the option; key: of the profile's property, where it is another;
-- variables: in the order in which they count; last: those that count after
-- the profile, as they are not AWS's own (botocore does the same).
local SETTINGS = {
  { name = "region", variables = { "AWS_REGION", "AWS_DEFAULT_REGION" }, read = read_region },
  { name = "use_fips_endpoint", variables = { "AWS_USE_FIPS_ENDPOINT" },
    read = read_switch, default = false },
  { name = "use_dualstack_endpoint", variables = { "AWS_USE_DUALSTACK_ENDPOINT" },
    read = read_switch, default = false },
  { name = "max_attempts", variables = { "AWS_MAX_ATTEMPTS" }, read = read_attempts },
  { name = "retry_mode", variables = { "AWS_RETRY_MODE" }, read = read_mode },
  { name = "ca_bundle", variables = { "AWS_CA_BUNDLE" }, last = { "REQUESTS_CA_BUNDLE" },
    read = read_path },
  { name = "app_id", variables = { "AWS_SDK_UA_APP_ID" }, key = "sdk_ua_app_id",
    read = read_text },
}
local IGNORE_URLS = {
  name = "ignore_configured_endpoint_urls",
  variables = { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" },
  read = read_switch, default = false,
}

local function in_profile(key, configuration)
  return format("%s in the profile '%s'", key, configuration.profile_name)
end

local function from_environment(variables, environment)
  for _, name in ipairs(variables) do
    if environment[name] then
      return environment[name], name
    end
  end
end

-- An empty property is as good as none, as an empty variable is.
local function from_profile(key, configuration)
  local text = configuration and configuration.profile[key]
  if text and text ~= "" then
    return text, in_profile(key, configuration)
  end
end

-- Reads a text that was found at `where`; nil and an error that says so.
local function judge(read, text, where, environment)
  local value, problem, code = read(text, environment)
  if value == nil then
    return nil, errors.config("Invalid configuration: " .. where .. ": " .. problem, code)
  end
  return value
end

-- The value of an entry of SETTINGS outside the program: nil where there is
-- none, nil and an error where it is wrong.
local function configured(setting, environment, configuration)
  local text, where = from_environment(setting.variables, environment)
  if not text then
    text, where = from_profile(setting.key or setting.name, configuration)
  end
  if not text and setting.last then
    text, where = from_environment(setting.last, environment)
  end
  if not text then
    return setting.default
  end
  return judge(setting.read, text, where, environment)
end

-- The URL that the profile's services section has for a service.
local function from_services(service, configuration)
  local name, where = from_profile("services", configuration)
  local section = name and configuration.services[name]
  if not name then
    return nil
  elseif not section then
    return nil, errors.config("Invalid configuration: " .. where ..
      ": there is no such services section in the config file")
  end
  local url = profiles.sub_properties(section[service]).endpoint_url
  if url and url ~= "" then
    return url, format("endpoint_url of %s in the section [services %s]", service, name)
  end
end

-- The first URL for a service, and where it was found; nil and an error where
-- the profile points nowhere.
local function find_url(service, environment, configuration)
  local url, where = from_environment(
    { "AWS_ENDPOINT_URL_" .. upper(service), "AWS_ENDPOINT_URL" }, environment)
  if not url then
    url, where = from_services(service, configuration)
  end
  if not url and not where then
    url, where = from_profile("endpoint_url", configuration)
  end
  return url, where
end

--- The endpoint that is configured for a service: AWS_ENDPOINT_URL_<SERVICE>,
--- AWS_ENDPOINT_URL, the profile's services section, its endpoint_url; none of
--- these where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile's
--- ignore_configured_endpoint_urls is true.
--- Source: "Service-specific endpoints", AWS SDKs and Tools Reference Guide.
---@param service "glacier"|"sts"|"sso"|"sso_oidc"
---@param environment table<string, string>
---@param configuration glacier.Configuration?
---@return string? url  nil where none is configured
---@return glacier.Error? err  kind "config": no URL, a services section that is not there
function settings.service_endpoint(service, environment, configuration)
  local ignored, err = configured(IGNORE_URLS, environment, configuration)
  if ignored ~= false then
    return nil, err
  end
  local url, where = find_url(service, environment, configuration)
  if not url then
    return nil, where
  end
  return judge(read_url, url, where)
end

---@class glacier.Settings
---@field region string?
---@field endpoint_url string?
---@field use_fips_endpoint boolean
---@field use_dualstack_endpoint boolean
---@field max_attempts integer?  from 1; the first one counts
---@field retry_mode "standard"|"adaptive"|nil
---@field ca_bundle string?  path of a file
---@field app_id string?

--- The settings of a client. What is configured nowhere is nil; the two
--- switches are false then.
--- Source: "Settings reference", AWS SDKs and Tools Reference Guide.
---@param options table  a client's, as glacier.options gives them
---@param environment table<string, string>
---@param configuration glacier.Configuration?
---@return glacier.Settings? settings
---@return glacier.Error? err  kind "config": a value that cannot be, and where it stands
function settings.read(options, environment, configuration)
  local result, err = {}, nil
  for _, setting in ipairs(SETTINGS) do
    local value = options[setting.name]
    if value == nil then
      value, err = configured(setting, environment, configuration)
    end
    if err then
      return nil, err
    end
    result[setting.name] = value
  end
  result.endpoint_url = options.endpoint_url
  if not result.endpoint_url then
    result.endpoint_url, err =
      settings.service_endpoint("glacier", environment, configuration)
  end
  if err then
    return nil, err
  end
  return result
end

return settings
