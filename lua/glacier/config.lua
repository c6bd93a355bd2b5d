--- What is configured outside the program.
--
-- The environment is read once, when this module loads: nginx takes it away
-- from its workers later. No file is read before `load` is called.

local errors = require("glacier.errors")
local files = require("glacier.files")
local profiles = require("glacier.profiles")
local settings = require("glacier.settings")
local text_sort = require("glacier.text").sort

local getenv = os.getenv or function() end
local concat = table.concat
local find, format, gsub = string.find, string.format, string.gsub
local ipairs, pairs = ipairs, pairs

local config = {}

-- Lua cannot list the environment, so these are all that is ever asked for.
local NAMES = {
  "HOME", "USERPROFILE",
  "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
  "AWS_SECURITY_TOKEN",
  "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
  "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_REGION", "AWS_DEFAULT_REGION",
  "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_V1_DISABLED",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
  "AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
  "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_GLACIER", "AWS_ENDPOINT_URL_STS",
  "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
  "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
  "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_CA_BUNDLE", "AWS_SDK_UA_APP_ID",
  "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
  "no_proxy", "NO_PROXY",
}

-- How many profiles an error lists.
local MAX_LISTED = 50

local SOURCES = {
  config = { variable = "AWS_CONFIG_FILE", path = "~/.aws/config" },
  credentials = { variable = "AWS_SHARED_CREDENTIALS_FILE", path = "~/.aws/credentials" },
}

--- The variables that matter here; an empty one is as good as none.
---@return table<string, string>
function config.read_environment()
  local environment = {}
  for _, name in ipairs(NAMES) do
    local value = getenv(name)
    if value ~= "" then
      environment[name] = value
    end
  end
  return environment
end

--- The environment as it was when this module was loaded.
config.environment = config.read_environment()

config.expand = files.expand
config.settings = settings.read
config.service_endpoint = settings.service_endpoint

-- Where nobody named a file, one in a home directory that is closed to us is
-- as good as none: a service often runs under another user's HOME.
local function is_optional(reason, named)
  return reason == "absent" or reason == "unreachable" and not named
end

-- The text of one of the two files, "" where there is none, and its path.
local function read_source(source, environment)
  local named = environment[source.variable]
  local path = files.expand(named or source.path, environment)
  local text, message, reason
  if find(path, "^~[/\\]") then
    message, reason = path .. ": the home directory is not known", "unreachable"
  else
    text, message, reason = files.read(path)
  end
  if not text and not is_optional(reason, named) then
    return nil, errors.config("Unable to read config file: " .. message ..
      (named and " (" .. source.variable .. ")" or ""), "ConfigReadError")
  end
  return text or "", path
end

local function read_file(kind, environment)
  local text, path = read_source(SOURCES[kind], environment)
  if not text then
    return nil, path
  end
  local file, message = profiles.parse(text, kind, path)
  if not file then
    return nil, errors.config(message, "ConfigParseError")
  end
  return file, path
end

local function sorted_names(known)
  local names = {}
  for name in pairs(known) do
    names[#names + 1] = name
  end
  return text_sort(names)
end

local function profile_not_found(name, known, paths)
  local names = sorted_names(known)
  local listed = concat(names, ", ", 1, #names < MAX_LISTED and #names or MAX_LISTED)
  if #names > MAX_LISTED then
    listed = format("%s and %d more", listed, #names - MAX_LISTED)
  end
  return errors.config(format("The config profile (%s) could not be found; " ..
    "profiles in %s: %s", gsub(name, "[^ -~\128-\255]", "?"), concat(paths, " and "),
    #names > 0 and listed or "none"), "ProfileNotFound")
end

---@class glacier.Configuration
---@field profile_name string
---@field explicit boolean  the profile was named by the program or the environment
---@field profile table<string, string>  its properties out of both files
---@field profiles table<string, table<string, string>>  of both files, by name
---@field sso_sessions table<string, table<string, string>>  by name
---@field services table<string, table<string, string>>  by name
---@field config_file glacier.profiles.File  what stands in this file alone
---@field credentials_file glacier.profiles.File  what stands in this file alone

--- Reads the config file and the credentials file. One that is missing is as
--- good as an empty one. The default profile may be missing where it was not
--- asked for by name.
--- Source: "Location of the shared config and credentials files", AWS SDKs
--- and Tools Reference Guide.
---@param environment table<string, string>
---@param profile string?  the option's value: goes before AWS_PROFILE
---@return glacier.Configuration? configuration
---@return glacier.Error? err  kind "config": names the file and the line, or
--- lists the profiles that there are
function config.load(environment, profile)
  local named = profile or environment.AWS_PROFILE or environment.AWS_DEFAULT_PROFILE
  local name = named or "default"
  local config_file, config_path = read_file("config", environment)
  if not config_file then
    return nil, config_path
  end
  local credentials_file, credentials_path = read_file("credentials", environment)
  if not credentials_file then
    return nil, credentials_path
  end
  local merged = profiles.merge(config_file, credentials_file)
  if named and not merged.profiles[name] then
    return nil, profile_not_found(name, merged.profiles, { config_path, credentials_path })
  end
  return {
    profile_name = name,
    explicit = named ~= nil,
    profile = merged.profiles[name] or {},
    profiles = merged.profiles,
    sso_sessions = merged.sso_sessions,
    services = merged.services,
    config_file = config_file,
    credentials_file = credentials_file,
  }
end

return config
