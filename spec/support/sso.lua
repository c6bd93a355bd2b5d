--- What the specs of SSO share: a profile in both of its forms, cached tokens,
-- and the answers of the two services.

local cjson = require "cjson"
local endpoint = require "spec.support.endpoint"
local home = require "spec.support.home"
local remote = require "spec.support.remote"
local timestamp = require "glacier.timestamp"

local sso = {}

local NOW = remote.NOW

sso.START_URL = "https://example.awsapps.com/start"

-- By `printf corp | sha1sum`, and of the start URL.
sso.SESSION_FILE = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
sso.LEGACY_FILE = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json"

sso.SESSION = { sso_region = "eu-west-1", sso_start_url = sso.START_URL,
  sso_registration_scopes = "sso:account:access" }
sso.PROFILE = { sso_session = "corp", sso_account_id = "111122223333",
  sso_role_name = "ReadOnly" }
sso.LEGACY = { sso_region = "eu-west-1", sso_start_url = sso.START_URL,
  sso_account_id = "111122223333", sso_role_name = "ReadOnly" }

sso.GOOD = '{"roleCredentials":{"accessKeyId":"AKIDSSO","secretAccessKey":"s3cr3t/key+",'
  .. '"sessionToken":"s3cr3t-token==","expiration":1767344645000}}'
sso.FIELDS = {
  access_key_id = "AKIDSSO",
  secret_access_key = "s3cr3t/key+",
  session_token = "s3cr3t-token==",
  expiration = 1767344645,
}
sso.REFRESHED = '{"accessToken":"s3cr3t-new","expiresIn":3600,'
  .. '"refreshToken":"s3cr3t-next","tokenType":"Bearer"}'

-- The requests as remote.received gives them; the access token follows.
sso.CREDENTIALS = "GET /federation/credentials?role_name=ReadOnly&account_id=111122223333\n"
  .. "x-amz-sso_bearer_token: "
sso.REFRESH = "POST /token\ncontent-type: application/json\n"
  .. '{"grantType":"refresh_token","clientId":"client",'
  .. '"clientSecret":"s3cr3t-client\\"","refreshToken":"s3cr3t-refresh"}'

sso.EXPIRED = "The SSO session associated with this profile has expired or is otherwise "
  .. "invalid. To refresh this SSO session run aws sso login with the corresponding profile. "
  .. "(aws sso login --profile work)"

--- A cached token's file.
---@param seconds number  how long from now it lasts
---@param more table?     members added or changed
---@return string
function sso.token(seconds, more)
  local object = {
    accessToken = "s3cr3t-access",
    expiresAt = timestamp.format(NOW + seconds),
    startUrl = sso.START_URL,
    region = "eu-west-1",
  }
  for name, value in pairs(more or {}) do
    object[name] = value
  end
  return cjson.encode(object)
end

--- The members that let a token be refreshed.
---@param more table?  members added or changed
---@return table
function sso.refreshable(more)
  local members = {
    refreshToken = "s3cr3t-refresh",
    clientId = "client",
    clientSecret = 's3cr3t-client"',
    registrationExpiresAt = timestamp.format(NOW + 86400),
  }
  for name, value in pairs(more or {}) do
    members[name] = value
  end
  return members
end

local Scene = {}
Scene.__index = Scene

--- A server that plays the two services, for the tests of a block: each has a
--- new home directory with an empty cache.
---@param hooks { setup: function, teardown: function, before_each: function,
--- after_each: function }  busted's, which only spec files see
function sso.during(hooks)
  local self = setmetatable({
    server = endpoint.during({ setup = hooks.setup, teardown = hooks.teardown }),
  }, Scene)
  hooks.before_each(function()
    self:reset()
  end)
  hooks.after_each(function()
    self:clean()
  end)
  return self
end

--- The same for one test, which resets it, cleans it and stops its server.
function sso.new()
  return setmetatable({ server = endpoint.start() }, Scene)
end

function Scene:reset()
  self.server:reset()
  self.place = home.new()
  self.place:run "mkdir -p .aws/sso/cache"
end

function Scene:clean()
  self.place:remove()
end

--- A context with the profile; `given` as for remote.context.
function Scene:context(profile, given)
  given = given or {}
  given.profile = profile
  given.sso_sessions = given.sso_sessions or { corp = sso.SESSION }
  given.environment = given.environment or {
    HOME = self.place.path,
    AWS_ENDPOINT_URL_SSO = self.server.url,
    AWS_ENDPOINT_URL_SSO_OIDC = self.server.url,
  }
  return remote.context(given)
end

--- Sets the answers of the two services; they are well unless told.
function Scene:play(role, refresh)
  local entries = {}
  for path, replies in pairs {
    ["^/federation/"] = role or { remote.reply(200, sso.GOOD) },
    ["^/token$"] = refresh or { remote.reply(200, sso.REFRESHED) },
  } do
    for _, entry in ipairs(replies) do
      entry.match = { path = path }
      entries[#entries + 1] = entry
    end
  end
  self.server:play(entries)
end

--- A file's content.
function Scene:read(name)
  local file = assert(io.open(self.place.path .. "/" .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

return sso
