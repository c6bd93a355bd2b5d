local endpoint = require "spec.support.endpoint"
local remote = require "spec.support.remote"
local sso = require "glacier.credentials.sso"
local support = require "spec.support.sso"

local START_URL, SESSION_FILE, LEGACY_FILE, PROFILE =
  support.START_URL, support.SESSION_FILE, support.LEGACY_FILE, support.PROFILE
local LEGACY, GOOD, FIELDS, CREDENTIALS =
  support.LEGACY, support.GOOD, support.FIELDS, support.CREDENTIALS
local EXPIRED =
  support.EXPIRED
local refreshable, token = support.refreshable, support.token

describe("SSO credentials", function()
  local place
  local scene = support.during {
    setup = setup, teardown = teardown, before_each = before_each, after_each = after_each,
  }
  local server = scene.server

  before_each(function()
    place = scene.place
  end)

  it("are not looked for where the profile has no role", function()
    for _, profile in ipairs { {}, { sso_session = "corp" }, { sso_start_url = START_URL,
      sso_region = "eu-west-1" }, { region = "eu-west-1" } } do
      local context = scene:context(profile)
      assert.same({}, { sso.load(context) })
      assert.equal(0, #context.requests)
    end
  end)

  it("come by the cached token of the session's name", function()
    place:write(SESSION_FILE, token(3600))
    scene:play()
    local context = scene:context(PROFILE)
    assert.same(FIELDS, sso.load(context))
    assert.same({ CREDENTIALS .. "s3cr3t-access" }, remote.received(server))
    assert.equal(65536, context.requests[1].max_body_bytes)
    assert.is_nil(context.requests[1].proxy)
  end)

  it("come by the cached token of the start URL, the old form", function()
    place:write(LEGACY_FILE, token(1))
    scene:play()
    assert.same(FIELDS, sso.load(scene:context(LEGACY)))
    assert.same({ CREDENTIALS .. "s3cr3t-access" }, remote.received(server))
  end)

  it("encode what they ask for", function()
    place:write(SESSION_FILE, token(3600))
    scene:play()
    assert(sso.load(scene:context { sso_session = "corp", sso_account_id = "1&x=y",
      sso_role_name = "a+b c/\195\182" }))
    assert.equal("/federation/credentials?role_name=a%2Bb%20c%2F%C3%B6&account_id=1%26x%3Dy",
      server:requests()[1].target)
  end)

  local HOSTS = {
    { "eu-west-1", "eu-west-1.amazonaws.com" },
    { "cn-north-1", "cn-north-1.amazonaws.com.cn" },
    { "us-gov-west-1", "us-gov-west-1.amazonaws.com" },
    { "mars-east-9", "mars-east-9.amazonaws.com" },
  }
  for _, case in ipairs(HOSTS) do
    it("are asked for in " .. case[1], function()
      place:write(SESSION_FILE, token(60, refreshable()))
      local context = scene:context(PROFILE, {
        environment = { HOME = place.path },
        sso_sessions = { corp = { sso_region = case[1], sso_start_url = START_URL } },
      })
      local urls = {}
      function context.send(request)
        urls[#urls + 1] = request.url
        return { status = 400, reason = "Bad Request", headers = {}, body = "" }
      end
      remote.refuses(sso, context, "HTTP status 400")
      assert.same({
        "https://oidc." .. case[2] .. "/token",
        "https://portal.sso." .. case[2]
          .. "/federation/credentials?role_name=ReadOnly&account_id=111122223333",
      }, urls)
    end)
  end

  for _, region in ipairs { "evil.example/", "eu-west-1.evil", "a b", "", "-x", "eu\n", "u@h" } do
    it(("are not asked for in the region %q"):format(region), function()
      place:write(LEGACY_FILE, token(3600))
      local profile = { sso_region = region, sso_start_url = START_URL,
        sso_account_id = "111122223333", sso_role_name = "ReadOnly" }
      local context = scene:context(profile, { environment = { HOME = place.path } })
      remote.refuses(sso, context, "sso_region")
      assert.equal(0, #context.requests)
    end)
  end

  it("say which properties are missing", function()
    local err = remote.refuses(sso, scene:context({ sso_session = "corp", sso_account_id = "1" },
      { sso_sessions = { corp = { sso_region = "eu-west-1" } } }),
      'The profile "work" is configured to use SSO but is missing required configuration: '
      .. "sso_role_name, sso_start_url")
    assert.equal("InvalidConfigError", err.code)
    remote.refuses(sso, scene:context { sso_role_name = "x" },
      "sso_account_id, sso_start_url, sso_region")
  end)

  it("say so where the session is missing or contradicts the profile", function()
    remote.refuses(sso, scene:context(PROFILE, { sso_sessions = {} }),
      'The specified sso-session does not exist: "corp"')
    remote.refuses(sso, scene:context { sso_session = "corp", sso_account_id = "1",
      sso_role_name = "x", sso_region = "us-east-1" },
      "The value for sso_region is inconsistent between profile and sso-session.")
  end)

  it("say how to log in where there is no token", function()
    local context = scene:context(PROFILE)
    local err = remote.refuses(sso, context, "Error loading SSO Token: Token for corp "
      .. "does not exist (aws sso login --profile work)")
    assert.equal("SSOTokenLoadError", err.code)
    assert.equal(0, #context.requests)
    remote.refuses(sso, scene:context(LEGACY), "Token for " .. START_URL .. " does not exist")
    remote.refuses(sso, scene:context(PROFILE, { environment = {} }), "does not exist")
  end)

  local INVALID = {
    "", "s3cr3t", "[]", "null", '{"accessToken":"s3cr3t"', "{}",
    '{"accessToken":"s3cr3t-access"}', '{"expiresAt":"2030-01-01T00:00:00Z"}',
    '{"accessToken":5,"expiresAt":"2030-01-01T00:00:00Z"}',
    '{"accessToken":"s3cr3t\\r\\nHost: evil","expiresAt":"2030-01-01T00:00:00Z"}',
    '{"accessToken":"s3cr3t","expiresAt":"soon"}', '{"accessToken":"s3cr3t","expiresAt":null}',
    '{"accessToken":"s3cr3t","expiresAt":1900000000}',
  }
  for _, text in ipairs(INVALID) do
    it(("do not come by the token file %q"):format(text), function()
      place:write(SESSION_FILE, text)
      local context = scene:context(PROFILE)
      remote.refuses(sso, context, "Error loading SSO Token: Token for corp is invalid")
      assert.equal(0, #context.requests)
    end)
  end

  it("take the older form of the token's end", function()
    place:write(LEGACY_FILE, token(0, { expiresAt = "2026-01-02T04:00:00UTC" }))
    scene:play()
    assert.same(FIELDS, sso.load(scene:context(LEGACY)))
  end)

  for _, seconds in ipairs { 0, -1, -86400 } do
    it("say how to log in where the token ended " .. -seconds .. " s ago", function()
      place:write(SESSION_FILE, token(seconds))
      place:write(LEGACY_FILE, token(seconds))
      for _, profile in ipairs { PROFILE, LEGACY } do
        local context = scene:context(profile)
        local err = remote.refuses(sso, context, EXPIRED)
        assert.equal("UnauthorizedSSOTokenError", err.code)
        assert.equal(0, #context.requests)
      end
    end)
  end

  it("say how to log in where the token is refused", function()
    place:write(SESSION_FILE, token(3600))
    scene:play { remote.reply(401, '{"message":"no session s3cr3t-access"}') }
    local err = remote.refuses(sso, scene:context(PROFILE), EXPIRED
      .. " The service's answer: HTTP status 401: no session ***")
    assert.equal("UnauthorizedSSOTokenError", err.code)
    assert.equal(1, #server:requests())
  end)

  it("name the role and the account where they are refused", function()
    place:write(SESSION_FILE, token(3600))
    scene:play { remote.reply(403, '{"message":"No access"}') }
    remote.refuses(sso, scene:context(PROFILE), "SSO: credentials of the role ReadOnly in the "
      .. "account 111122223333: HTTP status 403: No access")
    assert.equal(1, #server:requests())
  end)

  it("are asked for again after throttling and server errors", function()
    place:write(SESSION_FILE, token(3600))
    scene:play { remote.reply(429), remote.reply(503), remote.reply(200, GOOD) }
    local context = scene:context(PROFILE)
    assert.same(FIELDS, sso.load(context))
    assert.equal(3, #server:requests())
    assert.same({ 0.1, 0.2 }, context.slept)
  end)

  it("fail where nobody answers, without the token", function()
    local gone = endpoint.start()
    gone:stop()
    place:write(SESSION_FILE, token(3600))
    local context = scene:context(PROFILE, {
      environment = { HOME = place.path, AWS_ENDPOINT_URL_SSO = gone.url },
    })
    remote.refuses(sso, context, "Could not connect to the endpoint URL")
    assert.equal(3, #context.requests)
  end)

  it("are an error once the client is closed, even with a token that lasts", function()
    place:write(SESSION_FILE, token(60, refreshable()))
    local context = scene:context(PROFILE)
    context.transport:close()
    local fields, err = sso.load(context)
    assert.is_nil(fields)
    assert.same({ "cancelled", "CancelledError" }, { err.kind, err.code })
    assert.equal(1, #context.requests)
  end)

  it("refuse an endpoint that is none", function()
    place:write(SESSION_FILE, token(3600))
    local context = scene:context(PROFILE, {
      environment = { HOME = place.path, AWS_ENDPOINT_URL_SSO = "ftp://s3cr3t@x" },
    })
    remote.refuses(sso, context, "SSO: ")
    assert.equal(0, #context.requests)
  end)

  for _, case in ipairs(remote.HOSTILE) do
    it("are not taken from " .. case[1], function()
      place:write(SESSION_FILE, token(3600))
      scene:play { remote.reply(200, case[2]) }
      remote.refuses(sso, scene:context(PROFILE), "SSO: ")
    end)
  end

  for _, name in ipairs { "accessKeyId", "secretAccessKey", "sessionToken" } do
    it("are not taken with an unusable or missing " .. name, function()
      place:write(SESSION_FILE, token(3600))
      for _, value in ipairs(remote.UNUSABLE) do
        scene:play { remote.reply(200, (GOOD:gsub('("' .. name .. '":)"[^"]*"', function(start)
          return start .. value
        end))) }
        remote.refuses(sso, scene:context(PROFILE), name .. " is unusable")
      end
      scene:play { remote.reply(200, (GOOD:gsub(name, "other"))) }
      remote.refuses(sso, scene:context(PROFILE), name .. " is missing")
    end)
  end

  it("are not taken with an unusable end or as another type", function()
    place:write(SESSION_FILE, token(3600))
    for _, value in ipairs { '"1767344645000"', "0", "-1", "1e999", "1e300", "{}" } do
      scene:play { remote.reply(200, (GOOD:gsub("1767344645000", value))) }
      remote.refuses(sso, scene:context(PROFILE), "expiration is missing or unusable")
    end
    for _, value in ipairs { "[]", "5", '"s3cr3t"', "null" } do
      scene:play { remote.reply(200, '{"roleCredentials":' .. value .. "}") }
      remote.refuses(sso, scene:context(PROFILE), "SSO: ")
    end
  end)
end)
