--- Archives that a restore takes through all of its states a second, on SQLite:
--- bench/programs/restore.lua prints them, once there is one.

local harness = require "bench.harness"
local machine = require "bench.machine"

local WORK = "restore: archives through all states, SQLite"
local PROGRAM, BAR = "bench/programs/restore.lua", 1000

return function()
  local file = io.open(PROGRAM)
  if not file then
    harness.row { work = WORK, skipped = "there is no " .. PROGRAM, bar = BAR, unit = "/s" }
    return
  end
  file:close()
  local command = machine.luas[1].run .. PROGRAM .. " " .. machine.folder
  local medians, reasons = harness.compete({ command }, math.min(harness.ROUNDS, 3))
  harness.row { work = WORK, unit = "/s",
    ours = medians[1] and medians[1][1], bar = BAR, least = true, skipped = reasons[1] }
end
