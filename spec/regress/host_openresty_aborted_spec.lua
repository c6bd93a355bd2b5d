-- A request that its client gave up while credentials were loaded made the
-- worker's next call wait for five minutes; and a later request that was given
-- the killed thread's coroutine was told that its credentials function called
-- the client, though there was no such function.
-- Runs on one Lua: what it tests runs in programs of its own.

local clients = require "spec.support.clients"
local nginx = require "spec.support.nginx"
local nginx_tests = require "spec.support.nginx_tests"
local socket = require "socket"

if nginx.are_missing("aborted requests in nginx", pending) then
  return
end

-- Seconds: what the agent takes the first time, and a busy machine besides.
local SLOW, PATIENCE = 1, 4

for _, host in ipairs { "openresty", "openresty-cosocket" } do
  describe("a request that is aborted while credentials load, " .. host, function()
    local scene = nginx_tests.during({ setup = setup, teardown = teardown }, host)

    local function agent(more)
      local entry = {
        status = 200, match = { path = "^/agent$" }, verify = false,
        body = ('{"AccessKeyId":"%s","SecretAccessKey":"%s"}'):format(
          clients.CREDENTIALS.access_key_id, clients.CREDENTIALS.secret_access_key),
      }
      for name, value in pairs(more) do
        entry[name] = value
      end
      return entry
    end

    it("holds up none of those after it", function()
      scene.endpoint:play({
        agent { status = 500, body = "", delay = SLOW, times = 1 }, agent {},
        { recording = "initiate_job/success", match = { path = "/vaults/" } },
      }, { repeat_last = true })
      local target = "/app/contained?agent=" .. scene.endpoint.url .. "/agent"
      local links = {}
      for i = 1, 10 do
        links[i] = scene.nginx:send(target)
      end
      socket.sleep(0.2)
      for i = 1, 10 do
        links[i]:close()
      end
      socket.sleep(0.1)
      local begun = socket.gettime()
      for _ = 1, 320 do
        local answer = scene.nginx:ask(target)
        assert.are.equal("string", type(answer.job_id), answer.message)
        assert.is_true(socket.gettime() - begun < SLOW + PATIENCE)
        begun = socket.gettime()
      end
    end)
  end)
end
