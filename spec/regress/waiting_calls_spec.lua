-- Calls that waited for others which could not go on, or would never: in the
-- main chunk for a task of the loop, for a source that hangs though the
-- credentials are good, for a coroutine that was closed, asleep for a client
-- that was closed. And what such calls did not give back.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local http = require "glacier.core.http"
local new_scene = require("spec.support.scene").new
local scene = require "spec.support.scene"
local shell = require "spec.support.shell"

local PARAMS = { vaultName = "v", jobParameters = { Type = "archive-retrieval", ArchiveId = "A" } }

-- Seconds: far more than is needed, far less than was waited before.
local PATIENCE = 5

-- Seconds that an answer takes for which nobody waits.
local SLOW = 8

local close = rawget(coroutine, "close")

local function iso(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + seconds)
end

local function agent(more)
  local key = scene.KEYS.role
  local entry = {
    status = 200, match = { path = "^/agent$" }, verify = false,
    body = cjson.encode { AccessKeyId = key.access_key_id, SecretAccessKey = key.secret_access_key,
      Token = key.session_token, Expiration = more.expiration },
  }
  for name, value in pairs(more) do
    entry[name] = value
  end
  return entry
end

-- Of coroutines that are resumed in turn.
local COOPERATIVE = {
  now = http.monotonic,
  sleep = function() coroutine.yield() end,
  wait = function(engine, _, transfer)
    coroutine.yield()
    return transfer:done() or engine:wait(0)
  end,
}

local function finish(threads, seconds)
  local due, alive = http.monotonic() + (seconds or PATIENCE), true
  while alive do
    alive = false
    for _, thread in ipairs(threads) do
      if coroutine.status(thread) == "suspended" then
        assert(coroutine.resume(thread))
        alive = true
      end
    end
    http.sleep(0.001)
    assert(http.monotonic() < due, "they wait")
  end
end

