--- Engines for specs, of the replay server and of a port that never answers.

local endpoint = require "spec.support.endpoint"
local faults = require "spec.support.faults"
local http = require "glacier.core.http"

local engines = {}

local server, silent
local open = {}

--- Starts the servers; for setup.
---@return table server
function engines.start()
  server = endpoint.start()
  silent = faults.silent_port()
  return server
end

--- Ends the servers; for teardown.
function engines.stop()
  server:stop()
  silent.stop()
end

--- An engine, closed by engines.close_all.
function engines.new()
  local engine = assert(http.engine())
  open[#open + 1] = engine
  return engine
end

--- Closes the engines made so far, and forgets requests; for after_each.
function engines.close_all()
  while #open > 0 do
    table.remove(open):close()
  end
  server:reset()
end

--- A request to the server; `more` is added or overrides.
function engines.request(more)
  local wanted = { method = "GET", url = server.url .. "/path", read_timeout = 10 }
  for name, value in pairs(more or {}) do
    wanted[name] = value
  end
  return wanted
end

--- A request that never gets an answer.
function engines.endless()
  return engines.request { url = silent.url .. "/", connect_timeout = 30 }
end

--- Waits for a transfer's end.
---@return table? response
---@return table? failure
function engines.finish(engine, transfer)
  while not transfer:done() do
    assert(engine:wait(1))
  end
  return transfer:response()
end

--- Answers the next requests with a body; `more` is added to the reply.
function engines.play(body, count, more)
  local entries = {}
  for i = 1, count or 1 do
    entries[i] = { verify = false, status = 200, body = body }
    for name, value in pairs(more or {}) do
      entries[i][name] = value
    end
  end
  server:play(entries)
end

return engines
