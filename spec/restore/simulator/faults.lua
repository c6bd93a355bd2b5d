--- What goes wrong in a simulation, and how often: drawn by the seed, so that some
-- seeds are calm and others are not.

local floor = math.floor

local faults = {}

--- Nothing goes wrong.
---@return table
function faults.none()
  return {
    crash = 0, pause = 0, pause_at_signing = 0, late = 0, lost = 0, broken = 0, refused = 0,
    throttled = 0, policy = 0, job_fails = 0, download_fails = 0, wrong_hash = 0, list_lag = 0,
    commit_twice = 0, commit_unknown = 0, clock_error = 0, always_fails = 0, always_wrong = 0,
    is_gone = 0, database_gone = 0, set_back = 0, stop = 0, outage = 0, capped = 0,
    paused = 0, paced = 0,
  }
end

-- Chances, or seconds, at most.
local WORST = {
  crash = 0.002, pause = 0.02, pause_at_signing = 0.01, late = 0.02, lost = 0.03, broken = 0.03,
  refused = 0.02, throttled = 0.02, policy = 0.002, job_fails = 0.02, download_fails = 0.05,
  wrong_hash = 0.01, list_lag = 120, commit_twice = 0.01, commit_unknown = 0.01, clock_error = 240,
  always_fails = 0.003, always_wrong = 0.003, is_gone = 0.003, database_gone = 0.3, set_back = 0.2,
  stop = 0.3, outage = 0.3, capped = 0.6, paused = 0.6, paced = 0.6,
}

--- Faults of a seed: each kind is absent, rare or frequent.
---@param random fun(): number
---@return table
function faults.drawn(random)
  local drawn = {}
  local names = {}
  for name in pairs(WORST) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    drawn[name] = WORST[name] * floor(random() * 4) / 3
  end
  return drawn
end

return faults
