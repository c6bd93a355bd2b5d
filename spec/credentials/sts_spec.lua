-- Roles that are assumed with other credentials. The server plays STS and
-- Glacier and checks the signatures of both.

local scene = require "spec.support.scene"

local ROLE = "arn:aws:iam::123456789012:role/reader"
local OTHER_ROLE = "arn:aws:iam::210987654321:role/a/b+c=d"
local KEYS = "aws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"
local SIMPLE = "[default]\nrole_arn = " .. ROLE .. "\nsource_profile = base\n"
local BASE = "[base]\n" .. KEYS

local stage = scene.stage { setup = setup, teardown = teardown, after_each = after_each }
local set = stage.set

-- The forms that STS received, in order.
local function forms()
  local list = {}
  for index, request in ipairs(stage.current:requests "^/sts") do
    list[index] = scene.form(request)
  end
  return list
end

describe("a role with a source profile", function()
  it("is assumed with the keys of that profile", function()
    set {
      config = SIMPLE, credentials = BASE,
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    local before = os.time()
    stage.current:signs_with "role"
    local request = stage.current:requests("^/sts")[1]
    assert.equal("POST", request.method)
    assert.equal("/sts", request.target)
    assert.equal("application/x-www-form-urlencoded; charset=utf-8",
      request:header "content-type")
    assert.truthy(request:header("authorization"):find("Credential=AKIDFIRST/", 1, true))
    local form = scene.form(request)
    local epoch = tonumber(form.RoleSessionName:match "^lua%-glacier%-(%d+)$")
    assert.is_true(epoch >= before and epoch <= os.time())
    form.RoleSessionName = nil
    assert.same({ Action = "AssumeRole", Version = "2011-06-15", RoleArn = ROLE }, form)
  end)

  it("is assumed once for 200 calls", function()
    set {
      config = SIMPLE, credentials = BASE,
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    local client = stage.current:client()
    for _ = 1, 200 do
      assert(stage.current:call(client))
    end
    assert.equal(1, #stage.current:requests "^/sts")
    assert.equal(200, #stage.current:used())
  end)

  it("has its external id, duration and session name sent", function()
    set {
      config = SIMPLE .. "external_id = a b&c=d/é\nduration_seconds = 7200\n"
        .. "role_session_name = me@example.org\n",
      credentials = BASE, play = { scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with "role"
    assert.same({ {
      Action = "AssumeRole", Version = "2011-06-15", RoleArn = ROLE,
      RoleSessionName = "me@example.org", ExternalId = "a b&c=d/é", DurationSeconds = "7200",
    } }, forms())
  end)

  it("may have its source assume a role before", function()
    set {
      config = "[default]\nrole_arn = " .. OTHER_ROLE .. "\nsource_profile = middle\n"
        .. "[profile middle]\nrole_arn = " .. ROLE .. "\nsource_profile = base\n",
      credentials = BASE,
      play = { scene.sts_gives "role", scene.sts_gives "other_role", scene.GLACIER },
    }
    stage.current:signs_with "other_role"
    local first, second = stage.current:requests("^/sts")[1], stage.current:requests("^/sts")[2]
    assert.equal(ROLE, scene.form(first).RoleArn)
    assert.equal(OTHER_ROLE, scene.form(second).RoleArn)
    assert.truthy(first:header("authorization"):find("Credential=AKIDFIRST/", 1, true))
    assert.truthy(second:header("authorization"):find("Credential=ASIAROLE/", 1, true))
    assert.equal("s3cr3t/role/token==", second:header "x-amz-security-token")
  end)

  it("takes a source's keys before its role", function()
    set {
      config = "[default]\nrole_arn = " .. ROLE .. "\nsource_profile = base\n"
        .. "[profile base]\nrole_arn = " .. OTHER_ROLE .. "\nsource_profile = none\n" .. KEYS,
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with "role"
    assert.equal(1, #forms())
  end)

  it("may be its own source where it has keys", function()
    set {
      config = "[default]\nrole_arn = " .. ROLE .. "\nsource_profile = default\n" .. KEYS,
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with "role"
    assert.equal(ROLE, forms()[1].RoleArn)
  end)

  it("may have a source that runs a process", function()
    set {
      config = SIMPLE .. "[profile base]\ncredential_process = echo '{\"Version\":1,"
        .. "\"AccessKeyId\":\"AKIDSECOND\",\"SecretAccessKey\":\"s3cr3t/second+key\"}'\n",
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with "role"
    assert.truthy(stage.current:requests("^/sts")[1]:header("authorization")
      :find("Credential=AKIDSECOND/", 1, true))
  end)

  it("may have a source with a token file, the environment left out", function()
    set {
      config = "[default]\nrole_arn = " .. OTHER_ROLE .. "\nsource_profile = web\n"
        .. "[profile web]\nrole_arn = " .. ROLE .. "\nweb_identity_token_file = ~/token\n",
      environment = { AWS_ROLE_ARN = "arn:from:the:environment" },
      play = { scene.sts_gives_for_token "role", scene.sts_gives "other_role", scene.GLACIER },
    }
    stage.current.home:write("token", "s3cr3t.jwt")
    stage.current:signs_with "other_role"
    local requests = stage.server:requests()
    assert.equal("unchecked", requests[1].signature)
    assert.equal(ROLE, scene.form(requests[1]).RoleArn)
    assert.equal("ok", requests[2].signature)
    assert.equal(OTHER_ROLE, scene.form(requests[2]).RoleArn)
  end)

  it("may have a source that is signed in with SSO", function()
    local url = "https://example.awsapps.com/start"
    set {
      config = SIMPLE .. "[profile base]\nsso_start_url = " .. url .. "\nsso_region = eu-west-1\n"
        .. "sso_account_id = 123456789012\nsso_role_name = reader\n",
      environment = { AWS_ENDPOINT_URL_SSO = stage.server.url .. "/sso" },
      play = {
        { status = 200, verify = false, match = { path = "^/sso/federation/credentials$" },
          body = '{"roleCredentials":{"accessKeyId":"ASIAOTHER","secretAccessKey":'
            .. '"s3cr3t/other&key","sessionToken":"s3cr3t/other/token==",'
            .. '"expiration":4070908800000}}' },
        scene.sts_gives "role", scene.GLACIER,
      },
    }
    stage.current.home:run "mkdir -p .aws/sso/cache"
    local cached = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json"
    stage.current.home:write(cached, '{"startUrl":"' .. url
      .. '","region":"eu-west-1","accessToken":"s3cr3t-sso","expiresAt":"2099-01-01T00:00:00Z"}')
    stage.current:signs_with "role"
    local request = stage.current:requests("^/sts")[1]
    assert.truthy(request:header("authorization"):find("Credential=ASIAOTHER/", 1, true))
    assert.equal("s3cr3t/other/token==", request:header "x-amz-security-token")
  end)

  it("is asked for where the client's profile has STS, not the source's", function()
    set {
      config = SIMPLE .. "services = here\n[services here]\nsts =\n  endpoint_url = "
        .. stage.server.url .. "/sts/here\n[services there]\nsts =\n  endpoint_url = "
        .. "http://127.0.0.1:1\n[profile base]\nservices = there\nrole_arn = " .. OTHER_ROLE
        .. "\nsource_profile = keys\n[profile keys]\nservices = there\n" .. KEYS,
      environment = { AWS_ENDPOINT_URL_STS = "" },
      play = { scene.sts_gives "other_role", scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with "role"
    assert.equal(2, #stage.current:requests "^/sts/here$")
  end)

  it("goes after keys of the environment, unless the profile is asked for", function()
    local environment = {
      AWS_ACCESS_KEY_ID = "AKIDSECOND", AWS_SECRET_ACCESS_KEY = "s3cr3t/second+key",
      AWS_PROFILE = "default",
    }
    set {
      config = SIMPLE, credentials = BASE, environment = environment,
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with "second"
    stage.current:signs_with("role", nil, { profile = "default" })
  end)
end)

describe("a role with a credential source", function()
  local CONFIG = "[default]\nrole_arn = " .. ROLE .. "\ncredential_source = %s\n"
  local CONTAINER = '{"AccessKeyId":"AKIDSECOND","SecretAccessKey":"s3cr3t/second+key",'
    .. '"Expiration":"2099-01-01T00:00:00Z"}'

  it("is assumed with the keys of the environment", function()
    set {
      config = "[profile x]\n" .. CONFIG:format("Environment"):gsub("%[default%]\n", ""),
      environment = {
        AWS_ACCESS_KEY_ID = "AKIDSECOND", AWS_SECRET_ACCESS_KEY = "s3cr3t/second+key",
      },
      play = { scene.sts_gives "role", scene.GLACIER },
    }
    stage.current:signs_with("role", nil, { profile = "x" })
    assert.truthy(stage.current:requests("^/sts")[1]:header("authorization")
      :find("Credential=AKIDSECOND/", 1, true))
  end)

  it("is assumed with the credentials of the container", function()
    set {
      config = CONFIG:format "EcsContainer",
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = stage.server.url .. "/container" },
      play = {
        { status = 200, body = CONTAINER, match = { path = "^/container$" }, verify = false },
        scene.sts_gives "role", scene.GLACIER,
      },
    }
    stage.current:signs_with "role"
    assert.truthy(stage.current:requests("^/sts")[1]:header("authorization")
      :find("Credential=AKIDSECOND/", 1, true))
  end)

  it("is refused where the source has nothing, or is none", function()
    set { config = CONFIG:format "Environment" }
    stage.current:refuses('No credentials found in credential_source Environment referenced in '
      .. 'profile "default"')
    stage.current:close()
    set { config = CONFIG:format "environment" }
    stage.current:refuses(
      'The credential source "environment" referenced in profile "default" is not')
  end)
end)

describe("a role is refused", function()
  -- A title, the config file, and what the error says.
  local CASES = {
    { "without a source", "[default]\nrole_arn = " .. ROLE .. "\n" .. KEYS,
      'missing: source_profile or credential_source (profile "default")' },
    { "with both sources", SIMPLE .. "credential_source = Environment\n",
      'The profile "default" contains both source_profile and credential_source.' },
    { "with a source that is not there", SIMPLE,
      'The source_profile "base" referenced in the profile "default" does not exist.' },
    { "with a source without credentials", SIMPLE .. "[profile base]\nregion = us-east-1\n",
      'The source profile "base" must have credentials.' },
    { "with half a key in its source",
      SIMPLE .. "[profile base]\naws_access_key_id = AKIDFIRST\n",
      'missing: aws_secret_access_key (profile "base" in ' },
    { "with a source of a source that is not there",
      SIMPLE .. "[profile base]\nrole_arn = x\nsource_profile = gone\n",
      'The source_profile "gone" referenced in the profile "base" does not exist.' },
    { "as its own source without keys",
      "[default]\nrole_arn = " .. ROLE .. "\nsource_profile = default\n",
      "Infinite loop in credential configuration detected: default -> default" },
    { "in a loop of three", SIMPLE .. "[profile base]\nrole_arn = x\nsource_profile = third\n"
      .. "[profile third]\nrole_arn = y\nsource_profile = base\n",
      "detected: default -> base -> third -> base" },
    { "in a loop back to the first, whatever keys that has", SIMPLE .. KEYS
      .. "[profile base]\nrole_arn = x\nsource_profile = default\n",
      "detected: default -> base -> default" },
    { "that wants an MFA code", SIMPLE .. "mfa_serial = arn:aws:iam::1:mfa/me\n",
      'The profile "default" wants an MFA code (mfa_serial)' },
    { "with a duration that is no number", SIMPLE .. "duration_seconds = 1h\n",
      'duration_seconds of the profile "default" is no whole number' },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      set { config = case[2] }
      stage.current:refuses(case[3])
      assert.equal(0, #stage.server:requests())
    end)
  end
end)
