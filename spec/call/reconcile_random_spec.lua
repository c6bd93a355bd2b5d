-- Random schedules of lost requests and answers: never two jobs for one call,
-- never an id that was not created. GLACIER_SEED repeats a run; 5.4 takes all of
-- the schedules, each other Lua a quarter.
-- Begins early: it takes long.

local clients = require("spec.support.clients")
local glacier = require("glacier")
local share = require("spec.support.share")
local simulation = require("spec.support.simulation")

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
  clients.replace_transport(client, world)
  return client
end

local function new_world(schedule)
  local random = generator(seed * 20011 + schedule)
  local world = simulation.new(random, { lists_lost = 2, clock = random() * 400 - 200 })
  return world, new_client(world), random
end

local function new_params(archive)
  return { vaultName = "v", jobParameters = { Type = "archive-retrieval", ArchiveId = archive } }
end

local function check_error(err, where)
  assert(err.kind ~= "validation" and err.kind ~= "config", where .. ": " .. tostring(err))
end

local function count_end(ended, response, err)
  local kind = response and "response" or err.kind
  ended[kind] = (ended[kind] or 0) + 1
end

-- Calls one after the other: each is given the job that it started.
local function run_in_turn(schedule, ended)
  local world, client, random = new_world(schedule)
  local given = {}
  for i = 1, CALLS do
    local before = #world.jobs
    local response, err = client:initiate_job(new_params(random() < 0.7 and "A" or "B"))
    local where = ("seed %d, schedule %d, call %d"):format(seed, schedule, i)
    assert(#world.jobs - before <= 1, where .. ": two jobs for one call")
    if response then
      assert(world.creators[response.jobId], where .. ": an id that was not created")
      assert(not given[response.jobId], where .. ": an id that was given before")
      assert(response.jobId == world.jobs[#world.jobs].JobId, where .. ": another call's job")
      given[response.jobId] = true
    else
      check_error(err, where)
      assert(#world.jobs == before, where .. ": a job was started and not given")
    end
    count_end(ended, response, err)
  end
end

-- Calls for the same thing at the same time: as many jobs as are given, and
-- none twice, whosever they are.
local function run_together(schedule, ended)
  local world, client = new_world(schedule)
  local where = ("seed %d, schedule %d"):format(seed, schedule)
  local given, count, tasks = {}, 0, {}
  for i = 1, CALLS do
    tasks[i] = function()
      local response, err = client:initiate_job(new_params("A"))
      if response then
        assert(world.creators[response.jobId], where .. ": an id that was not created")
        assert(not given[response.jobId], where .. ": an id that was given before")
        given[response.jobId] = true
        count = count + 1
      else
        check_error(err, where)
      end
      count_end(ended, response, err)
    end
  end
  world:together(tasks)
  assert(#world.jobs == count, ("%s: %d jobs for %d calls"):format(where, #world.jobs, count))
end

describe("reconcile", function()
  for _, case in ipairs { { "in turn", 10000, run_in_turn }, { "at once", 3000, run_together } } do
    local schedules, run = share.of(case[2]), case[3]
    local first, step = share.steps()
    it(("gives one job a call, %s, in %d random schedules, seed %d")
      :format(case[1], schedules, seed), function()
      local ended = {}
      for schedule = first, case[2], step do
        run(schedule, ended)
      end
      -- The schedules are worth something: calls ended well, and badly.
      assert.is_true(ended.response > schedules / 2)
      assert.is_true(ended.network > 10)
      assert.is_true(ended.service > 10)
    end)
  end
end)
