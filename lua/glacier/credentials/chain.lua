--- Where credentials come from: the providers in order, the first that has
-- any decides.
--
-- A provider is {name, load, fixed?}. load(context) gives a table of fields
-- {access_key_id, secret_access_key, session_token?, expiration?}, or nil
-- ("not mine"), or nil and an error ("mine, but broken"). The expiration is
-- epoch seconds, milliseconds or a text (ISO 8601); an empty text or null is
-- none. A fixed one has always the same to give.

local assume_role = require("glacier.credentials.assume_role")
local config_file = require("glacier.credentials.config_file")
local container = require("glacier.credentials.container")
local environment = require("glacier.credentials.environment")
local errors = require("glacier.errors")
local imds = require("glacier.credentials.imds")
local json = require("glacier.json")
local process = require("glacier.credentials.process")
local shared_credentials_file = require("glacier.credentials.shared_credentials_file")
local sigv4 = require("glacier.core.sigv4")
local sso = require("glacier.credentials.sso")
local timestamp = require("glacier.timestamp")
local web_identity = require("glacier.credentials.web_identity")

local concat = table.concat
local find, format = string.find, string.format
local ipairs, setmetatable, type = ipairs, setmetatable, type

local PROVIDERS = {
  require("glacier.credentials.static"),
  require("glacier.credentials.callback"),
  environment,
  assume_role,
  web_identity,
  sso,
  shared_credentials_file,
  process,
  config_file,
  container,
  imds,
}

-- What a profile may have besides a role of its own.
local PROFILE_PROVIDERS = { web_identity, sso, shared_credentials_file, process, config_file }

-- What credential_source may name.
local SOURCES = {
  Environment = { name = environment.name, load = environment.read },
  EcsContainer = container,
  Ec2InstanceMetadata = imds,
}

---@class glacier.CredentialContext
---@field options table      the client's options
---@field environment table<string, string>
---@field configuration glacier.Configuration  its profile is the one in use
---@field region string      to sign with
---@field signer userdata
---@field send fun(request: table): table?, table?
---@field now fun(offset: number?): number  epoch seconds by the service's clock, as far
--- as it is known; or by what was known of it at another time
---@field clock_offset? fun(): number  seconds that the service's clock is ahead of ours
---@field set_clock_offset? fun(offset: number)
---@field sleep fun(seconds: number)
---@field call fun(fn: function): boolean, ...  calls the user's, as pcall does
---@field remaining fun(): number  seconds left for loading
---@field asking fun(name: string)  told whom an error would be blamed on
---@field random fun(): number  0 to 1
---@field read_file fun(path: string): string?, string?
---@field client glacier.CredentialContext  of the profile that the client uses
---@field visited string[]   profiles on the way to this one, and this one
---@field load_profile fun(name: string, visited: string[]): userdata?, glacier.Error?
---@field load_source fun(kind: string, profile: string): userdata?, glacier.Error?

local chain = {}

-- What says nothing is absent.
local function present(value)
  if value ~= "" and value ~= json.null then
    return value
  end
end

---@class glacier.LoadedCredentials
---@field identity userdata   as signer:sign takes it
---@field provider table      that gave them
---@field expiration number?  epoch seconds

-- What is wrong with a field of credentials; nil where nothing is. A key has no
-- byte but printable ASCII: with another one, such as the CR of a file from
-- Windows, the service would say that the signature does not match, not why.
local function problem_with(name, value)
  if type(value) ~= "string" then
    return name .. (name == "session_token" and " is no string" or " is missing or no string")
  elseif find(value, "[^!-~]") then
    return name .. " holds a space, a control character or a byte that is not ASCII"
  end
end

-- Checks what a provider gave and locks it away: the secrets go to C, which
-- wipes them, and no table of ours keeps them.
local function lock_away(fields, provider)
  local function failed(text)
    return nil, errors.credentials(provider.name .. ": " .. text)
  end
  local key_id, secret = fields.access_key_id, fields.secret_access_key
  local token = present(fields.session_token)
  local problem = problem_with("access_key_id", key_id) or
    problem_with("secret_access_key", secret) or
    token ~= nil and problem_with("session_token", token)
  if problem then
    return failed(problem)
  end
  local expiration = present(fields.expiration)
  if provider.fixed then
    expiration = nil
  elseif expiration ~= nil then
    expiration = timestamp.read(expiration)
    if not expiration then
      return failed("expiration is no number of seconds and no ISO 8601 time")
    end
  end
  local identity, failure = sigv4.credentials(key_id, secret, token)
  if not identity then
    return failed(failure.message)
  end
  return { identity = identity, provider = provider, expiration = expiration }
