-- A profile that `aws login` has set up was passed over, and the request went
-- out with the keys of whatever came next: another identity.

local endpoint = require "spec.support.endpoint"
local scene = require "spec.support.scene"

local LOGIN = "login_session = arn:aws:iam::123456789012:user/me\n"
local FIRST = "aws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"
local CONTAINER = '{"AccessKeyId":"ASIAROLE","SecretAccessKey":"s3cr3t/role+key",' ..
  '"Token":"s3cr3t/role/token==","Expiration":"2099-01-01T00:00:00Z"}'
local PROCESS = 'credential_process = echo \'{"Version":1,"AccessKeyId":"AKIDFIRST",' ..
  '"SecretAccessKey":"s3cr3t/first+key"}\'\n'

describe("a profile with a login_session", function()
  local server, current

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)
  after_each(function() current:close() end)

  local function set(config, more)
    more = more or {}
    more.config = config
    current = scene.new(server, more)
  end

  local function is_named(name, options)
    local err = current:refuses(('login: the profile "%s" has a login_session'):format(name), nil,
      options)
    assert.are.equal("InvalidConfigError", err.code)
    assert.are.equal(0, #server:requests())
  end

  it("is named, whatever the container has", function()
    set("[default]\n" .. LOGIN, {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container" },
      play = { { status = 200, body = CONTAINER, match = { path = "^/container$" },
        verify = false }, scene.GLACIER },
    })
    is_named "default"
  end)

  it("is named where it is asked for, and where it is a role's source", function()
    set("[profile 'My Login']\n" .. LOGIN .. "[profile r]\nsource_profile = My Login\n" ..
      "role_arn = arn:aws:iam::123456789012:role/r\n")
    is_named("My Login", { profile = "My Login" })
    is_named("My Login", { profile = "r" })
  end)

  it("is named though it has keys of old in the config file", function()
    set("[default]\n" .. LOGIN .. FIRST)
    is_named "default"
  end)

  it("has what goes before it: keys, and a process", function()
    set("[default]\n" .. LOGIN .. "[profile p]\n" .. LOGIN .. PROCESS,
      { credentials = "[default]\n" .. FIRST })
    current:signs_with "first"
    current:signs_with("first", nil, { profile = "p" })
  end)

  it("is none where it is empty, or the environment has keys", function()
    set("[default]\nlogin_session =\n" .. FIRST)
    current:signs_with "first"
    current:close()
    set("[default]\n" .. LOGIN, { environment = {
      AWS_ACCESS_KEY_ID = "AKIDFIRST", AWS_SECRET_ACCESS_KEY = "s3cr3t/first+key" } })
    current:signs_with "first"
  end)
end)
