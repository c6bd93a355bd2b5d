--- A full call and the engine alone, against a bare easy loop with the same
--- bytes, on one connection that is kept alive.

local harness = require "bench.harness"
local machine = require "bench.machine"
local recording = require "bench.recording"

return function()
  local url = machine.serve(machine.build .. "/bench/server")
  local request = recording.of(url)
  local rows = {}
  for _, lua in ipairs(machine.luas) do
    rows[#rows + 1] = { work = "engine alone, " .. lua.name, bar = 1.15,
      command = ("%sbench/programs/engine.lua %s %s 8000"):format(lua.run, request, url) }
    rows[#rows + 1] = { work = "full call, " .. lua.name, bar = 1.6,
      command = ("%sbench/programs/call.lua %s 6000"):format(lua.run, url) }
  end
  harness.group { rows = rows, floor = { name = "libcurl easy loop, same bytes",
    command = ("%s/bench/floor_easy %s %s 12000"):format(machine.build, request, url) } }
end
