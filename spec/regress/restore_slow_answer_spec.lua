-- Runs on one Lua: what it finds does not depend on that.
--
-- A batch of starts ended when its last answer was there, and nothing else was started
-- meanwhile: one lost answer of twenty, for which a starter waits a minute, held up all.

local faults_of = require "spec.restore.simulator.faults"
local simulator = require "spec.restore.simulator"

describe("a starter that waits for an answer", function()
  it("goes on with others meanwhile", function()
    local faults = faults_of.none()
    faults.lost = 0.05
    local result, violation = simulator.run({ seed = 1, archives = 400, processes = 1, faults = faults,
      rates = { starts_per_second = 20 }, tier = { name = "Expedited", least = 60, most = 300 } })
    assert.is_nil(violation)
    assert.is_true(result.jobs >= 400)
    -- All but those whose answers were lost are started one after the other.
    local seconds = result.job_at(360) - result.job_at(1)
    assert.is_true(seconds < 200, seconds)
  end)
end)
