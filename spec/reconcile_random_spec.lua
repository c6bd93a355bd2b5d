-- Random schedules of lost requests and answers: never two jobs for one call,
-- never an id that was not created. GLACIER_SEED repeats a run.

local clients = require("spec.support.clients")
local glacier = require("glacier")
local simulation = require("spec.support.simulation")

local SCHEDULES = 10000
local CALLS = 3
local seed = tonumber(os.getenv("GLACIER_SEED")) or os.time() % 1000000

-- A generator of our own (Park and Miller): the same schedules on every Lua.
local function generator(state)
  state = state % 2147483646 + 1
  return function()
    state = state * 16807 % 2147483647
    return state / 2147483647
  end
end

local function new_client(world)
  local client = assert(glacier.client({
    region = "us-west-2", endpoint_url = "http://127.0.0.1:1", credentials = clients.CREDENTIALS,
    max_attempts = 3, host = world.host,
  }))
  client:close()
  client.transport = world
  return client
end

local function run(schedule)
  local random = generator(seed * 20011 + schedule)
  local world = simulation.new(random, { lists_lost = 2, clock = random() * 400 - 200 })
  local client = new_client(world)
  local given, ended = {}, {}
  for i = 1, CALLS do
    local before = #world.jobs
    local response, err = client:initiate_job({
      vaultName = "v",
      jobParameters = { Type = "archive-retrieval", ArchiveId = random() < 0.7 and "A" or "B" },
    })
    local where = ("seed %d, schedule %d, call %d"):format(seed, schedule, i)
    assert(#world.jobs - before <= 1, where .. ": two jobs for one call")
    if response then
      assert(world.creators[response.jobId], where .. ": an id that was not created")
      assert(not given[response.jobId], where .. ": an id that was given before")
      assert(response.jobId == world.jobs[#world.jobs].JobId, where .. ": another call's job")
      given[response.jobId] = true
    else
      assert(err.kind ~= "validation" and err.kind ~= "config", where .. ": " .. tostring(err))
      assert(#world.jobs == before, where .. ": a job was started and not given")
    end
    ended[response and "response" or err.kind] = true
  end
  return ended
end

describe("reconcile", function()
  it(("gives one job a call in %d random schedules, seed %d"):format(SCHEDULES, seed), function()
    local ended = {}
    for schedule = 1, SCHEDULES do
      for kind in pairs(run(schedule)) do
        ended[kind] = (ended[kind] or 0) + 1
      end
    end
    -- The schedules are worth something: calls ended well, and badly.
    assert.is_true(ended.response > SCHEDULES / 2)
    assert.is_true(ended.network > 10)
    assert.is_true(ended.service > 10)
  end)
end)
