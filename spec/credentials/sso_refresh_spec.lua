local cjson = require "cjson"
local lfs = require "lfs"
local remote = require "spec.support.remote"
local sso = require "glacier.credentials.sso"
local support = require "spec.support.sso"
local timestamp = require "glacier.timestamp"

local START_URL, SESSION_FILE, PROFILE, FIELDS =
  support.START_URL, support.SESSION_FILE, support.PROFILE, support.FIELDS
local CREDENTIALS, REFRESH, EXPIRED =
  support.CREDENTIALS, support.REFRESH, support.EXPIRED
local refreshable, token = support.refreshable, support.token
local NOW = remote.NOW

describe("SSO credentials by a refreshed token", function()
  local place
  local scene = support.during {
    setup = setup, teardown = teardown, before_each = before_each, after_each = after_each,
  }
  local server = scene.server

  before_each(function()
    place = scene.place
  end)

  for _, seconds in ipairs { -3600, 0, 899 } do
    it("refresh a token that ends in " .. seconds .. " s", function()
      place:write(SESSION_FILE, token(seconds, refreshable()))
      scene:play()
      assert.same(FIELDS, sso.load(scene:context(PROFILE)))
      assert.same({ REFRESH, CREDENTIALS .. "s3cr3t-new" }, remote.received(server))
    end)
  end

  it("do not refresh a token with 15 minutes to go", function()
    place:write(SESSION_FILE, token(900, refreshable()))
    scene:play()
    assert.same(FIELDS, sso.load(scene:context(PROFILE)))
    assert.same({ CREDENTIALS .. "s3cr3t-access" }, remote.received(server))
  end)

  it("keep the refreshed token, privately, and all that others keep there", function()
    local text = '{ "other" : {"list":[],"object":{},"text":"a\\"}]b"},\n"accessToken":'
      .. '"s3cr3t-access", "expiresAt":"2026-01-02T03:05:00Z","number":1.50,'
      .. '"refreshToken":"s3cr3t-refresh","clientId":"client",'
      .. '"clientSecret":"s3cr3t-client\\"","registrationExpiresAt":"2026-02-01T00:00:00Z",'
      .. '"region":"eu-west-1","none":null}'
    place:write(SESSION_FILE, text)
    place:run("chmod 644 " .. SESSION_FILE)
    scene:play()
    assert.same(FIELDS, sso.load(scene:context(PROFILE)))
    assert.equal('{"other": {"list":[],"object":{},"text":"a\\"}]b"}, "accessToken": '
      .. '"s3cr3t-new", "expiresAt": "2026-01-02T04:04:05Z", "number": 1.50, '
      .. '"refreshToken": "s3cr3t-next", "clientId": "client", '
      .. '"clientSecret": "s3cr3t-client\\"", "registrationExpiresAt": "2026-02-01T00:00:00Z", '
      .. '"region": "eu-west-1", "none": null, "startUrl": "' .. START_URL .. '"}',
      scene:read(SESSION_FILE))
    local path = place.path .. "/" .. SESSION_FILE
    assert.equal("rw-------", lfs.attributes(path, "permissions"))
    local names = {}
    for name in lfs.dir(place.path .. "/.aws/sso/cache") do
      names[#names + 1] = name:match "%.json.*$"
    end
    assert.same({ ".json" }, names)
    server:reset()
    scene:play()
    assert.same(FIELDS, sso.load(scene:context(PROFILE)))
    assert.same({ CREDENTIALS .. "s3cr3t-new" }, remote.received(server))
  end)

  it("keep the refresh token where they get no new one", function()
    place:write(SESSION_FILE, token(60, refreshable()))
    scene:play(nil, { remote.reply(200, '{"accessToken":"s3cr3t-new","expiresIn":1}') })
    assert.same(FIELDS, sso.load(scene:context(PROFILE)))
    local kept = cjson.decode(scene:read(SESSION_FILE))
    assert.same({ "s3cr3t-new", "s3cr3t-refresh", "2026-01-02T03:04:06Z" },
      { kept.accessToken, kept.refreshToken, kept.expiresAt })
  end)

  it("go on where the refreshed token cannot be kept", function()
    local context = scene:context(PROFILE)
    local text = token(60, refreshable())
    place:run "rmdir .aws/sso/cache"
    function context.read_file()
      return text
    end
    scene:play()
    assert.same(FIELDS, sso.load(context))
    assert.is_nil(lfs.attributes(place.path .. "/.aws/sso/cache"))
  end)

  local UNREGISTERED = {
    { refreshToken = "" }, { refreshToken = 5 }, { refreshToken = cjson.null },
    { clientId = cjson.null }, { clientSecret = "s3cr3t\255" }, { clientSecret = {} },
    { registrationExpiresAt = timestamp.format(NOW) }, { registrationExpiresAt = "soon" },
    { registrationExpiresAt = cjson.null },
  }
  for index, changed in ipairs(UNREGISTERED) do
    it("do not refresh without all it takes, " .. next(changed) .. " " .. index, function()
      place:write(SESSION_FILE, token(0, refreshable(changed)))
      local context = scene:context(PROFILE)
      remote.refuses(sso, context, EXPIRED)
      assert.equal(0, #context.requests)
      place:write(SESSION_FILE, token(1, refreshable(changed)))
      scene:play()
      assert.same(FIELDS, sso.load(scene:context(PROFILE)))
      assert.same({ CREDENTIALS .. "s3cr3t-access" }, remote.received(server))
    end)
  end

  it("go on with the old token where refreshing fails and it has not ended", function()
    local before = token(1, refreshable())
    place:write(SESSION_FILE, before)
    for _, refusal in ipairs { remote.reply(400, '{"error":"s3cr3t"}'), remote.reply(500),
      remote.reply(200, "<html>"), remote.reply(200, "{}") } do
      server:reset()
      scene:play(nil, { refusal })
      assert.same(FIELDS, sso.load(scene:context(PROFILE)))
      local received = remote.received(server)
      assert.equal(CREDENTIALS .. "s3cr3t-access", received[#received])
      assert.equal(before, scene:read(SESSION_FILE))
    end
  end)

  it("say how to log in where refreshing is refused and the token has ended", function()
    place:write(SESSION_FILE, token(0, refreshable()))
    scene:play(nil, { remote.reply(400, '{"error":"invalid_grant","error_description":"no s3cr3t-refresh"}') })
    remote.refuses(sso, scene:context(PROFILE), EXPIRED
      .. " The service's answer: HTTP status 400: invalid_grant: no ***")
    assert.same({ REFRESH }, remote.received(server))
  end)

  it("say what went wrong where refreshing fails and the token has ended", function()
    place:write(SESSION_FILE, token(0, refreshable()))
    scene:play(nil, { remote.reply(500, "down") })
    local context = scene:context(PROFILE)
    remote.refuses(sso, context, "SSO: refreshing the session: HTTP status 500: down")
    assert.same({ REFRESH, REFRESH, REFRESH }, remote.received(server))
    assert.same({ 0.1, 0.2 }, context.slept)
  end)

  local REFRESHES = {
    "{}", '{"accessToken":"s3cr3t-new"}', '{"expiresIn":5}',
    '{"accessToken":"s3cr3t-new","expiresIn":"5"}', '{"accessToken":"s3cr3t-new","expiresIn":0}',
    '{"accessToken":"s3cr3t-new","expiresIn":-5}', '{"accessToken":"s3cr3t-new","expiresIn":1e300}',
    '{"accessToken":"s3cr3t-new","expiresIn":1e999}', '{"accessToken":5,"expiresIn":5}',
    '{"accessToken":"s3cr3t\\n","expiresIn":5}',
    '{"accessToken":"s3cr3t-new","expiresIn":5,"refreshToken":{}}',
    "<html>s3cr3t</html>", "[]", "", '{"accessToken":"s3cr3t-new","expiresIn":5',
  }
  for _, body in ipairs(REFRESHES) do
    it("do not take a refreshed token from " .. body, function()
      local before = token(0, refreshable())
      place:write(SESSION_FILE, before)
      scene:play(nil, { remote.reply(200, body) })
      remote.refuses(sso, scene:context(PROFILE), "SSO: refreshing the session: ")
      assert.same({ REFRESH }, remote.received(server))
      assert.equal(before, scene:read(SESSION_FILE))
    end)
  end
end)
