-- What a wait holds between two looks, by a real client and a real server.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local http = require("glacier.core.http")
local lfs = require("lfs")

local PARAMS = { vaultName = "v", jobId = "J" }

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}

after_each(clients.close_all)

local function job(status)
  return ('{"JobId":"J","Action":"ArchiveRetrieval","StatusCode":"%s","CreationDate":"%s"}')
    :format(status, os.date("!%Y-%m-%dT%H:%M:%SZ"))
end

-- Sockets of this process.
local function count_sockets()
  local count = 0
  for name in lfs.dir("/proc/self/fd") do
    local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
    count = count + (target and target:find("^socket:") and 1 or 0)
  end
  return count
end

-- A host in which sleeping costs nothing, and which notes the sockets meanwhile.
local function quick_host(seen)
  local ahead = 0
  return {
    now = function() return http.monotonic() + ahead end,
    wait = function(engine, timeout) return engine:wait(timeout) end,
    sleep = function(seconds)
      seen[#seen + 1] = count_sockets()
      ahead = ahead + seconds
    end,
  }
end

local function connections()
  local seen, count = {}, 0
  for _, request in ipairs(server:requests()) do
    count = count + (seen[request.connection] and 0 or 1)
    seen[request.connection] = true
  end
  return count
end

local function play(status, last)
  server:play({ { status = 200, body = job(status), times = 4 }, { status = 200, body = job(last) } })
end

describe("a wait", function()
  it("keeps no connection over a long pause", function()
    play("InProgress", "Succeeded")
    local seen = {}
    local client = clients.new(server, { host = quick_host(seen) })
    local before = count_sockets()
    assert(client:wait_job(PARAMS))
    assert.is_true(#seen >= 4)
    for _, count in ipairs(seen) do
      assert.equal(before, count)
    end
    assert.equal(5, connections())
  end)

  it("looks over one connection where the pauses are short", function()
    play("InProgress", "Succeeded")
    local seen = {}
    local client = clients.new(server, { host = quick_host(seen) })
    local before = count_sockets()
    assert(client:wait_job(PARAMS, { interval = 1 }))
    assert.equal(1, connections())
    assert.is_true(#seen >= 4)
    for _, count in ipairs(seen) do
      assert.equal(before + 1, count)
    end
  end)

  it("says what a recorded answer says", function()
    server:play({ "describe_job/in_progress" }, { repeat_last = true })
    local client = clients.new(server, { host = quick_host({}) })
    local description, err = client:wait_job(PARAMS, { timeout = 4000 })
    assert.is_nil(description)
    assert.equal("DeadlineExceededError", err.code)
    assert.equal("InProgress", err.description.StatusCode)
    assert.is_true(#server:requests() >= 4)
  end)
end)

describe("client:release", function()
  it("leaves what is on its way, and a client that is closed", function()
    server:play({ { status = 200, body = job("Succeeded"), delay = 0.3 }, { status = 200, body = job("Succeeded") } })
    local client = clients.new(server)
    local begun = client.transport:begin({ method = "GET", url = server.url .. "/", headers = {} })
    client:release()
    while not begun:done() do
      assert(begun:wait(1))
    end
    assert.is_table((begun:response()))
    client:release()
    assert(client:describe_job(PARAMS))
    client:close()
    client:release()
    assert.equal("cancelled", select(2, client:describe_job(PARAMS)).kind)
  end)
end)
