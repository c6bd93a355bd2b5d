-- So many calls of one client at a time: flight.lua BASE-URL COUNT IN-FLIGHT.
-- Prints nanoseconds a turn and the peak of the process's memory in KiB.

local common = require "bench.programs.common"
local http = require "glacier.core.http"

local count, in_flight = tonumber(arg[2]), tonumber(arg[3])
local client = common.client(arg[1])

local function run(total)
  local begun = 0
  local function work()
    while begun < total do
      begun = begun + 1
      assert(client:initiate_job(common.PARAMS))
    end
  end
  local workers = {}
  for i = 1, in_flight do
    workers[i] = work
  end
  client:run_together(workers)
end

-- The connections are made before it is measured.
run(in_flight)
local start = http.monotonic()
run(count)
print((http.monotonic() - start) / count * 1e9, common.peak())
