-- Loading credentials went on after the time for the call: pauses between
-- attempts and the wait for another call's refresh knew no deadline, and the
-- error did not say that the time was over.

local credentials_of = require "glacier.credentials"
local endpoint = require "spec.support.endpoint"
local new_scene = require("spec.support.scene").new
local socket = require "socket"

-- Far more than any machine is late by, far less than what was waited before.
local PATIENCE = 1

describe("the time for a call bounds", function()
  local server, current

  setup(function()
    server = endpoint.start()
  end)
  teardown(function()
    server:stop()
  end)
  after_each(function()
    current:close()
  end)

  for name, answer in pairs {
    ["a source that fails"] = { status = 500, match = { path = "^/container$" }, verify = false },
    ["a source that stalls"] = {
      status = 500, delay = 2, match = { path = "^/container$" }, verify = false,
    },
  } do
    it("what is done with " .. name, function()
      current = new_scene(server, {
        environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container" },
        play = { answer },
      })
      local begun = socket.gettime()
      local _, err = current:call(current:client { timeout = 0.05 })
      assert.is_true(socket.gettime() - begun < 0.05 + PATIENCE)
      assert.equal("timeout", err.kind)
      assert.equal("DeadlineExceededError", err.code)
      assert.truthy(err.message:find("container", 1, true))
    end)
  end
end)

describe("who waits for another's refresh", function()
  local clock

  local function new_credentials(provide)
    clock = 0
    return credentials_of.new({
      options = { credentials = provide },
      environment = {}, configuration = { profile_name = "p", profile = {}, profiles = {} },
      now = function() return 1767323045 + clock end,
    }, {
      host = {
        now = function() return clock end,
        sleep = function(seconds)
          clock = clock + seconds
          coroutine.yield()
        end,
      },
      is_closed = function() return false end,
    })
  end

  it("sleeps no longer than its own call lasts", function()
    local credentials = new_credentials(function()
      coroutine.yield()
    end)
    local owner = coroutine.create(function() credentials:get({}) end)
    local waiter = coroutine.create(function() return credentials:get({ deadline = 0.3 }) end)
    coroutine.resume(owner)
    local _, identity, err
    repeat
      _, identity, err = coroutine.resume(waiter)
    until coroutine.status(waiter) == "dead"
    assert.is_nil(identity)
    assert.equal("DeadlineExceededError", err.code)
    assert.is_true(clock < 0.3 + 1e-6, clock)
  end)

  it("loads them itself where the other's time was over", function()
    local loads = 0
    local credentials = new_credentials(function()
      loads = loads + 1
      if loads == 1 then
        coroutine.yield()
        clock = clock + 1000
        return nil, "no time"
      end
      return { access_key_id = "AKID", secret_access_key = "s3cr3t" }
    end)
    local owner = coroutine.create(function() return credentials:get({ deadline = 999 }) end)
    local waiter = coroutine.create(function() return credentials:get({ deadline = 9999 }) end)
    coroutine.resume(owner)
    coroutine.resume(waiter)
    local _, _, err = coroutine.resume(owner)
    assert.equal("DeadlineExceededError", err.code)
    local _, identity = coroutine.resume(waiter)
    assert.equal("AKID", identity:access_key_id())
  end)
end)
