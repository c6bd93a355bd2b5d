-- Random faults on the way from a job to the bytes: a retrieval that is run again
-- until it ends brings the right bytes, and starts no more jobs than it may.
-- GLACIER_SEED repeats a run. Runs on one Lua: what is random is the service.

local errors = require "glacier.errors"
local retrieval = require "spec.support.retrieval"

local seed = tonumber(os.getenv "GLACIER_SEED") or os.time() % 1000000

local SCHEDULES, RUNS, MOST_JOBS = 5, 8, 2
local SIZE = 2 * retrieval.MIB + 77

local FAULTS = {
  { operation = "InitiateJob", chance = 0.2, status = 500, code = "InternalServerException" },
  { operation = "DescribeJob", chance = 0.2, status = 400, code = "ThrottlingException" },
  { operation = "DescribeJob", chance = 0.1, close = true },
  { operation = "ListJobs", chance = 0.2, close = true },
  { operation = "GetJobOutput", chance = 0.2, cut = 400000 },
  { operation = "GetJobOutput", chance = 0.1, status = 503 },
  { operation = "GetJobOutput", chance = 0.1, flip = 1000000 },
  { operation = "GetJobOutput", chance = 0.1, close = true },
}

before_each(retrieval.prepare)
after_each(retrieval.finish)

describe("a retrieval amid random faults (seed " .. seed .. ")", function()
  for schedule = 1, SCHEDULES do
    it("brings the right bytes: schedule " .. schedule, function()
      retrieval.start({ archives = { photo = { size = SIZE } }, seed = seed * 31 + schedule,
        faults = FAULTS, ready_after = schedule % 2 * 0.1 })
      local where = ("seed %d, schedule %d: "):format(seed, schedule)
      local result, err
      local runs = 0
      repeat
        runs = runs + 1
        result, err = retrieval.retrieve({ max_jobs = MOST_JOBS })
        assert(result or errors.is_error(err), where .. "no error object")
      until result or runs == RUNS
      local ok, problem = pcall(retrieval.assert_right, result, err)
      assert(ok, where .. tostring(problem))
      local made = 0
      for _, entry in ipairs(retrieval.server:log "InitiateJob") do
        made = made + (entry.status == 202 and 1 or 0)
      end
      assert(made <= MOST_JOBS, where .. made .. " jobs were started")
    end)
  end
end)
