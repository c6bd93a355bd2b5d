-- Which credentials are taken and renewed, as Glacier sees it.

local errors = require "glacier.errors"
local http = require "glacier.core.http"
local scene = require "spec.support.scene"

local ROLE_FILES = "[default]\nrole_arn = arn:aws:iam::123456789012:role/reader\n"
  .. "source_profile = base\n[profile base]\naws_access_key_id = AKIDFIRST\n"
  .. "aws_secret_access_key = s3cr3t/first+key\n"
local ENVIRONMENT = {
  AWS_ACCESS_KEY_ID = "AKIDSECOND", AWS_SECRET_ACCESS_KEY = "s3cr3t/second+key",
}
local MINUTE = 60

describe("the chain, as Glacier sees it", function()
  local stage = scene.stage { setup = setup, teardown = teardown, after_each = after_each }
  local set = stage.set

  it("takes the option before all others", function()
    set { environment = ENVIRONMENT, config = ROLE_FILES }
    stage.current:signs_with("role", nil, { credentials = scene.KEYS.role })
  end)

  it("takes what a function gives, asked once", function()
    set { environment = ENVIRONMENT }
    local calls = 0
    local client = stage.current:client {
      credentials = function()
        calls = calls + 1
        return scene.KEYS.role
      end,
    }
    for _ = 1, 200 do
      stage.current:signs_with("role", client)
    end
    assert.equal(1, calls)
  end)

  it("takes the environment, with its token, also where AWS_PROFILE is set", function()
    set {
      environment = {
        AWS_ACCESS_KEY_ID = "ASIAROLE", AWS_SECRET_ACCESS_KEY = "s3cr3t/role+key",
        AWS_SESSION_TOKEN = "s3cr3t/role/token==", AWS_PROFILE = "base",
      },
      config = ROLE_FILES,
    }
    stage.current:signs_with "role"
  end)

  it("leaves the environment's keys out where a profile is asked for", function()
    set { environment = ENVIRONMENT, config = ROLE_FILES }
    stage.current:signs_with("first", nil, { profile = "base" })
  end)

  it("takes half a key of the environment for an error", function()
    set { environment = { AWS_ACCESS_KEY_ID = "AKIDSECOND" }, config = ROLE_FILES }
    local err = stage.current:refuses(
      "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY")
    assert.equal("PartialCredentialsError", err.code)
  end)

  it("takes a secret without a key id for nothing", function()
    set {
      environment = { AWS_SECRET_ACCESS_KEY = "s3cr3t", AWS_PROFILE = "base" },
      config = ROLE_FILES,
    }
    stage.current:signs_with "first"
  end)

  it("says what it tried where there is nothing", function()
    set()
    local err = stage.current:refuses("Unable to locate credentials (tried: credentials option, "
      .. "credentials function, environment, assume role, web identity, SSO, "
      .. "shared credentials file, credential_process, config file, container credentials, "
      .. "EC2 instance metadata)")
    assert.equal("NoCredentialsError", err.code)
    assert.equal(0, #stage.server:requests())
  end)

  it("asks the container where no profile has any", function()
    local body = '{"AccessKeyId":"ASIAROLE","SecretAccessKey":"s3cr3t/role+key",'
      .. '"Token":"s3cr3t/role/token==","Expiration":"2099-01-01T00:00:00Z"}'
    set {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = stage.server.url .. "/container" },
      play = {
        { status = 200, body = body, match = { path = "^/container$" }, verify = false },
        scene.GLACIER,
      },
    }
    stage.current:signs_with "role"
  end)

  -- A title, what the option is, and what the error says.
  local BROKEN = {
    { "no secret key", { access_key_id = "A" }, "secret_access_key is missing or no string" },
    { "a number for a key id", { access_key_id = 5, secret_access_key = "s3cr3t" },
      "access_key_id is missing or no string" },
    { "an empty secret key", { access_key_id = "A", secret_access_key = "" },
      "secret_access_key is empty" },
    { "a token that is no string",
      { access_key_id = "A", secret_access_key = "s3cr3t", session_token = true },
      "session_token is no string" },
    { "a token with a line break",
      { access_key_id = "A", secret_access_key = "s3cr3t", session_token = "s3cr3t\r\nx: y" },
      "session_token holds a space, a control character or a byte" },
  }
  for _, case in ipairs(BROKEN) do
    it("refuses " .. case[1] .. ", from a table and from a function", function()
      set()
      stage.current:refuses("credentials option: " .. case[3], nil, { credentials = case[2] })
      stage.current:refuses("credentials function: " .. case[3], nil, {
        credentials = function() return case[2] end,
      })
    end)
  end

  it("gives a function's failures on", function()
    set()
    for _, case in ipairs {
      { function() end, "the credentials function gave no table" },
      { function() return nil, "the vault is locked" end,
        "gave no table: the vault is locked" },
      { function() return nil, errors.config "no such key" end, "gave no table: no such key" },
      { function() return "s3cr3t" end, "gave no table" },
      { function() error("no luck", 0) end, "credentials function: no luck" },
      { function() error {} end, "credentials function: it raised an error that is no text" },
      { function()
        return { access_key_id = "A", secret_access_key = "s3cr3t", expiration = "soon" }
      end, "expiration is no number of seconds and no ISO 8601 time" },
      { function()
        return { access_key_id = "A", secret_access_key = "s3cr3t", expiration = 0 / 0 }
      end, "expiration is no number of seconds and no ISO 8601 time" },
      { function()
        return { access_key_id = "A", secret_access_key = "s3cr3t", expiration = os.time() - 1 }
      end, "the refreshed credentials are still expired" },
    } do
      local client = stage.current:client { credentials = case[1] }
      stage.current:refuses(case[2], client)
      stage.current:refuses(case[2], client) -- and is as usable as before
    end
  end)

  it("refuses a function that calls the client it is for", function()
    set()
    local client, inner
    client = stage.current:client {
      credentials = function()
        inner = { stage.current:call(client) }
        return scene.KEYS.first
      end,
    }
    stage.current:signs_with("first", client)
    assert.is_nil(inner[1])
    assert.equal("credentials", inner[2].kind)
    assert.truthy(inner[2].message:find "calls the client")
  end)

  it("renews what a role gave ten minutes before the end", function()
    set {
      config = ROLE_FILES,
      play = { scene.sts_gives("role", 9 * MINUTE), scene.sts_gives "other_role", scene.GLACIER },
    }
    local client = stage.current:client()
    stage.current:signs_with("role", client)
    stage.current:signs_with("other_role", client)
    stage.current:signs_with("other_role", client)
    assert.equal(2, #stage.current:requests "^/sts")
  end)

  it("goes on with old credentials where renewing fails fifteen minutes before", function()
    local events = {}
    set {
      config = ROLE_FILES,
      play = { scene.sts_gives("role", 13 * MINUTE),
        scene.sts_error(403, "AccessDenied", "no more"), scene.sts_gives "other_role",
        scene.GLACIER },
    }
    local client = stage.current:client {
      logger = function(event) events[#events + 1] = event end,
    }
    stage.current:signs_with("role", client)
    stage.current:signs_with("role", client)
    stage.current:signs_with("role", client)
    client.credentials.rests_until = 0 -- a failure is followed by a rest
    stage.current:signs_with("other_role", client)
    local warned = 0
    for _, event in ipairs(events) do
      if event.event == "refresh" and not event.ok then
        warned = warned + 1
        assert.equal("advisory", event.urgency)
        assert.truthy(event.reason:find("AccessDenied", 1, true))
      end
      for _, value in pairs(event) do
        assert.is_nil(tostring(value):find(scene.MARK, 1, true))
      end
    end
    assert.equal(1, warned)
  end)

  it("renews a role's credentials once where Glacier calls them expired", function()
    set {
      config = ROLE_FILES,
      play = {
        scene.sts_gives "role", scene.sts_gives "other_role",
        { recording = "initiate_job/expired_token", match = { path = "/vaults/" }, times = 1 },
        scene.GLACIER,
      },
    }
    stage.current:signs_with "other_role"
    assert.same({ scene.key "role", scene.key "other_role" }, stage.current:used())
  end)

  it("renews once a call, not for ever", function()
    set {
      config = ROLE_FILES,
      play = {
        scene.sts_gives "role", scene.sts_gives "other_role",
        { recording = "initiate_job/expired_token", match = { path = "/vaults/" } },
      },
    }
    local result, err = stage.current:call()
    assert.is_nil(result)
    assert.equal("ExpiredTokenException", err.code)
    assert.equal(2, #stage.current:used())
  end)

  it("asks a function again where Glacier calls its credentials expired", function()
    set { play = {
      { recording = "initiate_job/expired_token", match = { path = "/vaults/" }, times = 1 },
      scene.GLACIER,
    } }
    local given = { scene.KEYS.role, scene.KEYS.other_role }
    stage.current:signs_with("other_role", nil, {
      credentials = function() return table.remove(given, 1) end,
    })
    assert.equal(0, #given)
  end)

  it("does not try credentials again that cannot change", function()
    set {
      environment = ENVIRONMENT,
      play = { { recording = "initiate_job/expired_token", match = { path = "/vaults/" } } },
    }
    local result, err = stage.current:call()
    assert.is_nil(result)
    assert.equal("ExpiredTokenException", err.code)
    assert.equal(1, #stage.current:used())
  end)

  it("assumes a role once for 50 coroutines that call at once", function()
    local role = scene.sts_gives "role"
    role.delay = 0.1
    set { config = ROLE_FILES, play = { role, scene.GLACIER } }
    local yield = coroutine.yield
    local client = stage.current:client {
      host = {
        now = http.monotonic,
        wait = function(engine)
          engine:wait(0)
          yield()
        end,
        sleep = function(seconds)
          local deadline = http.monotonic() + seconds
          repeat yield() until http.monotonic() >= deadline
        end,
      },
    }
    local threads, results = {}, {}
    for index = 1, 50 do
      threads[index] = coroutine.create(function()
        results[index] = assert(stage.current:call(client))
      end)
    end
    local alive
    repeat
      alive = 0
      for _, thread in ipairs(threads) do
        if coroutine.status(thread) == "suspended" then
          assert(coroutine.resume(thread))
          alive = alive + 1
        end
      end
    until alive == 0
    assert.equal(50, #results)
    assert.equal(1, #stage.current:requests "^/sts")
    assert.equal(50, #stage.current:used())
  end)
end)