describe("while credentials load for another one", function()
  local server, current

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)
  after_each(function()
    if current then current:close() end
    current = nil
    clients.close_all()
    server:reset()
  end)

  local function with_agent(play)
    play[#play + 1] = scene.GLACIER
    current = new_scene(server, {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/agent" }, play = play,
    })
    return current
  end

  local PROGRAM = [[
    require "luv"
    local glacier = require "glacier"
    local http = require "glacier.core.http"
    local client = assert(glacier.client())
    local params = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
    local task = glacier.spawn(function() return client:initiate_job(params) end)
    local begun = http.monotonic()
    print(assert(client:initiate_job(params)).jobId, http.monotonic() - begun)
    print(assert(task:wait()).jobId)
  ]]

  it("a call in the main chunk goes on with it: luv", function()
    local lua = "lua" .. shell.version
    if not shell.has(lua) or select(2, shell.run(lua .. " -e 'require [[luv]]'")) ~= 0 then
      assert(not os.getenv "CI", "there is no luv for " .. lua)
      return pending("there is no luv for " .. lua)
    end
    server:play { agent { delay = 0.3 }, scene.GLACIER }
    server:add_credentials(scene.KEYS.role)
    local output, status = shell.run(shell.environment(server)
      .. "AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= AWS_CONTAINER_CREDENTIALS_FULL_URI="
      .. server.url .. "/agent timeout 20 " .. lua .. " -e " .. shell.quote(PROGRAM))
    assert.equal(0, status, output)
    assert.is_true(tonumber(output:match "%S+%s+([%d.]+)") < PATIENCE, output)
  end)

  it("a call in the main chunk does it itself where a function waits for its scheduler", function()
    local function credentials()
      if coroutine.running() and coroutine.status(coroutine.running()) == "running"
        and select(2, coroutine.running()) ~= true then
        coroutine.yield()
      end
      return clients.CREDENTIALS
    end
    server:play "initiate_job/success"
    local host = { now = http.monotonic, sleep = http.sleep, wait = COOPERATIVE.wait }
    local client = clients.new(server, { credentials = credentials, host = host })
    local waiting = coroutine.create(function() return client:initiate_job(PARAMS) end)
    assert(coroutine.resume(waiting))
    local blocking = clients.new(server, { credentials = credentials })
    assert(blocking:initiate_job(PARAMS))
    -- The same client, which blocks now.
    host.wait = function(engine) return engine:wait() end
    assert(client:initiate_job(PARAMS))
    finish { waiting }
  end)

  it("the old ones serve, though the source hangs, and it is left alone for a while", function()
    with_agent { agent { expiration = iso(14 * 60), times = 1 }, agent { delay = 30 } }
    local client = current:client { timeout = 2, reconcile = false }
    for _ = 1, 5 do
      local begun = http.monotonic()
      assert(current:call(client))
      assert.is_true(http.monotonic() - begun < 2)
    end
    assert.equal(2, #current:requests("^/agent$", "unchecked"))
  end)

  it("what they are raises is an error, and the next call's too", function()
    local raising = setmetatable({}, { __index = function() error("no such field", 0) end })
    local client = clients.new(server, { credentials = function() return raising end })
    for _ = 1, 3 do
      local result, err = client:initiate_job(PARAMS)
      assert.is_nil(result)
      assert.equal("credentials", err.kind)
      assert.truthy(err.message:find("no such field", 1, true), err.message)
    end
  end)
end)

describe("calls for the same thing", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  after_each(clients.close_all)

  local LOST = { match = { method = "POST" }, raw = "", times = 1 }

  local function job(id, moment)
    return {
      JobId = id, Action = "ArchiveRetrieval", ArchiveId = "A", Tier = "Standard",
      CreationDate = os.date("!%Y-%m-%dT%H:%M:%S.", math.floor(moment)) ..
        ("%03dZ"):format(math.floor(moment % 1 * 1000)),
      VaultARN = "arn:aws:glacier:us-west-2:1:vaults/v",
    }
  end

  local function listing(jobs)
    return {
      match = { method = "GET" }, status = 200, reason = "OK",
      headers = { { "Content-Type", "application/json" } },
      body = cjson.encode { JobList = jobs },
    }
  end

  local function started(id)
    return { match = { method = "POST" }, status = 202, body = "", times = 1,
      headers = { { "x-amz-job-id", id } } }
  end

  it("by two clients in one second are each given their own job", function()
    local now = os.time() + 0.999
    server:play { started "FIRST", LOST, listing { job("FIRST", now), job("SECOND", now) } }
    local first = clients.new(server, {})
    local second = clients.new(server, { max_attempts = 3 })
    assert.equal("FIRST", assert(first:initiate_job(PARAMS)).jobId)
    assert.equal("SECOND", assert(second:initiate_job(PARAMS)).jobId)
  end)

  it("by another process, just before, are not taken for one's own", function()
    local now = os.time()
    server:play { LOST, listing { job("OTHER", now + 0.001), job("OWN", now + 0.999) } }
    assert.equal("OWN", assert(clients.new(server, { max_attempts = 3 }):initiate_job(PARAMS)).jobId)
  end)

  for name, dispose in pairs { closed = close, dropped = function() end } do
    it("that were " .. name .. " hold up nobody who looks for his job", function()
      server:play { { recording = "initiate_job/success", match = { method = "POST" }, delay = SLOW,
        times = 1 }, LOST,
        listing { job("OWN", os.time() + 0.999) } }
      local client = clients.new(server, { host = COOPERATIVE, max_attempts = 3 })
      -- In a thread of its own: no slot of this one's stack goes on holding it.
      coroutine.wrap(function()
        local first = coroutine.create(function() return client:initiate_job(PARAMS) end)
        for _ = 1, 20 do
          assert(coroutine.resume(first))
          http.sleep(0.002)
        end
        dispose(first)
      end)()
      collectgarbage()
      collectgarbage()
      local got
      local begun = http.monotonic()
      finish { coroutine.create(function()
        got = assert(client:initiate_job(PARAMS)).jobId
      end) }
      assert.equal("OWN", got)
      assert.is_true(http.monotonic() - begun < SLOW)
    end)
  end

  it("that end well by reconciliation give back what their retries cost", function()
    local client = clients.new(server, { max_attempts = 3 })
    for i = 1, 45 do
      server:reset()
      server:play { LOST, listing { job("JOB" .. i, os.time() + 0.999) } }
      assert.equal("JOB" .. i, assert(client:initiate_job(PARAMS)).jobId)
    end
    assert.equal(500, client.calls.quota.tokens)
  end)

  it("that have no time for a retry do not pay for it", function()
    server:play { recording = "initiate_job/html_503", headers = { { "x-amz-retry-after", "9000" } } }
    local client = clients.new(server, { max_attempts = 3, timeout = 2, reconcile = false })
    for _ = 1, 5 do
      assert.is_nil((client:initiate_job(PARAMS)))
    end
    assert.equal(500, client.calls.quota.tokens)
  end)

  it("sleep no longer than their client is open", function()
    server:play { recording = "initiate_job/html_503", headers = { { "x-amz-retry-after", "60000" } } }
    local client = clients.new(server, { host = COOPERATIVE, max_attempts = 3, reconcile = false })
    local got
    local sleeping = coroutine.create(function()
      got = select(2, client:initiate_job(PARAMS))
    end)
    for _ = 1, 100 do
      assert(coroutine.resume(sleeping))
      http.sleep(0.001)
    end
    client:close()
    finish { sleeping }
    assert.equal("cancelled", got.kind)
  end)

  it("have no deadline where timeout is 0", function()
    server:play "initiate_job/success"
    assert(clients.new(server, { timeout = 0 }):initiate_job(PARAMS))
  end)
end)
