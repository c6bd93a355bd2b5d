--- A client as a program would have it: configuration files in a home
-- directory of its own, an environment of its own, and the replay server as
-- Glacier and as STS. What counts is what reaches Glacier.

local assert = require "luassert"
local config = require "glacier.config"
local endpoint = require "spec.support.endpoint"
local glacier = require "glacier"
local home = require "spec.support.home"
local timestamp = require "glacier.timestamp"

local scene = {}
scene.__index = scene

--- Credentials that the server knows, by name; every secret holds this word.
scene.MARK = "s3cr3t"
scene.KEYS = {
  first = { access_key_id = "AKIDFIRST", secret_access_key = "s3cr3t/first+key" },
  second = { access_key_id = "AKIDSECOND", secret_access_key = "s3cr3t/second+key" },
  role = {
    access_key_id = "ASIAROLE", secret_access_key = "s3cr3t/role+key",
    session_token = "s3cr3t/role/token==",
  },
  other_role = {
    access_key_id = "ASIAOTHER", secret_access_key = "s3cr3t/other&key",
    session_token = "s3cr3t/other/token==",
  },
}

scene.GLACIER = { recording = "initiate_job/success", match = { path = "/vaults/" } }

local function replace_environment(values)
  local saved = {}
  for name, value in pairs(config.environment) do
    saved[name] = value
    config.environment[name] = nil
  end
  for name, value in pairs(values) do
    config.environment[name] = value
  end
  return saved
end

--- Sets a scene; `scene:close` must follow.
---@param server table  of spec.support.endpoint
---@param given { config: string?, credentials: string?, environment: table?, play: table? }?
--- the two files; variables, "" takes one away; what the server plays: Glacier
--- with success where nothing is said
function scene.new(server, given)
  given = given or {}
  local folder = home.new { config = given.config, credentials = given.credentials }
  local environment = {
    HOME = folder.path,
    AWS_REGION = "us-west-2",
    AWS_ENDPOINT_URL_GLACIER = server.url,
    AWS_ENDPOINT_URL_STS = server.url .. "/sts",
    AWS_EC2_METADATA_DISABLED = "true",
  }
  for name, value in pairs(given.environment or {}) do
    environment[name] = value ~= "" and value or nil
  end
  local self = setmetatable({ server = server, home = folder, clients = {} }, scene)
  self.saved = replace_environment(environment)
  server:reset()
  for _, key in pairs(scene.KEYS) do
    server:add_credentials(key)
  end
  server:play(given.play or scene.GLACIER)
  return self
end

--- Restores the environment and removes what was made.
function scene:close()
  replace_environment(self.saved)
  for _, client in ipairs(self.clients) do
    client:close()
  end
  self.home:remove()
end

--- A client; its options are only those given.
function scene:client(options)
  local client = assert(glacier.client(options))
  self.clients[#self.clients + 1] = client
  return client
end

--- Starts a job, by a new client unless one is given.
function scene:call(client, options)
  client = client or self:client(options)
  return client:initiate_job { vaultName = "examplevault",
    jobParameters = { Type = "inventory-retrieval" } }
end

--- Starts a job that must fail, with an error that says `expected` and holds
--- no secret.
---@return table err
function scene:refuses(expected, client, options)
  local result, err = self:call(client, options)
  assert.is_nil(result)
  assert.equal("credentials", err.kind)
  assert.truthy(tostring(err):find(expected, 1, true), tostring(err))
  for name, value in pairs(err) do
    assert.is_nil(tostring(value):find(scene.MARK, 1, true), name)
  end
  return err
end

--- The requests that reached a path, each with a signature that is right.
---@param pattern string
---@param signature string?  "ok" unless given
function scene:requests(pattern, signature)
  local list = {}
  for _, request in ipairs(self.server:requests()) do
    if request.target:find(pattern) then
      assert.equal(signature or "ok", request.signature)
      list[#list + 1] = request
    end
  end
  return list
end

-- The access key id and the session token of a request.
local function signer_of(request)
  return {
    request:header("authorization"):match "Credential=([^/]+)/",
    request:header "x-amz-security-token",
  }
end

--- What the requests to Glacier were signed with: the access key id and the
--- session token of each.
---@return string[][]
function scene:used()
  local list = {}
  for index, request in ipairs(self:requests "/vaults/") do
    list[index] = signer_of(request)
  end
  return list
end

--- What one key looks like in `used`.
function scene.key(name)
  local key = scene.KEYS[name]
  return { key.access_key_id, key.session_token }
end

--- A call that must succeed, signed with this key.
function scene:signs_with(name, client, options)
  local result, err = self:call(client, options)
  assert.is_nil(err and tostring(err))
  assert.is_string(result.jobId)
  local used = self:used()
  assert.same(scene.key(name), used[#used])
end

--- A time from now on, as STS writes it.
---@param seconds number
function scene.at(seconds)
  return timestamp.format(os.time() + seconds)
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"))
end

--- STS's answer with credentials.
---@param name string    of a key
---@param seconds number?  until they expire; an hour unless given
---@param action string?   AssumeRole unless given
---@return string body
function scene.sts_body(name, seconds, action)
  local key = scene.KEYS[name]
  action = action or "AssumeRole"
  return ([[<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <%sResult>
    <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:x</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>%s</AccessKeyId>
      <SecretAccessKey>%s</SecretAccessKey>
      <SessionToken>
        %s
      </SessionToken>
      <Expiration>%s</Expiration>
    </Credentials>
  </%sResult>
  <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata>
</%sResponse>
]]):format(action, action, key.access_key_id, escape(key.secret_access_key),
    escape(key.session_token), scene.at(seconds or 3600), action, action)
end

--- An entry of a play list: STS answers a signed AssumeRole.
---@param body string
---@param more table?  status, times, verify, ...
function scene.sts(body, more)
  local entry = {
    status = 200, body = body, match = { method = "POST", path = "^/sts" },
    verify = { service = "sts", region = "us-west-2" }, times = 1,
  }
  for name, value in pairs(more or {}) do
    entry[name] = value
  end
  return entry
end

--- An entry: STS hands out a key's credentials.
function scene.sts_gives(name, seconds)
  return scene.sts(scene.sts_body(name, seconds))
end

--- An entry: STS hands out credentials for a token, to an unsigned request.
function scene.sts_gives_for_token(name, seconds)
  return scene.sts(scene.sts_body(name, seconds, "AssumeRoleWithWebIdentity"),
    { verify = false })
end

--- An entry: STS refuses.
function scene.sts_error(status, code, message, more)
  more = more or {}
  more.status = status
  return scene.sts(([[<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>
  <RequestId>c6104cbe</RequestId>
</ErrorResponse>]]):format(code, message), more)
end

--- The parameters of a form.
---@return table<string, string>
function scene.form(request)
  local parameters = {}
  for name, value in request.body:gmatch "([^=&]+)=([^&]*)" do
    assert.is_nil(parameters[name])
    parameters[name] = value:gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end)
  end
  return parameters
end

--- The scenes of the tests of a block, each of which ends with its test.
---@param hooks { setup: function, teardown: function, after_each: function }
--- busted's, which only spec files see
---@return { server: table, current: table?, set: fun(given: table?): table } stage
--- `set` begins a scene, which is `current` then, see scene.new
function scene.stage(hooks)
  local stage = {
    server = endpoint.during({ setup = hooks.setup, teardown = hooks.teardown }),
  }
  function stage.set(given)
    stage.current = scene.new(stage.server, given)
    return stage.current
  end
  hooks.after_each(function()
    if stage.current then
      stage.current:close()
    end
    stage.current = nil
  end)
  return stage
end

return scene
