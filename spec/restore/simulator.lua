--- A restore simulated: its real modules and a real database, over a service, a
-- network and machines that are not there. Time is virtual, all chance comes
-- from a seed, and what must hold is looked at at every instant.

local checks_of = require("spec.restore.simulator.checks")
local client_of = require("spec.restore.simulator.client")
local faults_of = require("spec.restore.simulator.faults")
local random_of = require("spec.restore.simulator.random")
local scheduler_of = require("spec.restore.simulator.scheduler")
local service_of = require("spec.restore.simulator.service")
local store_of = require("spec.restore.simulator.store")
local tables_of = require("spec.restore.simulator.tables")
local trace_of = require("spec.restore.simulator.trace")

local ipairs = ipairs
local floor, huge = math.floor, math.huge
local find, format = string.find, string.format

local simulator = {}

-- 2026-01-01, and for how long a restore may come no further.
local START, HORIZON_SECONDS = 1767225600, 2 * 86400

-- A process that was killed is started again within so many seconds, one that
-- stands still goes on within so many.
local RESTART_SECONDS, PAUSE_SECONDS = 120, 3600

-- The database is gone for so many seconds at the most, and is set back to what
-- it was so many seconds before.
local GONE_SECONDS, BACKUP_SECONDS = 600, 1800

-- No backup is put back that is younger.
local LEAST_SECONDS = 61

-- All machines are off for so long, or up to twice that.
local OUTAGE_SECONDS = 20 * 3600

-- A cap that is too low is raised until it is so many times what it was.
local CAP_STEPS = 12

-- Seconds between two looks at the whole.
local LOOK_SECONDS = 1800

local TIERS = {
  { name = "Expedited", least = 60, most = 300 },
  { name = "Expedited", least = 60, most = 3600 },
  { name = "Standard", least = 600, most = 7200 },
}

---@class spec.World
local World = {}
World.__index = World

--- Whether the database is gone now.
function World:is_database_gone()
  return self.scheduler.now < self.database_back
end

--- A process stands still here, where chance has it.
function World:stand_still(process)
  if self.random() < self.faults.pause then
    self.pauses = self.pauses + 1
    process.paused_until = self.scheduler.now + self.random() * PAUSE_SECONDS
    self.trace:note(process.name, "stands still until", nil, process.paused_until - START)
    self.scheduler:sleep(0)
  end
end

local function new_archive(world, i)
  local random, faults = world.random, world.faults
  local name = format("ARCHIVE%07d", i)
  return {
    name = name, number = i, size = floor(1 + random() * random() * world.largest),
    tree_hash = format("%064d", i), created = START - 10 * 86400 + i,
    always_fails = random() < faults.always_fails, always_wrong = random() < faults.always_wrong,
    is_gone = random() < faults.is_gone,
    -- Chance alone may fail an archive as often as it may be.
    may_fail = faults.job_fails > 0 or faults.wrong_hash > 0 or faults.download_fails > 0,
  }
end

local function add_archives(world, options)
  world.list, world.archives = {}, {}
  for i = 1, options.archives do
    local archive = new_archive(world, i)
    local what = options.odd and options.odd[i]
    if what then
      archive[what] = true
    end
    world.list[i], world.archives[archive.name] = archive, archive
  end
end

-- A machine's process, and the next one in its place when it is killed or ends
-- before all is done.
local function start_process(world, machine, delay)
  local scheduler = world.scheduler
  scheduler:at(scheduler.now + delay, function()
    machine.starts = machine.starts + 1
    local process = scheduler_of.process(format("m%d.%d", machine.number, machine.starts))
    machine.process = process
    process.on_death = function()
      start_process(world, machine, world.random() * RESTART_SECONDS)
    end
    local client = client_of.new(world, process, machine.clock_error)
    scheduler:spawn(process, function()
      local ended = world.drive(world, client, store_of.new(world, world.database), process)
      process.dead = true
      if ended == "again" then
        process.on_death()
      else
        world.running = world.running - 1
      end
    end)
  end)
