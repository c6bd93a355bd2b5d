-- nginx drops a timer where too many run, and tells nobody: a call whose
-- credentials were to be loaded in one waited for five minutes. Where it says
-- that there is no timer, a call had a minute for its second.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Begins early: it takes long.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local nginx = require "spec.support.nginx"
local socket = require "socket"

if nginx.are_missing("dropped timers in nginx", pending) then
  return
end

-- Seconds: for how long the only timer is taken, and far less.
local TAKEN, PATIENCE = 20, 10

local TAKING = [[
  local serve = app.serve
  app.serve = function(self, action)
    if action ~= "take" then
      return serve(self, action)
    end
    ngx.timer.at(%d, function() ngx.sleep(%d) end)
    self:say { taken = true }
  end
]]

-- Directive -> seconds until the timer that takes the only place runs.
local LIMITS = {
  { "lua_max_running_timers 1;", 0 },
  { "lua_max_pending_timers 1;", TAKEN },
}

for _, host in ipairs { "openresty", "openresty-cosocket" } do
  for _, limit in ipairs(LIMITS) do
    describe("with " .. limit[1] .. " and none left, " .. host, function()
      local server, program

      before_each(function()
        server = endpoint.start()
        program = nginx.start {
          app = { client = clients.options(server, { host = host, reconcile = false, timeout = 5 }) },
          http = "lua_socket_log_errors off; " .. limit[1],
          after = TAKING:format(limit[2], TAKEN),
        }
        program:ask "/app/take"
        socket.sleep(0.2)
      end)

      after_each(function()
        program:signal "TERM" -- whatever its timers do
        program.pid = nil
        program:stop()
        server:stop()
      end)

      local function play(agent)
        agent.match, agent.verify, agent.status = { path = "^/agent$" }, false, 200
        agent.body = cjson.encode { AccessKeyId = clients.CREDENTIALS.access_key_id,
          SecretAccessKey = clients.CREDENTIALS.secret_access_key,
          Expiration = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 3600) }
        server:play({ agent, { recording = "initiate_job/success", match = { path = "/vaults/" } } },
          { repeat_last = true })
      end

      local function ask()
        local begun = socket.gettime()
        local answer = program:ask("/app/contained?agent=" .. server.url .. "/agent")
        return answer, socket.gettime() - begun
      end

      it("credentials are loaded by the call itself", function()
        play {}
        for _ = 1, 2 do
          local answer, seconds = ask()
          assert.equal("string", type(answer.job_id), answer.message)
          assert.is_true(seconds < PATIENCE, seconds)
        end
      end)

      it("a source that hangs does so within the call's time", function()
        play { delay = TAKEN }
        local answer, seconds = ask()
        assert.equal("timeout", answer.kind, answer.message)
        assert.is_true(seconds < PATIENCE, seconds)
      end)
    end)
  end
end
