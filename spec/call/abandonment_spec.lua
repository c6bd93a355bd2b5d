-- A call that is closed, dropped or raises at any point where it waits leaves
-- nothing behind: two others that wait with it go on, and end well.

local endpoint = require "spec.support.endpoint"
local http = require "glacier.core.http"
local scene = require "spec.support.scene"
local timestamp = require "glacier.timestamp"

-- Not in every Lua.
local close = rawget(coroutine, "close")

-- Seconds: what the others may take, on a machine that is busy.
local PATIENCE = 20

-- More waits than any call here has.
local MOST_POINTS = 2000

local KEY = scene.KEYS.role

local function iso(seconds)
  return timestamp.format(os.time() + seconds)
end

local function key_json(token_name)
  return ('{"Code":"Success","Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","%s":"%s",' ..
    '"Expiration":"%s"}'):format(KEY.access_key_id, KEY.secret_access_key, token_name,
    KEY.session_token, iso(3600))
end

local function reply(path, body, more)
  local entry = { status = 200, body = body, match = { path = path }, verify = false }
  for name, value in pairs(more or {}) do
    entry[name] = value
  end
  return entry
end

-- Name -> what the scene is given, and the client's options.
local SOURCES = {
  { "a static key", function()
    return {}, { credentials = KEY }
  end },
  { "a function that waits", function()
    return {}, { credentials = function()
      for _ = 1, 3 do
        coroutine.yield("of the function")
      end
      return KEY
    end }
  end },
  { "a container", function(server)
    return {
      environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container" },
      play = {
        reply("^/container$", "", { status = 500, times = 1 }),
        reply("^/container$", key_json "Token"), scene.GLACIER,
      },
    }, {}
  end },
  { "an instance", function(server)
    return {
      environment = { AWS_EC2_METADATA_DISABLED = "",
        AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url },
      play = {
        reply("^/latest/api/token$", "TOKEN"),
        reply("security%-credentials/$", "web"),
        reply("security%-credentials/web$", key_json "Token"), scene.GLACIER,
      },
    }, {}
  end },
  { "a role", function()
    return {
      config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/reader\n"
        .. "source_profile = base\n[profile base]\naws_access_key_id = AKIDFIRST\n"
        .. "aws_secret_access_key = s3cr3t/first+key\n",
      play = { scene.sts(scene.sts_body("role"), { times = 9 }), scene.GLACIER },
    }, {}
  end },
  { "a program", function()
    return {
      config = "[profile work]\ncredential_process = sleep 0.02; echo '"
        .. key_json "SessionToken" .. "'\n",
    }, { profile = "work" }
  end },
}

-- A host whose coroutines are resumed in turn; `doomed` raises in its waits
-- once told to. What is slept passes at once by its clock: a pause between two
-- attempts is some turns, not as many as fit into it.
local function new_host(state)
  local slept = 0
  local function pause()
    coroutine.yield()
    if state.raises and coroutine.running() == state.doomed then
      error("the host has had enough", 0)
    end
  end
  return {
    now = function()
      return http.monotonic() + slept
    end,
    sleep = function(seconds)
      slept = slept + seconds
      pause()
    end,
    wait = function(engine, _, transfer)
      pause()
      return transfer:done() or engine:wait(0)
    end,
  }
end

local WAYS = {
  { "dropped", function(threads, state) threads[1], state.doomed = false, nil end },
  { "raising", function(_, state) state.raises = true end },
}
if close then
  WAYS[#WAYS + 1] = { "closed", function(threads)
    assert(close(threads[1]))
    threads[1] = false
  end }
end

-- Resumes those that are left, in turn, until all have ended; the first is
-- disposed of at its `point`-th wait. Whether it got that far.
local function run(threads, state, point, dispose)
  local turn, reached = 0, false
  local due = http.monotonic() + PATIENCE
  repeat
    turn = turn + 1
    if turn == point and coroutine.status(threads[1]) == "suspended" then
      dispose(threads, state)
      reached = true
      -- What was dropped is known once it was collected, however large the heap.
      collectgarbage()
      collectgarbage()
    end
    local is_over = true
    for _, thread in ipairs(threads) do
      if thread and coroutine.status(thread) == "suspended" then
        local ok, err = coroutine.resume(thread)
        assert(ok or thread == threads[1], err)
        is_over = false
      end
    end
    http.sleep(0.0005)
    assert(http.monotonic() < due, "the others wait")
  until is_over
  return reached
end

local function count(list)
  local number = 0
  for _ in pairs(list) do
    number = number + 1
  end
  return number
end

describe("a call that is", function()
  local server, current

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)

  local function try(source, way, point)
    local given, options = source[2](server)
    local state, got, threads = {}, {}, {}
    current = scene.new(server, given)
    options.host, options.reconcile = new_host(state), false
    local client = current:client(options)
    client.calls.quota.tokens = 400
    for i = 1, 3 do
      threads[i] = coroutine.create(function()
        local result, err = client:initiate_job { vaultName = "v",
          jobParameters = { Type = "inventory-retrieval", Description = "call " .. i } }
        got[i] = result and result.jobId or tostring(err)
      end)
    end
    state.doomed = threads[1]
    local reached = run(threads, state, point, way[2])
    state.doomed = nil
    for i = 1, 3 do
      threads[i] = nil
    end
    assert.is_truthy(#got[2] > 20 and #got[3] > 20, tostring(got[2]) .. tostring(got[3]))
    assert.is_true(client.calls.quota.tokens >= 400 and client.calls.quota.tokens <= 403)
    collectgarbage()
    collectgarbage()
    -- What was dropped is no more, here and in the engine.
    assert.equal(0, count(client.calls.ledger.under_way))
    assert.is_nil(client.credentials.under_way.refresh)
    current:close()
    return reached
  end

  for _, way in ipairs(WAYS) do
    for _, source in ipairs(SOURCES) do
      it(way[1] .. " at any wait leaves two others be, with " .. source[1], function()
        local point = 1
        repeat
          -- Where a source is paused for, each turn is a wait: not all are tried.
          point = point + math.max(1, math.floor(point / 6))
        until not try(source, way, point) or point > MOST_POINTS
        assert.is_true(point > 2 and point < MOST_POINTS, point)
      end)
    end
  end
end)
