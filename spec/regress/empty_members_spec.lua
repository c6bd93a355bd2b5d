-- Sources that write an empty text or null for a token or a time that they do
-- not have gave no credentials: "Token is unusable". What is empty is absent.

local callback = require "glacier.credentials.callback"
local blocking = require "glacier.host.blocking"
local credentials = require "glacier.credentials"
local cjson = require "cjson"
local container = require "glacier.credentials.container"
local endpoint = require "spec.support.endpoint"
local imds = require "glacier.credentials.imds"
local remote = require "spec.support.remote"
local scene = require "spec.support.scene"
local sso = require "glacier.credentials.sso"
local support = require "spec.support.sso"

local EMPTY = { '""', "null" }

describe("what is empty is absent in the answer of", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  local BODY = '{"AccessKeyId":%s,"SecretAccessKey":%s,"Token":%s,"Expiration":%s}'

  local function body(key_id, secret, token, time)
    return BODY:format(key_id or '"AKID"', secret or '"s3cr3t"', token or '"s3cr3t-token"',
      time or '"2026-01-02T09:04:05Z"')
  end

  local function of_container(text)
    server:play(remote.reply(200, text))
    return remote.context {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/x" },
    }
  end

  local function of_instance(text)
    server:reset()
    server:play {
      remote.reply(200, "s3cr3t-imds", { match = { method = "PUT" } }),
      remote.reply(200, "role", { match = { path = "credentials/$" } }),
      remote.reply(200, text, { match = { path = "credentials/role$" } }),
    }
    return remote.context { environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url } }
  end

  for name, source in pairs {
    ["a container"] = { container, of_container },
    ["an instance"] = { imds, of_instance },
  } do
    it(name, function()
      local provider, context = source[1], source[2]
      for _, empty in ipairs(EMPTY) do
        assert.same({ access_key_id = "AKID", secret_access_key = "s3cr3t",
          expiration = remote.NOW + 6 * 3600 }, provider.load(context(body(nil, nil, empty))))
        assert.same({ access_key_id = "AKID", secret_access_key = "s3cr3t",
          session_token = "s3cr3t-token" }, provider.load(context(body(nil, nil, nil, empty))))
        assert.same({ access_key_id = "AKID", secret_access_key = "s3cr3t" },
          provider.load(context(body(nil, nil, empty, empty))))
        remote.refuses(provider, context(body(empty)), "AccessKeyId is missing")
        remote.refuses(provider, context(body(nil, empty)), "SecretAccessKey is missing")
      end
    end)
  end

  it("an instance, whose Code may be empty, too", function()
    local text = (body():gsub("{", '{"Code":""', 1):gsub('""', '"",', 1))
    assert.equal("AKID", imds.load(of_instance(text)).access_key_id)
    text = text:gsub('"",', "null,", 1)
    assert.equal("AKID", imds.load(of_instance(text)).access_key_id)
  end)

  it("SSO", function()
    local sessions = support.new()
    finally(function()
      sessions:clean()
      sessions.server:stop()
    end)
    sessions:reset()
    sessions.place:write(support.SESSION_FILE, support.token(3600))
    local function load(member, value)
      sessions:play { remote.reply(200, (support.GOOD:gsub('("' .. member .. '":)[^,}]*',
        function(start)
          return start .. value
        end))) }
      return sso.load(sessions:context(support.PROFILE))
    end
    for _, empty in ipairs(EMPTY) do
      assert.same({ access_key_id = "AKIDSSO", secret_access_key = "s3cr3t/key+",
        expiration = support.FIELDS.expiration }, load("sessionToken", empty))
      assert.is_nil(load("expiration", empty).expiration)
      assert.truthy(select(2, load("accessKeyId", empty)).message:find "accessKeyId is missing")
    end
  end)

  it("SSO, in its cached token", function()
    local sessions = support.new()
    finally(function()
      sessions:clean()
      sessions.server:stop()
    end)
    sessions:reset()
    sessions:play()
    for _, empty in ipairs { "", cjson.null } do
      sessions.place:write(support.SESSION_FILE, support.token(60, support.refreshable {
        registrationExpiresAt = empty, refreshToken = empty, clientId = empty,
      }))
      assert.same(support.FIELDS, sso.load(sessions:context(support.PROFILE)))
      sessions.place:write(support.SESSION_FILE, support.token(60, { expiresAt = empty }))
      remote.refuses(sso, sessions:context(support.PROFILE), "is invalid")
    end
  end)
