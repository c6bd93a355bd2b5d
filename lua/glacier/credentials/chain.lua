--- Where credentials come from: the providers in order, the first that has
-- any decides. Those that expire are renewed ahead of it, by one caller at a
-- time, as botocore does.
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
local protected = require("glacier.protected")
local refreshes = require("glacier.credentials.refresh")
local shared_credentials_file = require("glacier.credentials.shared_credentials_file")
local sigv4 = require("glacier.core.sigv4")
local sso = require("glacier.credentials.sso")
local timestamp = require("glacier.timestamp")
local web_identity = require("glacier.credentials.web_identity")

local concat = table.concat
local format = string.format
local ipairs, setmetatable, type = ipairs, setmetatable, type
local min = math.min

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

-- Seconds before the end. From the first on, one caller renews credentials
-- while the others go on with them; from the second on, all wait.
local ADVISORY, MANDATORY = 15 * 60, 10 * 60

-- Seconds that callers sleep while another one renews: longer each time. After
-- the last they take it that it will not come back, and renew themselves.
local FIRST_STEP, LONGEST_STEP, LONGEST_WAIT = 0.005, 0.1, 300

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
---@field remaining? fun(): number?  seconds left for this coroutine's call, if it has a limit
---@field random fun(): number  0 to 1
---@field read_file fun(path: string): string?, string?
---@field client glacier.CredentialContext  of the profile that the client uses
---@field visited string[]   profiles on the way to this one, and this one
---@field load_profile fun(name: string, visited: string[]): userdata?, glacier.Error?
---@field load_source fun(kind: string, profile: string): userdata?, glacier.Error?

---@class glacier.CredentialChain
local Chain = {}
Chain.__index = Chain

-- Calls a provider so that what it raises is its error: whoever waits for it
-- must learn of its end. Where it cannot be caught, a dead coroutine tells.
local function call(provider, context)
  local ok, fields, err = protected.call(provider.load, context)
  if not ok then
    err = errors.credentials(provider.name .. ": " ..
      (type(fields) == "string" and fields or "it raised an error that is no text"))
    fields = nil
  end
  return fields, err
end

-- What says nothing is absent.
local function present(value)
  if value ~= "" and value ~= json.null then
    return value
  end
end

-- Checks what a provider gave and locks it away: the secrets go to C, which
-- wipes them, and no table of ours keeps them.
local function lock_away(fields, provider)
  local function failed(text)
    return nil, errors.credentials(provider.name .. ": " .. text)
  end
  for _, name in ipairs({ "access_key_id", "secret_access_key" }) do
    if type(fields[name]) ~= "string" then
      return failed(name .. " is missing or no string")
    end
  end
  local token = present(fields.session_token)
  if token ~= nil and type(token) ~= "string" then
    return failed("session_token is no string")
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
  local identity, failure = sigv4.credentials(
    fields.access_key_id, fields.secret_access_key, token)
  if not identity then
    return failed(failure.message)
  end
  return { identity = identity, provider = provider, expiration = expiration }
end

-- What one provider has: nil where it is not for this one.
local function ask(provider, context)
  local fields, err = call(provider, context)
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

-- Loads anew: at first by the first provider that has any, then by that one.
local function load(context, current)
  local loaded, err
  if current then
    loaded, err = ask(current.provider, context)
  else
    loaded, err = ask_all(PROVIDERS, context)
  end
  if not loaded then
    return nil, err or current and errors.credentials(
      current.provider.name .. ": there are no credentials any more") or not_found()
  elseif loaded.expiration and loaded.expiration <= context.now() then
    return nil, errors.credentials(loaded.provider.name ..
      ": Credentials were refreshed, but the refreshed credentials are still expired.")
  end
  return loaded
end

-- How badly new credentials are needed: nil, "advisory" or "mandatory".
local function need(self)
  local current = self.current
  if not current or current.is_refused then
    return "mandatory"
  elseif current.expiration then
    local left = current.expiration - self.context.now()
    return left < MANDATORY and "mandatory" or left < ADVISORY and "advisory" or nil
  end
end

-- What will never be loaded again is let go: no secret stays in a table.
local function forget(self)
  self.context.options.credentials = nil
  self.context = nil
