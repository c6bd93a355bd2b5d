-- Runs on one Lua: what it finds does not depend on that.
--
-- A small restore, killed once at each boundary that it has: before and after every
-- commit, every call of the service, and the moment at which a file gets its name.
-- Begins early: it takes long.

local faults_of = require "spec.restore.simulator.faults"
local simulator = require "spec.restore.simulator"

local format = string.format

-- Besides one that is as all should be.
local ODD = { [2] = "fails_once", [3] = "always_wrong", [4] = "is_gone" }

local function options(processes, crash_at)
  return {
    seed = 1, archives = 4, processes = processes, faults = faults_of.none(), crash_at = crash_at,
    tier = { name = "Expedited", least = 5, most = 10 }, rates = { starts_per_second = 10 }, odd = ODD,
  }
end

describe("a restore killed once", function()
  for _, processes in ipairs({ 1, 2 }) do
    it(format("survives it at each of its boundaries, with %d processes", processes), function()
      local whole, violation = simulator.run(options(processes))
      assert.is_nil(violation and violation.message)
      assert.equal(4, whole.jobs)
      assert.is_true(whole.boundaries > 200)
      local crashes = 0
      for point = 1, whole.boundaries do
        local result
        result, violation = simulator.run(options(processes, point))
        if violation then
          error(format("killed at boundary %d: %s\n%s", point, violation.message, violation.schedule), 0)
        end
        crashes = crashes + result.crashes
      end
      assert.equal(whole.boundaries, crashes)
    end)
  end
end)