end

-- The fate of a process at a boundary: by number, or by chance.
local function arrange_deaths(world, options)
  local scheduler, crash = world.scheduler, world.faults.crash
  scheduler.on_boundary = function(process, where)
    local is_due = scheduler.boundaries == options.crash_at
    -- Most boundaries are those of a process that looks and finds nothing.
    local chance = find(where, "commit", 1, true) and crash or 10 * crash
    if is_due or crash > 0 and world.random() < chance then
      world.crashes = world.crashes + 1
      world.trace:note(process.name, "is killed " .. where)
      process.on_death()
      scheduler:kill()
    end
  end
  world.database.on_boundary = function(where)
    if scheduler.current then
      scheduler:boundary(where)
      world.commits = world.commits + 1
    end
  end
end

-- What the operator does: a cap that is too low is raised, step by step, and
-- there are pauses.
local function arrange_operator(world)
  local operator = require("glacier.restore.store.operator")
  local scheduler, random, db = world.scheduler, world.random, world.database
  if world.cap ~= huge then
    local step = world.cap
    local function raise()
      world.cap = world.cap + step
      world.trace:note("operator", "raises the cap to", nil, world.cap)
      operator.limit(db, { cap = floor(world.cap * 1e9) })
      if world.cap < CAP_STEPS * step then
        scheduler:at(scheduler.now + random() * 3600, raise)
      end
    end
    scheduler:at(START + random() * 3600, raise)
  end
  if random() < world.faults.paused then
    scheduler:at(START + random() * 3600, function()
      world.trace:note("operator", "pauses")
      operator.pause(db)
      scheduler:at(scheduler.now + random() * 1200, function()
        world.trace:note("operator", "resumes")
        operator.resume(db)
      end)
    end)
  end
end

-- For longer than an output is kept no download succeeds, though all else does.
local function arrange_storm(world)
  if world.random() < world.faults.storm then
    world.fair_from = START + OUTAGE_SECONDS * (1.5 + world.random())
  end
end

-- All machines are off for longer than an output is kept.
local function arrange_outage(world)
  local scheduler, random = world.scheduler, world.random
  if random() < world.faults.outage then
    scheduler:at(START + random() * 7200, function()
      world.trace:note("machines", "are off for more than a day")
      for _, machine in ipairs(world.machines) do
        if machine.process and not machine.process.dead then
          machine.process.dead = true
          start_process(world, machine, OUTAGE_SECONDS * (1 + random()))
        end
      end
    end)
  end
end

-- The database's own faults, at moments of the first hours.
-- Looks at the whole now and then.
local function arrange_looks(world)
  local scheduler = world.scheduler
  local function look()
    world.checks:whole()
    scheduler:at(scheduler.now + LOOK_SECONDS, look)
  end
  scheduler:at(START + LOOK_SECONDS, look)
end

local function arrange_database(world)
  local scheduler, random = world.scheduler, world.random
  if random() < world.faults.database_gone then
    scheduler:at(START + random() * 7200, function()
      world.database_back = scheduler.now + random() * GONE_SECONDS
      world.trace:note("database", "is gone until", nil, world.database_back - START)
    end)
  end
  if random() < world.faults.set_back then
    local moment = START + random() * 7200
    scheduler:at(moment, function()
      world.inspect.back_up()
      world.trace:note("database", "is backed up")
    end)
    scheduler:at(moment + LEAST_SECONDS + random() * BACKUP_SECONDS, function()
      -- Whoever restores a backup ends those who use the database first.
      for _, machine in ipairs(world.machines) do
        if machine.process and not machine.process.dead then
          machine.process.dead = true
          machine.process.on_death()
        end
      end
      world.inspect.set_back()
      world.was_set_back = true
      world.trace:note("database", "is set back to its backup")
    end)
  end
end

