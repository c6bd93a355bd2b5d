-- Which credentials are taken, and when they are renewed.

local chain = require "glacier.credentials.chain"
local endpoint = require "spec.support.endpoint"
local errors = require "glacier.errors"
local http = require "glacier.core.http"
local scene = require "spec.support.scene"
local timestamp = require "glacier.timestamp"

local ROLE_FILES = "[default]\nrole_arn = arn:aws:iam::123456789012:role/reader\n"
  .. "source_profile = base\n[profile base]\naws_access_key_id = AKIDFIRST\n"
  .. "aws_secret_access_key = s3cr3t/first+key\n"
local ENVIRONMENT = {
  AWS_ACCESS_KEY_ID = "AKIDSECOND", AWS_SECRET_ACCESS_KEY = "s3cr3t/second+key",
}
local MINUTE = 60

describe("the chain, as Glacier sees it", function()
  local server, current

  local function set(given)
    current = scene.new(server, given)
    return current
  end

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

  it("takes the option before all others", function()
    set { environment = ENVIRONMENT, config = ROLE_FILES }
    current:signs_with("role", nil, { credentials = scene.KEYS.role })
  end)

  it("takes what a function gives, asked once", function()
    set { environment = ENVIRONMENT }
    local calls = 0
    local client = current:client {
      credentials = function()
        calls = calls + 1
        return scene.KEYS.role
      end,
    }
    for _ = 1, 200 do
      current:signs_with("role", client)
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
    current:signs_with "role"
  end)

  it("leaves the environment's keys out where a profile is asked for", function()
    set { environment = ENVIRONMENT, config = ROLE_FILES }
    current:signs_with("first", nil, { profile = "base" })
  end)

  it("takes half a key of the environment for an error", function()
    set { environment = { AWS_ACCESS_KEY_ID = "AKIDSECOND" }, config = ROLE_FILES }
    local err = current:refuses(
      "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY")
    assert.equal("PartialCredentialsError", err.code)
  end)

  it("takes a secret without a key id for nothing", function()
    set {
      environment = { AWS_SECRET_ACCESS_KEY = "s3cr3t", AWS_PROFILE = "base" },
      config = ROLE_FILES,
    }
    current:signs_with "first"
  end)

  it("says what it tried where there is nothing", function()
    set()
    local err = current:refuses("Unable to locate credentials (tried: credentials option, "
      .. "credentials function, environment, assume role, web identity, SSO, "
      .. "shared credentials file, credential_process, config file, container credentials, "
      .. "EC2 instance metadata)")
    assert.equal("NoCredentialsError", err.code)
    assert.equal(0, #server:requests())
  end)

  it("asks the container where no profile has any", function()
    local body = '{"AccessKeyId":"ASIAROLE","SecretAccessKey":"s3cr3t/role+key",'
      .. '"Token":"s3cr3t/role/token==","Expiration":"2099-01-01T00:00:00Z"}'
    set {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container" },
      play = {
        { status = 200, body = body, match = { path = "^/container$" }, verify = false },
        scene.GLACIER,
      },
    }
    current:signs_with "role"
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
      current:refuses("credentials option: " .. case[3], nil, { credentials = case[2] })
      current:refuses("credentials function: " .. case[3], nil, {
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
      local client = current:client { credentials = case[1] }
      current:refuses(case[2], client)
      current:refuses(case[2], client) -- and is as usable as before
    end
  end)

  it("refuses a function that calls the client it is for", function()
    set()
    local client, inner
    client = current:client {
      credentials = function()
        inner = { current:call(client) }
        return scene.KEYS.first
      end,
    }
    current:signs_with("first", client)
    assert.is_nil(inner[1])
    assert.equal("credentials", inner[2].kind)
    assert.truthy(inner[2].message:find "calls the client")
  end)

  it("renews what a role gave ten minutes before the end", function()
    set {
      config = ROLE_FILES,
      play = { scene.sts_gives("role", 9 * MINUTE), scene.sts_gives "other_role", scene.GLACIER },
    }
    local client = current:client()
    current:signs_with("role", client)
    current:signs_with("other_role", client)
    current:signs_with("other_role", client)
    assert.equal(2, #current:requests "^/sts")
  end)

  it("goes on with old credentials where renewing fails fifteen minutes before", function()
    local events = {}
    set {
      config = ROLE_FILES,
      play = { scene.sts_gives("role", 13 * MINUTE),
        scene.sts_error(403, "AccessDenied", "no more"), scene.sts_gives "other_role",
        scene.GLACIER },
    }
    local client = current:client {
      logger = function(event) events[#events + 1] = event end,
    }
    current:signs_with("role", client)
    current:signs_with("role", client)
    current:signs_with("other_role", client)
    local warned = 0
    for _, event in ipairs(events) do
      if event.event == "warning" then
        warned = warned + 1
        assert.truthy(event.message:find("AccessDenied", 1, true))
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
    current:signs_with "other_role"
    assert.same({ scene.key "role", scene.key "other_role" }, current:used())
  end)

  it("renews once a call, not for ever", function()
    set {
      config = ROLE_FILES,
      play = {
        scene.sts_gives "role", scene.sts_gives "other_role",
        { recording = "initiate_job/expired_token", match = { path = "/vaults/" } },
      },
    }
    local result, err = current:call()
    assert.is_nil(result)
    assert.equal("ExpiredTokenException", err.code)
    assert.equal(2, #current:used())
  end)

  it("asks a function again where Glacier calls its credentials expired", function()
    set { play = {
      { recording = "initiate_job/expired_token", match = { path = "/vaults/" }, times = 1 },
      scene.GLACIER,
    } }
    local given = { scene.KEYS.role, scene.KEYS.other_role }
    current:signs_with("other_role", nil, {
      credentials = function() return table.remove(given, 1) end,
    })
    assert.equal(0, #given)
  end)

  it("does not try credentials again that cannot change", function()
    set {
      environment = ENVIRONMENT,
      play = { { recording = "initiate_job/expired_token", match = { path = "/vaults/" } } },
    }
    local result, err = current:call()
    assert.is_nil(result)
    assert.equal("ExpiredTokenException", err.code)
    assert.equal(1, #current:used())
  end)

  it("assumes a role once for 50 coroutines that call at once", function()
    local role = scene.sts_gives "role"
    role.delay = 0.1
    set { config = ROLE_FILES, play = { role, scene.GLACIER } }
    local yield = coroutine.yield
    local client = current:client {
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
        results[index] = assert(current:call(client))
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
    assert.equal(1, #current:requests "^/sts")
    assert.equal(50, #current:used())
  end)
end)

describe("refreshing", function()
  local NOW = 1767323045
  local clock, slept, loads, answer

  -- A chain of a function that gives the n-th key at the n-th call, unless
  -- `answer` says something else.
  local function new_chain(lifetime)
    return chain.new {
      options = {
        credentials = function()
          loads = loads + 1
          if answer then
            return answer(loads)
          end
          return {
            access_key_id = "AKID" .. loads, secret_access_key = "s3cr3t",
            expiration = lifetime and clock + lifetime,
          }
        end,
      },
      environment = {}, configuration = { profile_name = "default", profile = {}, profiles = {} },
      now = function() return clock end,
      sleep = function(seconds)
        slept = slept + seconds
        coroutine.yield()
      end,
    }
  end

  local function id(identity, err)
    return identity and identity:access_key_id() or err
  end

  before_each(function()
    clock, slept, loads, answer = NOW, 0, 0, nil
  end)

  it("begins less than fifteen minutes before the end", function()
    local credentials = new_chain(60 * MINUTE)
    assert.equal("AKID1", id(credentials:get()))
    clock = NOW + 45 * MINUTE
    assert.equal("AKID1", id(credentials:get()))
    clock = clock + 1
    assert.equal("AKID2", id(credentials:get()))
    assert.equal("AKID2", id(credentials:get()))
    assert.equal(2, loads)
  end)

  it("reads the end from a number and from a text alike", function()
    for _, text in ipairs { timestamp.format(NOW + 20 * MINUTE), "2026-01-02T04:24:05+01:00" } do
      loads, clock = 0, NOW
      answer = function()
        return { access_key_id = "AKID" .. loads, secret_access_key = "s3cr3t",
          expiration = text }
      end
      local credentials = new_chain()
      assert.equal("AKID1", id(credentials:get()))
      clock = NOW + 5 * MINUTE
      assert.equal("AKID1", id(credentials:get()))
      clock = NOW + 5 * MINUTE + 1
      assert.equal("AKID2", id(credentials:get()))
    end
  end)

  it("never happens to what does not expire", function()
    local credentials = new_chain()
    assert.equal("AKID1", id(credentials:get()))
    clock = NOW + 1e9
    assert.equal("AKID1", id(credentials:get()))
  end)

  it("may fail in the advisory period, not in the mandatory one", function()
    local credentials = new_chain(60 * MINUTE)
    credentials:get()
    answer = function() return nil, "no network" end
    clock = NOW + 50 * MINUTE
    assert.equal("AKID1", id(credentials:get()))
    assert.equal(2, loads)
    clock = clock + 1
    local identity, err = credentials:get()
    assert.is_nil(identity)
    assert.truthy(err.message:find "no network")
    answer = nil
    assert.equal("AKID4", id(credentials:get()))
  end)

  it("does not take expired credentials for new ones", function()
    local credentials = new_chain(60 * MINUTE)
    credentials:get()
    answer = function()
      return { access_key_id = "OLD", secret_access_key = "s3cr3t", expiration = NOW }
    end
    clock = NOW + 46 * MINUTE
    assert.equal("AKID1", id(credentials:get()))
    clock = NOW + 51 * MINUTE
    assert.truthy(select(2, credentials:get()).message:find "still expired")
  end)

  -- Starts `count` coroutines that get credentials; what each got is put into
  -- the list, in the order of their ends.
  local function start(credentials, count, got)
    local threads = {}
    for index = 1, count do
      threads[index] = coroutine.create(function()
        local identity, err = credentials:get()
        got[#got + 1] = { id(identity, err), err }
      end)
      assert(coroutine.resume(threads[index]))
    end
    return threads
  end

  local function finish(threads)
    for _ = 1, 10000 do
      local alive = false
      for _, thread in ipairs(threads) do
        if coroutine.status(thread) == "suspended" then
          assert(coroutine.resume(thread))
          alive = true
        end
      end
      if not alive then return end
    end
    error "they wait for ever"
  end

  -- Answers with the load's number after `steps` yields.
  local function slow(steps, lifetime)
    return function(number)
      for _ = 1, steps do coroutine.yield() end
      return { access_key_id = "AKID" .. number, secret_access_key = "s3cr3t",
        expiration = clock + lifetime }
    end
  end

  it("is one load for all that call at once, the first time too", function()
    local credentials, got = new_chain(), {}
    answer = slow(5, 60 * MINUTE)
    finish(start(credentials, 200, got))
    assert.equal(200, #got)
    for _, each in ipairs(got) do assert.equal("AKID1", each[1]) end
    assert.equal(1, loads)
    assert.is_true(slept > 0)
  end)

  it("does not hold others up in the advisory period", function()
    local credentials, got = new_chain(60 * MINUTE), {}
    credentials:get()
    clock = NOW + 46 * MINUTE
    answer = slow(5, 60 * MINUTE)
    local threads = start(credentials, 10, got)
    assert.equal(9, #got)
    for _, each in ipairs(got) do assert.equal("AKID1", each[1]) end
    finish(threads)
    assert.equal("AKID2", got[10][1])
    assert.same({ 2, 0 }, { loads, slept })
  end)

  it("holds all up in the mandatory period, and is one load", function()
    local credentials, got = new_chain(60 * MINUTE), {}
    credentials:get()
    clock = NOW + 51 * MINUTE
    answer = slow(5, 60 * MINUTE)
    local threads = start(credentials, 10, got)
    assert.equal(0, #got)
    finish(threads)
    for _, each in ipairs(got) do assert.equal("AKID2", each[1]) end
    assert.equal(2, loads)
  end)

  it("is one load also where new credentials live no longer than the period", function()
    local credentials, got = new_chain(), {}
    answer = slow(5, 5 * MINUTE)
    finish(start(credentials, 10, got))
    for _, each in ipairs(got) do assert.equal("AKID1", each[1]) end
    assert.equal(1, loads)
  end)

  it("that fails, fails for all that wait, each with an error of its own", function()
    local credentials, got = new_chain(), {}
    answer = function()
      coroutine.yield()
      return nil, "no network"
    end
    finish(start(credentials, 10, got))
    local seen = {}
    for _, each in ipairs(got) do
      assert.truthy(each[2].message:find "no network")
      assert.is_nil(seen[each[2]])
      seen[each[2]] = true
    end
    assert.same({ 10, 1 }, { #got, loads })
    answer = nil
    assert.equal("AKID2", id(credentials:get()))
  end)

  it("that raised is the error of all that wait", function()
    local credentials, got = new_chain(), {}
    answer = function()
      coroutine.yield()
      error("out of luck", 0)
    end
    local threads = start(credentials, 3, got)
    for _ = 1, 50 do
      for _, thread in ipairs(threads) do
        -- In Lua 5.1 the first dies of it, and the next one takes over.
        coroutine.resume(thread)
      end
    end
    answer = nil
    assert.equal("AKID", id(credentials:get()):sub(1, 4))
    for _, each in ipairs(got) do
      assert.truthy(each[2].message:find "out of luck")
    end
  end)

  it("is taken over from a coroutine that is gone", function()
    local credentials, got = new_chain(), {}
    answer = slow(1e9, 60 * MINUTE)
    do
      local thread = coroutine.create(function() credentials:get() end)
      assert(coroutine.resume(thread))
    end
    local waiter = start(credentials, 1, got)
    answer = nil
    collectgarbage()
    collectgarbage()
    finish(waiter)
    assert.same({ "AKID2" }, { got[1][1] })
    assert.is_true(slept < 1)
  end)

  it("is taken over from a coroutine that does not end", function()
    local credentials, got = new_chain(), {}
    answer = slow(1e9, 60 * MINUTE)
    local stuck = coroutine.create(function() credentials:get() end)
    assert(coroutine.resume(stuck))
    local waiter = start(credentials, 1, got)
    answer = nil
    finish(waiter)
    assert.equal("AKID2", got[1][1])
    assert.is_true(slept >= 300 and slept < 301)
    assert.equal("suspended", coroutine.status(stuck))
  end)

  it("that comes late does not undo a newer one", function()
    local credentials, got = new_chain(), {}
    answer = slow(5000, 60 * MINUTE)
    local late = coroutine.create(function() return id(credentials:get()) end)
    assert(coroutine.resume(late))
    local waiter = start(credentials, 1, got)
    answer = nil
    finish(waiter)
    finish { late }
    assert.equal("AKID2", id(credentials:get()))
    assert.equal(2, loads)
  end)

  it("is an error for a function that needs what it is to give", function()
    local credentials, inner = new_chain(), nil
    answer = function()
      inner = { credentials:get() }
      return { access_key_id = "AKID1", secret_access_key = "s3cr3t" }
    end
    assert.equal("AKID1", id(credentials:get()))
    assert.is_nil(inner[1])
    assert.truthy(inner[2].message:find "calls the client")
    assert.equal(0, slept)
  end)

  it("lets a function use the old credentials in the advisory period", function()
    local credentials, inner = new_chain(60 * MINUTE), nil
    credentials:get()
    clock = NOW + 46 * MINUTE
    answer = function()
      inner = id(credentials:get())
      return { access_key_id = "NEW", secret_access_key = "s3cr3t" }
    end
    assert.equal("NEW", id(credentials:get()))
    assert.equal("AKID1", inner)
  end)

  it("is forced once by many that were told of the end", function()
    local credentials, got = new_chain(60 * MINUTE), {}
    local identity = credentials:get()
    answer = slow(5, 60 * MINUTE)
    assert.is_true(credentials:invalidate(identity))
    assert.is_true(credentials:invalidate(identity))
    finish(start(credentials, 10, got))
    for _, each in ipairs(got) do assert.equal("AKID2", each[1]) end
    assert.is_true(credentials:invalidate(identity)) -- long since replaced
    assert.equal("AKID2", id(credentials:get()))
    assert.equal(2, loads)
  end)

  it("is not forced for credentials that cannot change", function()
    local options = { credentials = { access_key_id = "A", secret_access_key = "s3cr3t" } }
    local credentials = chain.new { options = options, environment = {} }
    local identity = credentials:get()
    assert.is_false(credentials:invalidate(identity))
    assert.equal(identity, credentials:get())
  end)

  it("leaves no secret in the tables of what cannot change", function()
    local options = { credentials = { access_key_id = "A", secret_access_key = "s3cr3t" } }
    local credentials = chain.new { options = options, environment = {} }
    assert(credentials:get())
    assert.is_nil(options.credentials)
    local seen = {}
    local function search(value)
      assert.is_not.equal("s3cr3t", value)
      if type(value) == "table" and not seen[value] then
        seen[value] = true
        for key, item in pairs(value) do
          search(key)
          search(item)
        end
      end
    end
    search(credentials)
  end)
end)
