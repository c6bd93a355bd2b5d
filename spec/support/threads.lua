-- What the Lua states of spec/support/threads.c do.

local glacier = require "glacier"
local http = require "glacier.core.http"

local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }

local scripts = {}
local client

-- On one client, so that connections are kept; a child goes on with it.
function scripts.calls(count)
  client = client or assert(glacier.client { ca_bundle = os.getenv "AWS_CA_BUNDLE" })
  for _ = 1, count do
    local response, err = client:initiate_job(PARAMS)
    if not response then
      error(tostring(err), 0)
    end
    assert(#response.jobId > 10)
  end
end

-- On a client that is left to the end of the state.
function scripts.states()
  scripts.calls(1)
end

-- Calls under way in coroutines, transfers of engines; the state is closed next.
function scripts.close(round)
  local host = {
    wait = function() coroutine.yield() end,
    sleep = function() coroutine.yield() end,
    now = http.monotonic,
  }
  local ours = assert(glacier.client { host = host })
  for i = 1, 3 do
    local co = coroutine.create(function() return ours:initiate_job(PARAMS) end)
    assert(coroutine.resume(co))
    if i <= round % 4 then
      ours.transport.engine:wait(0)
    end
    scripts[i] = co
  end
  local engine = assert(http.engine())
  scripts.transfer = engine:start { method = "GET", url = os.getenv "AWS_ENDPOINT_URL" }
  engine:step()
  scripts.ours = round % 2 == 0 and ours or nil
  scripts.engine = round % 3 == 0 and engine or nil
end

return scripts
