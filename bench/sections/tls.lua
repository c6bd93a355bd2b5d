--- A full call over TLS, on one connection that is kept alive.

local harness = require "bench.harness"
local machine = require "bench.machine"
local nginx = require "bench.nginx"
local recording = require "bench.recording"

return function()
  local request = recording.of(machine.serve(machine.build .. "/bench/server"))
  local server, reason = nginx.start()
  local rows = {}
  for i, lua in ipairs(machine.luas) do
    local work = "full call over TLS, " .. lua.name
    if server then
      rows[i] = { work = work, command = ("%sbench/programs/call.lua %s 4000 %s"):format(lua.run,
        server.secure, server.authority) }
    else
      harness.row { work = work, skipped = reason }
    end
  end
  if server then
    harness.group { rows = rows, floor = { name = "libcurl easy loop, same bytes",
      command = ("%s/bench/floor_easy %s %s 6000 %s"):format(machine.build, request, server.secure,
        server.authority) } }
  end
end
