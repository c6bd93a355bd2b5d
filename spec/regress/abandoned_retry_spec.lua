-- A retry is paid for before it is waited for. Calls that were dropped, closed
-- or raised amid that wait kept what they had paid: after some dozens of them
-- no call of the client was tried again.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local http = require "glacier.core.http"

local PARAMS = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }

local QUOTA, COUNT, MOST_TURNS = 500, 60, 1000

local close = rawget(coroutine, "close")

describe("a call that ends amid its pause", function()
  local server

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:reset()
    server:play { { recording = "initiate_job/html_503",
      headers = { { "x-amz-retry-after", "60000" } } } }
  end)
  after_each(clients.close_all)

  local function new_client(pause)
    return clients.new(server, { max_attempts = 3, reconcile = false, host = {
      now = http.monotonic, sleep = pause, wait = function(engine) return engine:wait() end,
    } })
  end

  -- Runs a call until it pauses, in a thread of its own, so that no slot of this
  -- one's stack goes on holding it.
  local function leave(client, operation, dispose)
    coroutine.wrap(function()
      local tokens = client.calls.quota.tokens
      local thread = coroutine.create(function() return client[operation](client, PARAMS) end)
      for _ = 1, MOST_TURNS do
        assert(coroutine.resume(thread))
        if client.calls.quota.tokens < tokens or coroutine.status(thread) == "dead" then
          break
        end
      end
      assert.equal("suspended", coroutine.status(thread))
      dispose(thread)
    end)()
  end

  local WAYS = { dropped = function() end, closed = close }

  for name, dispose in pairs(WAYS) do
    it("gives back what its retry has cost: " .. name, function()
      local client = new_client(coroutine.yield)
      for _ = 1, COUNT do
        leave(client, "initiate_job", dispose)
        if name == "dropped" then
          collectgarbage()
          collectgarbage()
        end
        assert.is_true(client.calls.quota.tokens >= QUOTA - 2 * 14)
      end
    end)
  end

  it("gives it back where the host raises", function()
    local client = new_client(function() error("the host has had enough", 0) end)
    for _ = 1, COUNT do
      assert.is_false((pcall(client.initiate_job, client, PARAMS)))
    end
    assert.equal(QUOTA, client.calls.quota.tokens)
  end)

  it("leaves alone what others have paid, who still wait", function()
    local client = new_client(coroutine.yield)
    local waiting = {}
    for i = 1, 5 do
      leave(client, "initiate_job", function(thread) waiting[i] = thread end)
    end
    collectgarbage()
    assert.equal(QUOTA - 5 * 14, client.calls.quota.tokens)
    client:close()
    for _, thread in ipairs(waiting) do
      assert(coroutine.resume(thread))
    end
    assert.equal(QUOTA - 5 * 14, client.calls.quota.tokens)
  end)
end)
