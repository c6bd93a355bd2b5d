-- Runs on one Lua: what it finds does not depend on that.
--
-- Many restores, each with its own faults, in virtual time. A seed that fails shows
-- its schedule. GLACIER_SEEDS=FIRST-LAST runs others, GLACIER_ARCHIVES=N larger ones;
-- what is here fits about a minute.
-- Begins early: it takes long.

local faults_of = require "spec.restore.simulator.faults"
local simulator = require "spec.restore.simulator"

local format = string.format

local first, last = (os.getenv "GLACIER_SEEDS" or "1-40"):match("^(%d+)%-(%d+)$")
local ARCHIVES = tonumber(os.getenv "GLACIER_ARCHIVES" or 40)

local function run(options)
  local result, violation = simulator.run(options)
  if violation then
    error(format("%s\n%s", violation.message, violation.schedule), 0)
  end
  return result
end

describe("a restore simulated", function()
  it("pays once, keeps the cap and the rates, and ends: many seeds", function()
    local sum = { crashes = 0, pauses = 0, jobs = 0 }
    for seed = tonumber(first), tonumber(last) do
      local result = run({ seed = seed, archives = ARCHIVES })
      sum.crashes, sum.pauses = sum.crashes + result.crashes, sum.pauses + result.pauses
      sum.jobs = sum.jobs + result.jobs
    end
    -- What is not there to be survived shows nothing.
    assert.is_true(sum.crashes > 0 and sum.pauses > 0)
    assert.is_true(sum.jobs > 0)
  end)

  it("does so where the store is set back to a backup while jobs are started", function()
    local faults = faults_of.none()
    faults.set_back, faults.list_lag = 1, 120
    local result = run({ seed = 1, archives = 500, faults = faults, rates = { starts_per_second = 0.05 },
      tier = { name = "Expedited", least = 60, most = 300 } })
    assert.is_true(result.was_set_back)
  end)

  it("does so for thousands of archives, of which some go wrong", function()
    local faults = faults_of.none()
    faults.lost, faults.broken, faults.late, faults.list_lag = 0.01, 0.01, 0.002, 120
    faults.job_fails, faults.download_fails, faults.crash = 0.002, 0.005, 0.00005
    local result = run({ seed = 1, archives = 3000, faults = faults, rates = { starts_per_second = 20 },
      tier = { name = "Expedited", least = 60, most = 1800 } })
    assert.is_true(result.jobs >= 3000)
  end)
end)