end

-- Tells the logger what came of loading credentials that can be loaded again.
local function tell(context, loaded, err, urgency)
  if context.log and not (loaded and loaded.provider.fixed) then
    context.log({
      event = "refresh", ok = loaded ~= nil, urgency = urgency,
      source = loaded and loaded.provider.name, expiration = loaded and loaded.expiration,
      reason = err and err.message,
    })
  end
end

-- Without the time that a call has left, no source can answer for itself.
local function judge_time(context, err)
  local left = context.remaining and context.remaining()
  if err and err.kind == "credentials" and left and left <= 0 then
    return errors.out_of_time(
      "the time for the call is over while credentials are loaded: " .. err.message)
  end
  return err
end

-- Renews the credentials for all that wait. In the advisory period a failure
-- is survived; in the mandatory one it is the caller's, though the old ones
-- may still have some minutes: what cannot be renewed is better known early.
local function renew(self, urgency)
  local life = {}
  local refresh = refreshes.new(life)
  self.refresh = refresh
  local context = self.context
  local loaded, err = load(context, self.current)
  err = judge_time(context, err)
  life.ended = true
  refresh.done, refresh.err = true, err
  refresh.identity = loaded and loaded.identity
  if self.refresh == refresh then
    self.refresh = nil
    self.current = loaded or self.current
    if loaded and loaded.provider.fixed then
      forget(self)
    end
  end
  tell(context, loaded, err, urgency)
  if err and urgency == "advisory" then
    return self.current.identity
  end
  return refresh.identity, err
end

-- Waits until another caller's refresh is done, or nobody is at it any more.
-- False where the time for this call is over before.
local function wait(self, refresh)
  local sleep, remaining = self.context.sleep, self.context.remaining
  local waited, step = 0, FIRST_STEP
  while not refresh.done and not refresh:is_abandoned() and waited < LONGEST_WAIT do
    local left = remaining and remaining()
    if left and left <= 0 then
      return false
    end
    sleep(left and min(step, left) or step)
    waited = waited + step
    step = min(2 * step, LONGEST_STEP)
  end
  if not refresh.done and self.refresh == refresh then
    self.refresh = nil
  end
  return true
end

-- Waits for a refresh and shares its result; nothing where it came to none,
-- or ended only because its caller's time was over.
local function share(self, refresh)
  if refresh:is_own() then
    return nil, errors.credentials(
      "the credentials function calls the client that it is to give credentials to")
  end
  if not wait(self, refresh) then
    return nil, errors.out_of_time(
      "the time for the call is over while another one renews the credentials")
  end
  local err = refresh.err
  if err and err.code == "DeadlineExceededError" then
    return nil
  end
  -- A copy, because a call writes into its error.
  return refresh.identity, err and errors.new(err.kind, err.code, err.message)
end

--- The credentials to sign with now. May wait for the network.
---@return userdata? identity  as signer:sign takes it
---@return glacier.Error? err  kind "credentials"
function Chain:get()
  local identity, err
  repeat
    local urgency = need(self)
    local refresh = self.refresh
    if urgency and (not refresh or refresh:is_abandoned(true)) then
      return renew(self, urgency)
    elseif urgency ~= "mandatory" then
      return self.current.identity
    end
    identity, err = share(self, refresh)
  until identity or err
  return identity, err
end

--- Tells that the service calls these credentials expired.
---@param identity userdata  what the request was signed with
---@return boolean again  whether another attempt would be made with others
function Chain:invalidate(identity)
  local current = self.current
  if not current or current.identity ~= identity then
    return true
  end
  current.is_refused = not current.provider.fixed
  return current.is_refused
end

local chain = {}

---@param context glacier.CredentialContext  without client, visited and the
--- two load functions, which are added here to a context of its own
---@return glacier.CredentialChain
function chain.new(context)
  local own = setmetatable({}, { __index = context })
  local configuration = context.configuration
  own.client = own
  own.visited = { configuration and configuration.profile_name }
  function own.load_profile(name, visited)
    return load_profile(own, name, visited)
  end
  function own.load_source(kind, profile)
    return load_source(own, kind, profile)
  end
  return setmetatable({ context = own }, Chain)
end

return chain
