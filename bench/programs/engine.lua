-- The engine alone, from Lua: begins a recorded request, waits, takes the
-- response. engine.lua REQUEST-FILE BASE-URL COUNT. Prints nanoseconds a turn.

local common = require "bench.programs.common"
local http = require "glacier.core.http"

local file = assert(io.open(arg[1], "rb"))
local target, head, body = file:read "*a":match "^POST (%S+) [^\r\n]*\r\n(.-\r\n)\r\n(.*)$"
file:close()
local headers = {}
for name, value in head:gmatch "([^:\r\n]+): *([^\r\n]*)\r\n" do
  if name:lower() ~= "content-length" then
    headers[#headers + 1] = name
    headers[#headers + 1] = value
  end
end

local engine = assert(http.engine())
local request = { method = "POST", url = arg[2] .. target, headers = headers, body = body }
print(common.time(tonumber(arg[3]), function()
  local transfer = assert(engine:start(request))
  while not transfer:done() do
    assert(engine:wait(60))
  end
  assert(assert(transfer:response()).status == 202)
end))
