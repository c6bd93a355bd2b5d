-- Hosts of the user's: a table {wait=, sleep=, now=}.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local http = require "glacier.core.http"
local programs = require "spec.support.programs"
local shell = require "spec.support.shell"
local socket = require "socket"

local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}

after_each(clients.close_all)

-- What socket.select takes for a socket.
local function selectable(fd)
  return { getfd = function() return fd end, dirty = function() return false end }
end

-- Waits with an event loop that is not ours: LuaSocket's select.
local function select_host(seen)
  return {
    now = socket.gettime,
    sleep = function(seconds)
      seen.slept = (seen.slept or 0) + seconds
    end,
    wait = function(engine, _, transfer)
      local readers, writers, by_socket = {}, {}, {}
      for _, each in ipairs(engine:fds()) do
        local object = selectable(each.fd)
        by_socket[object] = each.fd
        readers[#readers + 1] = each.read and object or nil
        writers[#writers + 1] = each.write and object or nil
      end
      local timeout = engine:timeout()
      local readable, writable = socket.select(readers, writers, timeout and timeout + 0.001)
      local ready = {}
      for _, object in ipairs(readable) do
        ready[#ready + 1] = { fd = by_socket[object], read = true }
      end
      for _, object in ipairs(writable) do
        ready[#ready + 1] = { fd = by_socket[object], write = true }
      end
      seen.waits = (seen.waits or 0) + 1
      assert.is_false(transfer:done())
      return engine:step(ready)
    end,
  }
end

describe("a host of the user's", function()
  it("waits by fds, timeout and step, and sleeps between attempts", function()
    local seen = {}
    server:play { "initiate_job/throttling", { recording = "initiate_job/success", delay = 0.05 } }
    local client = clients.new(server, { host = select_host(seen), max_attempts = 2 })
    local response = assert(client:initiate_job(PARAMS))
    assert.is_string(response.jobId)
    assert.equal(1, response.ResponseMetadata.RetryAttempts)
    assert.is_true(seen.waits >= 2)
    assert.is_true(seen.slept > 0)
  end)

  it("ends a call whose time is over", function()
    server:play { { recording = "initiate_job/success", delay = 1 } }
    local client = clients.new(server, { host = select_host {}, timeout = 0.1, reconcile = false })
    local response, err = client:initiate_job(PARAMS)
    assert.is_nil(response)
    assert.equal("timeout", err.kind)
  end)

  it("that cannot wait ends the call with its failure", function()
    server:play "initiate_job/success"
    local client = clients.new(server, { reconcile = false, host = {
      now = http.monotonic, sleep = http.sleep,
      wait = function()
        return nil, { kind = "cancelled", code = "CancelledError", message = "no more waiting" }
      end,
    } })
    local response, err = client:initiate_job(PARAMS)
    assert.is_nil(response)
    assert.equal("cancelled", err.kind)
    assert.truthy(err.message:find("no more waiting", 1, true))
    assert.equal(0, client.transport.engine:active())
  end)

  it("sees the end of a call that another coroutine closes: cancelled", function()
    server:play { { recording = "initiate_job/success", delay = 1 } }
    local client = clients.new(server, { host = {
      now = http.monotonic, sleep = http.sleep,
      wait = function(engine, _, transfer)
        coroutine.yield()
        return transfer:done() or engine:wait(0)
      end,
    } })
    local co = coroutine.create(function()
      return client:initiate_job(PARAMS)
    end)
    for _ = 1, 3 do
      assert.is_true(coroutine.resume(co))
    end
    client:close()
    local ok, response, err = coroutine.resume(co)
    assert.is_true(ok)
    assert.is_nil(response)
    assert.equal("cancelled", err.kind)
    assert.equal("dead", coroutine.status(co))
  end)
end)

describe("the example for cqueues", function()
  local lua = "lua" .. shell.version

  it("runs calls side by side, and the loop with them", function()
    if not os.getenv "CI" and select(2, shell.run(lua .. " -e 'require \"cqueues\"'")) ~= 0 then
      return pending("cqueues is not installed for " .. lua)
    end
    server:play({ recording = "initiate_job/success", delay = 0.3 }, { repeat_last = true })
    local gap, output = programs.measure_gap(function()
      local output, status = shell.run(shell.environment(server) .. "timeout 300 " .. lua
        .. " spec/support/cqueues_program.lua")
      assert.equal(0, status, output)
      return tonumber(output:match "gap=([%d.]+)"), output
    end)
    assert.equal("16", output:match "done=(%d+)")
    assert.equal("cancelled", output:match "kind=(%a+)")
    assert.equal("true", output:match "blocking=(%a+)")
    -- One after the other they would take 4.8 s.
    assert.is_true(tonumber(output:match "seconds=([%d.]+)") < 2.4, output)
    assert.is_true(gap < programs.LONGEST_GAP, output)
    print("\ncqueues: " .. output:match "^[^\n]+")
  end)
end)