-- What all archives cost once, or a part of that: then nothing is started for a
-- while, and in the end some may cost more than once.
local function first_cap(world)
  if world.random() >= world.faults.capped then
    return huge
  end
  local cost = 0
  for _, archive in ipairs(world.list) do
    cost = cost + world.prices.per_1000_requests / 1000 + world.prices.per_gib * archive.size / 2 ^ 30
  end
  return cost / 4
end

local function drawn_rates(random, faults)
  return { starts_per_second = 1 + floor(random() * 20),
    bytes_per_hour = random() < faults.paced and 2 ^ 20 * 3600 * (1 + floor(random() * 30)) or nil }
end

local function new_world(options)
  local random = random_of.new(options.seed)
  local scheduler = scheduler_of.new(START)
  local world = setmetatable({
    seed = options.seed, random = random, scheduler = scheduler, trace = trace_of.new(scheduler),
    faults = options.faults or faults_of.drawn(random), follows_date = true,
    prices = { per_1000_requests = 0.025, per_gib = 0.0025 },
    tier = options.tier or TIERS[1 + floor(random() * #TIERS)], newest_first = random() < 0.5,
    largest = options.largest or 2 ^ 26, bandwidth = 2 ^ 24, tick_seconds = 5, database_back = 0,
    disk = {}, on_disk = {}, disk_bytes = huge, machines = {}, processes = {}, crashes = 0, pauses = 0,
    commits = 0, moved_at = START, fair_from = 0,
  }, World)
  world.rates = options.rates or drawn_rates(random, world.faults)
  world.checks, world.service = checks_of.new(world), service_of.new(world)
  return world
end

local function describe(world)
  return {
    seed = world.seed, jobs = #world.service.jobs, crashes = world.crashes, pauses = world.pauses,
    commits = world.commits, boundaries = world.scheduler.boundaries,
    hours = (world.scheduler.now - START) / 3600, requests = world.service.requests,
    was_set_back = world.was_set_back,
    job_at = function(i) -- when the i-th job was made
      return world.service.jobs[i].created
    end,
  }
end

-- What did not hold, with the schedule that led to it.
local function report(world, raised)
  local violation = world.checks.violation
  local text = violation and violation.message or tostring(raised)
  return { rule = violation and violation.rule or "raised", message = text,
    schedule = world.trace:text(violation and violation.archive) }
end

--- Simulates a restore from its first request to its last file.
---@param options table  seed, archives, processes, and what else is to be fixed:
--- faults, tier, rates, largest, odd (what is true of which archive), crash_at (the number of a boundary), url, open
--- (in place of tables.open)
---@return table? result  what it came to
---@return table? violation  {rule=, message=, schedule=}
function simulator.run(options)
  local world = new_world(options)
  add_archives(world, options)
  local ok, raised = pcall(function()
    world.cap = options.cap or first_cap(world)
    local open = options.open or tables_of.open
    open(world, options)
    world.running = options.processes or 3
    for i = 1, world.running do
      local skew = (2 * world.random() - 1) * world.faults.clock_error
      world.machines[i] = { number = i, starts = 0, clock_error = skew }
      start_process(world, world.machines[i], world.random() * 5)
    end
    arrange_deaths(world, options)
    arrange_database(world)
    arrange_outage(world)
    arrange_storm(world)
    world.service:add_others()
    arrange_operator(world)
    arrange_looks(world)
    local ended = world.scheduler:run(function()
      return world.running == 0 or world.checks.violation ~= nil or
        world.scheduler.now - world.moved_at > HORIZON_SECONDS
    end, huge) and world.running == 0
    if world.checks.violation then
      error(world.checks.violation, 0)
    elseif not ended then
      world.checks:stuck()
    end
    world.checks:ended()
  end)
  world.scheduler.on_boundary = nil
  if world.database then
    world.inspect.close()
  end
  if not ok then
    return nil, report(world, raised)
  end
  return describe(world)
end

return simulator