end)

describe("what is empty is absent in what is given by", function()
  local server, current

  setup(function()
    server = endpoint.start()
  end)

  teardown(function()
    server:stop()
  end)

  after_each(function()
    if current then current:close() end
    current = nil
  end)

  it("a process", function()
    for _, empty in ipairs(EMPTY) do
      current = scene.new(server, { config = "[default]\ncredential_process = cat ~/out\n" })
      current.home:write(".aws/config",
        "[default]\ncredential_process = cat '" .. current.home.path .. "/out'\n")
      current.home:write("out", ('{"Version":1,"AccessKeyId":"AKIDFIRST","SecretAccessKey":'
        .. '"s3cr3t/first+key","SessionToken":%s,"Expiration":%s}'):format(empty, empty))
      current:signs_with "first"
      current.home:write("out",
        '{"Version":1,"AccessKeyId":' .. empty .. ',"SecretAccessKey":"s3cr3t"}')
      current:refuses "its output has no AccessKeyId"
      current:close()
      current = nil
    end
  end)

  local ROLE = "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
  local BASE = "[base]\naws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"

  it("STS", function()
    for _, empty in ipairs { "<%s></%s>", "<%s/>", "<%s>\n </%s>" } do
      local text = scene.sts_body "role"
      for _, name in ipairs { "SessionToken", "Expiration" } do
        text = text:gsub("<" .. name .. ">.-</" .. name .. ">", (empty:gsub("%%s", name)))
      end
      current = scene.new(server, { config = ROLE, credentials = BASE,
        play = { scene.sts(text), { recording = "initiate_job/success", verify = false } } })
      assert(current:call())
      local used = current.server:requests()
      assert.truthy(used[#used]:header("authorization"):find("Credential=ASIAROLE/", 1, true))
      assert.is_nil(used[#used]:header "x-amz-security-token")
      current:close()
      current = nil
    end
  end)

  it("STS, but not a missing one", function()
    for _, name in ipairs { "SessionToken", "Expiration" } do
      current = scene.new(server, { config = ROLE, credentials = BASE, play = { scene.sts(
        (scene.sts_body("role"):gsub("<" .. name .. ">.-</" .. name .. ">", ""))) } })
      current:refuses(name .. " is missing or unusable")
      current:close()
      current = nil
    end
  end)

  it("a function, or a table", function()
    for _, empty in ipairs { "", cjson.null } do
      local given = { access_key_id = "AKIDFIRST", secret_access_key = "s3cr3t/first+key",
        session_token = empty, expiration = empty }
      current = scene.new(server)
      current:signs_with("first", nil, { credentials = function() return given end })
      current:signs_with("first", nil, { credentials = given })
      current:close()
      current = nil
    end
  end)

  it("the credentials file", function()
    current = scene.new(server, { credentials = "[default]\naws_access_key_id = AKIDFIRST\n"
      .. "aws_secret_access_key = s3cr3t/first+key\naws_session_token =\n" })
    current:signs_with "first"
  end)

  it("no function without keys", function()
    for _, empty in ipairs { "", cjson.null } do
      local context = { options = { credentials = function()
        return { access_key_id = "A", secret_access_key = empty }
      end }, call = pcall }
      assert.is_table(callback.load(context))
      local identity, err = credentials.new(context,
        { host = blocking, is_closed = function() return false end }):get({})
      assert.is_nil(identity)
      assert.equal("credentials", err.kind)
    end
  end)
end)
