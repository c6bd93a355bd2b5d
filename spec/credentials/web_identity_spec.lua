-- Roles for the token of a file. The server plays STS, which is asked without
-- a signature, and Glacier.

local scene = require "spec.support.scene"

local ROLE = "arn:aws:iam::123456789012:role/reader"
local KEYS = "aws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"

local stage = scene.stage { setup = setup, teardown = teardown, after_each = after_each }
local set = stage.set

-- The forms that STS received, in order.
local function forms()
  local list = {}
  for index, request in ipairs(stage.current:requests("^/sts", "unchecked")) do
    list[index] = scene.form(request)
  end
  return list
end

describe("a token file", function()
  local PLAY = { scene.sts_gives_for_token "role", scene.GLACIER }

  -- A scene whose environment names a token file in the home directory.
  local function with_token(token, given)
    given = given or {}
    given.environment = given.environment or {}
    given.environment.AWS_WEB_IDENTITY_TOKEN_FILE = "~/token"
    given.play = given.play or PLAY
    set(given)
    if token then stage.current.home:write("token", token) end
  end

  it("named by the environment gives the role of the environment", function()
    with_token("\n head.s3cr3t-body+/=.tail \r\n", { environment = {
      AWS_ROLE_ARN = ROLE, AWS_ROLE_SESSION_NAME = "pod",
    } })
    stage.current:signs_with "role"
    local request = stage.current:requests("^/sts", "unchecked")[1]
    assert.is_nil(request:header "authorization")
    assert.same({
      Action = "AssumeRoleWithWebIdentity", Version = "2011-06-15", RoleArn = ROLE,
      RoleSessionName = "pod", WebIdentityToken = "head.s3cr3t-body+/=.tail",
    }, scene.form(request))
  end)

  it("may be named by the profile", function()
    set { config = "[default]\nrole_arn = " .. ROLE .. "\nweb_identity_token_file = ~/token\n",
      play = PLAY }
    stage.current.home:write("token", "s3cr3t.jwt")
    stage.current:signs_with "role"
    assert.truthy(forms()[1].RoleSessionName:find "^lua%-glacier%-%d+$")
  end)

  it("is read again at each refresh", function()
    with_token("s3cr3t-1", {
      environment = { AWS_ROLE_ARN = ROLE },
      play = { scene.sts_gives_for_token("role", 300),
        scene.sts_gives_for_token "other_role", scene.GLACIER },
    })
    local client = stage.current:client()
    stage.current:signs_with("role", client)
    stage.current.home:write("token", "s3cr3t-2")
    stage.current:signs_with("other_role", client)
    local sent = forms()
    assert.equal("s3cr3t-1", sent[1].WebIdentityToken)
    assert.equal("s3cr3t-2", sent[2].WebIdentityToken)
  end)

  it("goes before the files' keys, and after those of the environment", function()
    with_token("s3cr3t.jwt", { environment = { AWS_ROLE_ARN = ROLE },
      credentials = "[default]\n" .. KEYS })
    stage.current:signs_with "role"
    stage.current:close()
    with_token("s3cr3t.jwt", { environment = {
      AWS_ROLE_ARN = ROLE, AWS_ACCESS_KEY_ID = "AKIDSECOND",
      AWS_SECRET_ACCESS_KEY = "s3cr3t/second+key",
    } })
    stage.current:signs_with "second"
  end)

  it("of the environment is left out where a profile is asked for", function()
    with_token("s3cr3t.jwt", { environment = { AWS_ROLE_ARN = ROLE },
      credentials = "[work]\n" .. KEYS })
    stage.current:signs_with("first", nil, { profile = "work" })
  end)

  it("without a role is an error", function()
    with_token "s3cr3t.jwt"
    stage.current:refuses "web identity: there is a token file, but no role"
  end)

  it("that is missing or empty is an error that names it", function()
    with_token(nil, { environment = { AWS_ROLE_ARN = ROLE } })
    stage.current:refuses(stage.current.home.path .. "/token")
    stage.current.home:write("token", " \n")
    stage.current:refuses "web identity: the token file is empty: ~/token"
    assert.equal(0, #stage.server:requests())
  end)

  it("is not shown, whatever STS says", function()
    with_token("s3cr3t.jwt", { environment = { AWS_ROLE_ARN = ROLE }, play = {
      scene.sts_error(400, "InvalidIdentityToken", "Cannot read s3cr3t.jwt", { verify = false }),
    } })
    stage.current:refuses("web identity: role " .. ROLE
      .. ": An error occurred (InvalidIdentityToken) "
      .. "when calling the AssumeRoleWithWebIdentity operation: Cannot read ***")
  end)
end)
