--- Where credentials come from: the providers in order, the first that has
-- any decides.
--
-- A provider is {name, load}. load(context) gives a table of fields
-- {access_key_id, secret_access_key, session_token?, expiration?}, or nil
-- ("not mine"), or nil and an error ("mine, but broken").

local errors = require("glacier.errors")
local sigv4 = require("glacier.core.sigv4")

local concat = table.concat
local ipairs, setmetatable, type = ipairs, setmetatable, type

local PROVIDERS = {
  require("glacier.credentials.static"),
  require("glacier.credentials.callback"),
  require("glacier.credentials.environment"),
}

---@class glacier.CredentialContext
---@field options table      the client's options
---@field environment table<string, string>

---@class glacier.CredentialChain
local Chain = {}
Chain.__index = Chain

-- Checks what a provider gave and locks it away: the secrets go to C, which
-- wipes them, and no Lua table keeps them.
local function lock_away(fields, source)
  for _, name in ipairs({ "access_key_id", "secret_access_key" }) do
    if type(fields[name]) ~= "string" then
      return nil, errors.credentials(source .. ": " .. name .. " is missing or no string")
    end
  end
  local token = fields.session_token
  if token ~= nil and type(token) ~= "string" then
    return nil, errors.credentials(source .. ": session_token is no string")
  end
  local identity, failure = sigv4.credentials(
    fields.access_key_id, fields.secret_access_key, token)
  if not identity then
    return nil, errors.credentials(source .. ": " .. failure.message)
  end
  return { identity = identity, source = source }
end

local function load(context)
  local tried = {}
  for i, provider in ipairs(PROVIDERS) do
    local fields, err = provider.load(context)
    if err then
      return nil, err
    elseif fields then
      return lock_away(fields, provider.name)
    end
    tried[i] = provider.name
  end
  return nil, errors.credentials(
    "Unable to locate credentials (tried: " .. concat(tried, ", ") .. ")", "NoCredentialsError")
end

--- The credentials to sign with now.
---@return userdata? identity  as signer:sign takes it
---@return glacier.Error? err  kind "credentials"
function Chain:get()
  if not self.current then
    local err
    self.current, err = load(self.context)
    if not self.current then
      return nil, err
    end
  end
  return self.current.identity
end

local chain = {}

---@param context glacier.CredentialContext
---@return glacier.CredentialChain
function chain.new(context)
  return setmetatable({ context = context }, Chain)
end

return chain
