-- Several functions at a time in plain Lua and in hosts given as a table.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local glacier = require "glacier"
local http = require "glacier.core.http"

local VAULT = { vaultName = "examplevault" }
local SLOW = { recording = "initiate_job/success", delay = 0.5 }
local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}

after_each(clients.close_all)

-- A host whose time passes only where it sleeps.
local function timeless()
  local clock = { time = 0, slept = 0 }
  clock.host = {
    now = function()
      return clock.time
    end,
    sleep = function(seconds)
      clock.time, clock.slept = clock.time + seconds, clock.slept + 1
    end,
    wait = function()
      error("nothing is to be sent")
    end,
  }
  return clock
end

local function timeless_client()
  local clock = timeless()
  return clients.new(server, { host = clock.host }), clock
end

local function sleeper(client, order, name, seconds)
  return function()
    client:sleep(seconds)
    order[#order + 1] = name
  end
end

describe("functions that run together", function()
  it("sleep at the same time", function()
    local client, clock = timeless_client()
    local order = {}
    client:run_together({ sleeper(client, order, "c", 30), sleeper(client, order, "a", 10),
      sleeper(client, order, "b", 20) })
    assert.are.same({ "a", "b", "c" }, order)
    assert.is_true(clock.time >= 30 and clock.time < 31, clock.time)
  end)

  it("are none, one, or end at once", function()
    local client, clock = timeless_client()
    local count = 0
    local function add()
      count = count + 1
    end
    client:run_together({})
    client:run_together({ add })
    client:run_together({ add, add })
    assert.are.equal(3, count)
    assert.are.equal(0, clock.time)
  end)

  it("let somebody look on about twice a second", function()
    local client = timeless_client()
    local ticks = 0
    client:run_together({ sleeper(client, {}, "a", 10) }, function()
      ticks = ticks + 1
    end)
    assert.is_true(ticks >= 15 and ticks <= 20, ticks)
  end)

  it("may run others together themselves", function()
    local client, clock = timeless_client()
    local order = {}
    client:run_together({
      function()
        client:run_together({ sleeper(client, order, "inner 20", 20),
          sleeper(client, order, "inner 5", 5) })
        order[#order + 1] = "inner"
      end,
      sleeper(client, order, "outer 10", 10),
    })
    assert.are.same({ "inner 5", "outer 10", "inner 20", "inner" }, order)
    assert.is_true(clock.time < 21.5, clock.time)
  end)

  it("all end when one raises, and what it raised is raised", function()
    local client, clock = timeless_client()
    local reached, raised = false, {}
    local ok, err = pcall(client.run_together, client, {
      function()
        client:sleep(1)
        error(raised)
      end,
      function()
        client:sleep(100)
        reached = true
      end,
    })
    assert.is_false(ok)
    assert.are.equal(raised, err)
    assert.is_false(reached)
    assert.is_true(clock.time < 2, clock.time)
  end)

  it("end when the onlooker raises", function()
    local client, clock = timeless_client()
    local ok, err = pcall(client.run_together, client, { sleeper(client, {}, "a", 100) }, function()
      error("enough", 0)
    end)
    assert.is_false(ok)
    assert.are.equal("enough", err)
    assert.is_true(clock.time < 2, clock.time)
  end)

  it("end when the host raises amid a wait", function()
    local client, clock = timeless_client()
    function clock.host.sleep()
      error("interrupted", 0)
    end
    local ok, err = pcall(client.run_together, client, { sleeper(client, {}, "a", 100) })
    assert.is_false(ok)
    assert.are.equal("interrupted", err)
  end)

  it("end when the client is closed", function()
    local client = timeless_client()
    local slept, err
    client:run_together({
      function()
        slept, err = client:sleep(100)
      end,
      function()
        client:sleep(1)
        client:close()
      end,
    })
    assert.is_nil(slept)
    assert.are.equal("CancelledError", err.code)
  end)
end)

-- Plain Lua, and a loop of the user's that knows of nothing but the transfer.
local HOSTS = {
  blocking = "blocking",
  table = {
    now = http.monotonic,
    sleep = http.sleep,
    wait = function(engine, _, transfer)
      assert(not transfer:done())
      return engine:wait(0.05)
    end,
  },
}

for name, host in pairs(HOSTS) do
  describe("calls that run together: " .. name, function()
    local function four_calls(client, order)
      local calls = {}
      for i = 1, 4 do
        calls[i] = function()
          local result, err = client:initiate_job(PARAMS)
          order[#order + 1] = result and result.jobId or err.code
        end
      end
      return calls
    end

    it("are on their way at the same time", function()
      local client = clients.new(server, { host = host, reconcile = false })
      local order = {}
      server:play({ SLOW }, { repeat_last = true })
      local began = http.monotonic()
      client:run_together(four_calls(client, order))
      assert.are.equal(4, #order)
      assert.are.equal(#server:requests(), 4)
      assert.is_true(http.monotonic() - began < 1.6)
    end)

    it("are so in a coroutine of the user's, too", function()
      local client = clients.new(server, { host = host, reconcile = false })
      local order = {}
      server:play({ SLOW }, { repeat_last = true })
      local began = http.monotonic()
      local ok, err = coroutine.resume(coroutine.create(function()
        client:run_together(four_calls(client, order))
      end))
      assert.is_true(ok, err)
      assert.are.equal(4, #order)
      assert.is_true(http.monotonic() - began < 1.6)
    end)

    it("may be of several clients", function()
      local order, functions = {}, {}
      server:play({ SLOW }, { repeat_last = true })
      local first = clients.new(server, { host = host, reconcile = false })
      local second = clients.new(server, { host = host, reconcile = false })
      for i, client in ipairs({ first, second }) do
        functions[i] = four_calls(client, order)[1]
      end
      local began = http.monotonic()
      first:run_together(functions)
      assert.are.equal(2, #order)
      assert.is_true(http.monotonic() - began < 1.4)
    end)

    it("end when one of them closes the client", function()
      local client = clients.new(server, { host = host, reconcile = false })
      local order = {}
      server:play({ { recording = "initiate_job/success", delay = 20 } }, { repeat_last = true })
      local calls, began = four_calls(client, order), http.monotonic()
      calls[5] = function()
        client:sleep(0.2)
        client:close()
      end
      client:run_together(calls)
      assert.same({ "CancelledError", "CancelledError", "CancelledError", "CancelledError" }, order)
      assert.is_true(http.monotonic() - began < 10)
    end)

    it("end when one of them raises, though no answer comes", function()
      local client = clients.new(server, { host = host, reconcile = false })
      server:play({ { recording = "initiate_job/success", delay = 20 } }, { repeat_last = true })
      local calls, began = four_calls(client, {}), http.monotonic()
      calls[5] = function()
        client:sleep(0.2)
        error("enough", 0)
      end
      local ok, err = pcall(client.run_together, client, calls)
      assert.is_false(ok)
      assert.are.equal("enough", err)
      assert.is_true(http.monotonic() - began < 10)
    end)

    it("fail one by one where the server is gone", function()
      local client = assert(glacier.client(clients.options({ url = "http://127.0.0.1:1" },
        { host = host })))
      local codes = {}
      client:run_together({
        function()
          codes[1] = select(2, client:describe_vault(VAULT)).code
        end,
        function()
          codes[2] = select(2, client:describe_vault(VAULT)).code
        end,
      })
      client:close()
      assert.are.same({ "EndpointConnectionError", "EndpointConnectionError" }, codes)
    end)
  end)
end
