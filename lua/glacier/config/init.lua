--- What is configured outside the program.
--
-- The environment is read once, when this module loads: nginx takes it away
-- from its workers later. No file is read before `load` is called.

local call_options = require("glacier.config.call_options")
local core_file = require("glacier.core.file")
local endpoint = require("glacier.config.endpoint")
local errors = require("glacier.errors")
local files = require("glacier.config.files")
local options = require("glacier.config.options")
local profiles = require("glacier.config.profiles")
local route = require("glacier.config.route")
local settings = require("glacier.config.settings")
local text_sort = require("glacier.text").sort
local user_agent = require("glacier.config.user_agent")

local getenv = os.getenv or function() end
local concat = table.concat
local find, format, gsub = string.find, string.format, string.gsub
local ipairs, pairs = ipairs, pairs

local config = {
  -- What else is behind this door.
  call_options = call_options,
  endpoint = endpoint,
  files = files,
  options = options,
  route = route,
  user_agent = user_agent,
}

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
  "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
  "AWS_SDK_UA_APP_ID",
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

-- A file that is there though nobody named it may be one that nobody needs: a
-- directory that a container was given in its place, another user's. So one
-- that cannot be read is as good as none, but is told of where it is missed.
local function must_be_read(reason, named)
  return named ~= nil and reason ~= "absent"
end

-- The text of one of the two files, "" where there is none, and its path; then
-- why it could not be read, if it is there.
local function read_source(source, environment)
  local named = environment[source.variable]
  local path = files.expand(named or source.path, environment)
  local text, message, reason
  if find(path, "^~[/\\]") then
    message, reason = path .. ": the home directory is not known", named and "unknown" or "absent"
  elseif not named and core_file.is_special(path) then
    -- Not read: a pipe that nobody writes to would hold us up for good.
    message = path .. ": no regular file"
  else
    text, message, reason = files.read(path)
  end
  if not text and must_be_read(reason, named) then
    return nil, errors.config("Unable to read config file: " .. message ..
      " (" .. source.variable .. ")", "ConfigReadError")
  end
  return text or "", path, reason ~= "absent" and message or nil
end

-- One of the two files and its path; then why it could not be read.
local function read_file(kind, environment)
  local text, path, problem = read_source(SOURCES[kind], environment)
  if not text then
    return nil, path
  end
  local file, message = profiles.parse(text, kind, path)
  if not file then
    return nil, errors.config(message, "ConfigParseError")
  end
  return file, path, problem
end

-- Both files, as the fields of a configuration; nil and an error where one is
-- malformed, or was named and cannot be read.
local function read_files(environment)
  local read = { paths = {} }
  for _, kind in ipairs({ "config", "credentials" }) do
    local file, path, problem = read_file(kind, environment)
    if not file then
      return nil, path
    end
    read[kind] = file
    read.paths[#read.paths + 1] = path
    if problem then
      read.unread = read.unread or {}
      read.unread[#read.unread + 1] = problem
    end
  end
  return read
end

-- A name as a message may show it: without what would drive a terminal.
local function shown(name)
  return (gsub(name, "[^ -~\128-\255]", "?"))
end

local function sorted_names(known)
  local names = {}
  for name in pairs(known) do
    names[#names + 1] = shown(name)
  end
  return text_sort(names)
end

local function profile_not_found(name, known, read)
  local names = sorted_names(known)
  local listed = concat(names, ", ", 1, #names < MAX_LISTED and #names or MAX_LISTED)
  if #names > MAX_LISTED then
    listed = format("%s and %d more", listed, #names - MAX_LISTED)
  end
  local unread = read.unread and "; not read: " .. concat(read.unread, "; ") or ""
  return errors.config(format("The config profile (%s) could not be found; " ..
    "profiles in %s: %s%s", shown(name), concat(read.paths, " and "),
    #names > 0 and listed or "none", unread), "ProfileNotFound")
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
---@field unread string[]?  which default files are there and could not be read,
--- and why

--- Reads the config file and the credentials file. One that is missing is as
--- good as an empty one, and so is one that cannot be read, unless a variable
--- names it. The default profile may be missing where it was not
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
  local read, err = read_files(environment)
  if not read then
    return nil, err
  end
  local merged = profiles.merge(read.config, read.credentials)
  if named and not merged.profiles[name] then
    return nil, profile_not_found(name, merged.profiles, read)
  end
  return {
    profile_name = name,
    explicit = named ~= nil,
    profile = merged.profiles[name] or {},
    profiles = merged.profiles,
    sso_sessions = merged.sso_sessions,
    services = merged.services,
    config_file = read.config,
    credentials_file = read.credentials,
    unread = read.unread,
  }
end

return config
