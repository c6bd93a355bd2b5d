--- Many calls at a time, against a bare multi loop with epoll and the same
--- bytes. The bar is on the throughput, 0.7x of the loop's.

local harness = require "bench.harness"
local machine = require "bench.machine"
local recording = require "bench.recording"

local BAR = { [1000] = 0.7 }
local KIB_EACH = 64

-- Of all rounds and both cores the medians: nanoseconds and peaks in KiB.
local function measure(lua, request, url, in_flight)
  local floor = ("%s/bench/floor_multi %s %s 10000 %d"):format(machine.build, request, url,
    in_flight)
  local ours = ("%sbench/programs/flight.lua %s 5000 %d"):format(lua.run, url, in_flight)
  local sides = {}
  for side, core in ipairs(machine.sides) do
    local medians, reasons = harness.compete({ machine.pin(core, floor), machine.pin(core, ours) },
      math.min(harness.ROUNDS, 3))
    if reasons[1] or reasons[2] then
      return nil, reasons[1] or reasons[2]
    end
    sides[side] = { floor = medians[1], ours = medians[2] }
  end
  return sides
end

local function throughput(side)
  return side.floor[1] / side.ours[1]
end

return function()
  local url = machine.serve(machine.build .. "/bench/server")
  local request = recording.of(url)
  for _, lua in ipairs(machine.luas) do
    local alone
    for _, in_flight in ipairs { 1, 10, 100, 1000 } do
      local work = ("%d in flight, %s: calls a second"):format(in_flight, lua.name)
      local sides, reason = measure(lua, request, url, in_flight)
      if not sides then
        harness.row { work = work, skipped = reason }
      else
        local one, other = sides[1], sides[2]
        alone = alone or one
        harness.row { work = work, against = "libcurl multi loop, same bytes", unit = "/s",
          floor = 1e9 / one.floor[1], ours = 1e9 / one.ours[1], ratio = throughput(one),
          across = other and throughput(other), bar = BAR[in_flight], least = true }
        if in_flight == 1000 then
          harness.row { work = "memory of each of 1000 in flight, " .. lua.name,
            against = "what libcurl needs", unit = "KiB", bar = KIB_EACH, added = true,
            floor = (one.floor[2] - alone.floor[2]) / (in_flight - 1),
            ours = (one.ours[2] - alone.ours[2]) / (in_flight - 1) }
        end
      end
    end
  end
end