end

-- What one provider has: nil where it is not for this one.
local function ask(provider, context)
  context.asking(provider.name)
  local fields, err = provider.load(context)
  if not fields then
    return nil, err
  end
  return lock_away(fields, provider)
end

-- The first provider that has any, or has an error, decides.
local function ask_all(providers, context)
  for _, provider in ipairs(providers) do
    local loaded, err = ask(provider, context)
    if loaded or err then
      return loaded, err
    end
  end
end

-- The context of a profile that is the source of another's role. It is asked
-- for by name, so the environment does not count.
local function context_of(client, name, visited)
  local path = {}
  for i, passed in ipairs(visited) do
    path[i] = passed
  end
  path[#path + 1] = name
  return setmetatable({
    visited = path,
    options = setmetatable({ profile = name }, { __index = client.options }),
    configuration = setmetatable({
      profile_name = name,
      profile = client.configuration.profiles[name],
    }, { __index = client.configuration }),
  }, { __index = client })
end

local function load_profile(client, name, visited)
  local context = context_of(client, name, visited)
  local profile = context.configuration.profile
  local is_role = assume_role.applies(profile) and not assume_role.has_keys(profile)
  local loaded, err = ask_all(is_role and { assume_role } or PROFILE_PROVIDERS, context)
  if loaded then
    return loaded.identity
  end
  return nil, err or errors.credentials(format(
    'assume role: The source profile "%s" must have credentials.', name), "InvalidConfigError")
end

local function load_source(client, kind, profile)
  local provider = SOURCES[kind]
  if not provider then
    return nil, errors.credentials(format('assume role: The credential source "%s" referenced ' ..
      'in profile "%s" is not valid.', kind, profile), "InvalidConfigError")
  end
  local loaded, err = ask(provider, client)
  if loaded then
    return loaded.identity
  end
  return nil, err or errors.credentials(format("assume role: No credentials found in " ..
    'credential_source %s referenced in profile "%s"', kind, profile))
end

local function not_found()
  local tried = {}
  for i, provider in ipairs(PROVIDERS) do
    tried[i] = provider.name
  end
  return errors.credentials("Unable to locate credentials (tried: " ..
    concat(tried, ", ") .. ")", "NoCredentialsError")
end

-- Without the time that a refresh has left, no source can answer for itself.
local function judge_time(context, err)
  if err and err.kind == "credentials" and context.remaining() <= 0 then
    return errors.out_of_time(
      "the time for the call is over while credentials are loaded: " .. err.message)
  end
  return err
end

-- What the providers are given: what the client offers, by way of a refresh.
local function context_in(offered, refresh)
  local configuration = offered.configuration
  local own = setmetatable({}, { __index = offered })
  own.client = own
  own.visited = { configuration and configuration.profile_name }
  function own.send(request)
    return refresh:send(offered.prepare and offered.prepare(request) or request)
  end
  function own.sleep(seconds)
    return refresh:sleep(seconds)
  end
  function own.call(fn)
    return refresh:call(fn)
  end
  function own.remaining()
    return refresh:remaining()
  end
  function own.asking(name)
    refresh.source = name
  end
  function own.load_profile(name, visited)
    return load_profile(own, name, visited)
  end
  function own.load_source(kind, profile)
    return load_source(own, kind, profile)
  end
  return own
end

--- Loads credentials: at first by the first provider that has any, then by
--- that one. May raise what a table or a function of the user's raises.
---@param offered table  of the client, see client.lua
---@param current glacier.LoadedCredentials?  those there are
---@param refresh glacier.CredentialRefresh
---@return glacier.LoadedCredentials?
---@return glacier.Error? err  kind "credentials", or "timeout"
function chain.load(offered, current, refresh)
  local context = context_in(offered, refresh)
  local loaded, err
  if current then
    loaded, err = ask(current.provider, context)
  else
    loaded, err = ask_all(PROVIDERS, context)
  end
  if not loaded then
    return nil, judge_time(context, err or current and errors.credentials(
      current.provider.name .. ": there are no credentials any more") or not_found())
  elseif loaded.expiration and loaded.expiration <= context.now() then
    return nil, errors.credentials(loaded.provider.name ..
      ": Credentials were refreshed, but the refreshed credentials are still expired.")
  end
  return loaded
end

return chain
