-- What the simulator itself is worth: that it lets happen what it says, and sees
-- what does not hold.

local faults_of = require "spec.restore.simulator.faults"
local random_of = require "spec.restore.simulator.random"
local scheduler_of = require "spec.restore.simulator.scheduler"
local service_of = require "spec.restore.simulator.service"
local trace_of = require "spec.restore.simulator.trace"
local simulator = require "spec.restore.simulator"

local EXPEDITED = { name = "Expedited", least = 60, most = 300 }

describe("the simulator: time", function()
  it("passes in order, and of the same moment in the order in which it was told", function()
    local time, seen = scheduler_of.new(100), {}
    for i, moment in ipairs({ 105, 101, 105, 103, 101 }) do
      time:at(moment, function() seen[#seen + 1] = i end)
    end
    assert.is_false(time:run(function() return false end, 1000))
    assert.same({ 2, 5, 4, 1, 3 }, seen)
    assert.equal(105, time.now)
  end)

  it("passes for a process that sleeps, and none for one that does not", function()
    local time, seen = scheduler_of.new(0), {}
    local process = scheduler_of.process("a")
    time:spawn(process, function()
      time:sleep(5)
      seen[1] = time.now
      time:sleep(0)
      seen[2] = time.now
    end)
    time:run(function() return false end, 1000)
    assert.same({ 5, 5 }, seen)
  end)

  it("a process that was killed does nothing more, whatever it catches", function()
    local time, seen = scheduler_of.new(0), {}
    local process = scheduler_of.process("a")
    time.on_boundary = function(_, where)
      if where == "fatal" then
        time:kill()
      end
    end
    time:spawn(process, function()
      pcall(function() time:boundary("fatal") end)
      time:sleep(1)
      seen[#seen + 1] = "the dead slept"
    end)
    time:spawn(process, function()
      time:sleep(2)
      seen[#seen + 1] = "the other one too"
    end)
    time:run(function() return false end, 1000)
    assert.same({}, seen)
    assert.equal(1, time.boundaries)
  end)

  it("a process that stands still goes on where it was, later", function()
    local time, at = scheduler_of.new(0), nil
    local process = scheduler_of.process("a")
    time:spawn(process, function()
      process.paused_until = 3600
      time:sleep(1)
      at = time.now
    end)
    time:run(function() return false end, 10000)
    assert.equal(3600, at)
  end)

  it("what is raised in a process that lives is raised", function()
    local time = scheduler_of.new(0)
    time:spawn(scheduler_of.process("a"), function() error("a fault") end)
    assert.has_error(function() time:run(function() return false end, 10) end)
  end)
end)

-- A service with archives a1, a2 ..., and who counts what was paid twice.
local function new_service(count, options)
  local random = random_of.new(7)
  local scheduler = scheduler_of.new(1e9)
  local twice = {}
  local world = {
    scheduler = scheduler, trace = trace_of.new(scheduler), random = random, archives = {},
    faults = options and options.faults or faults_of.none(), tier = EXPEDITED,
    prices = { per_1000_requests = 10, per_gib = 1 }, newest_first = options and options.newest_first,
    checks = {
      spent = function() end,
      paid_twice = function(_, archive) twice[#twice + 1] = archive.name end,
    },
  }
  for i = 1, count do
    world.archives["a" .. i] = { name = "a" .. i, size = 2 ^ 29, tree_hash = ("%064d"):format(i) }
  end
  return service_of.new(world), world, twice
end

local function start(service, i, signed_at)
  return service:initiate_job({ jobParameters = { ArchiveId = "a" .. i } },
    signed_at or service.world.scheduler.now)
end

-- The archives of all pages.
local function listed(service)
  local seen, marker = {}, nil
  repeat
    local page = service:list_jobs({ marker = marker })
    for _, job in ipairs(page.JobList) do
      seen[#seen + 1] = job.ArchiveId
    end
    marker = page.Marker
  until not marker
  return seen
end

describe("the simulator: the service", function()
  it("charges when a job is made, and for no other request", function()
    local service = new_service(1)
    start(service, 1)
    assert.equal((0.01 + 0.5) * 1e9, service.spent)
    start(service, 1, service.world.scheduler.now - 301)
    assert.equal((0.01 + 0.5) * 1e9, service.spent)
  end)

  it("refuses signatures of more than five minutes ago, or ahead", function()
    local service = new_service(1)
    local now = service.world.scheduler.now
    for _, case in ipairs({ { -301 }, { 301 }, { -299, true }, { 299, true } }) do
      local answer, refusal = start(service, 1, now + case[1])
      assert.equal(case[2] or false, answer ~= nil)
      assert.equal(not case[2] and "InvalidSignatureException" or nil, refusal and refusal.code)
    end
  end)

  it("sees who pays twice: while the first job has more than an hour, and has not failed", function()
    local service, world, twice = new_service(3)
    start(service, 1)
    start(service, 1)
    assert.same({ "a1" }, twice)
    local completes = service.jobs[2].completes
    world.scheduler.now = completes + 22 * 3600
    start(service, 1)
    assert.equal("a1", twice[2])
    world.scheduler.now = service.jobs[3].completes + 23.5 * 3600
    local before = #twice
    start(service, 1)
    assert.equal(before, #twice)
    world.archives.a2.always_fails = true
    start(service, 2)
    world.scheduler.now = world.scheduler.now + 301
    start(service, 2)
    assert.equal(before, #twice)
  end)

  for _, newest_first in ipairs({ false, true }) do
    it("lists all jobs once, newest first: " .. tostring(newest_first), function()
      local service, world = new_service(120, { newest_first = newest_first })
      for i = 1, 120 do
        start(service, i)
        world.scheduler.now = world.scheduler.now + 1
      end
      local seen = listed(service)
      assert.equal(120, #seen)
      assert.equal(newest_first and "a120" or "a1", seen[1])
      world.scheduler.now = service.jobs[60].completes + 86401
      local left = 0
      for _, job in ipairs(service.jobs) do
        left = left + (world.scheduler.now <= job.completes + 86400 and 1 or 0)
      end
      assert.equal(left, #listed(service))
      assert.is_true(left < 120)
    end)
  end

  it("lists a job late", function()
    local faults = faults_of.none()
    faults.list_lag = 120
    local service, world = new_service(50, { faults = faults })
    for i = 1, 50 do
      start(service, i)
    end
    assert.is_true(#listed(service) < 25)
    world.scheduler.now = world.scheduler.now + 121
    assert.equal(50, #listed(service))
  end)

  it("keeps the output for a day", function()
    local service, world = new_service(1)
    local id = start(service, 1).jobId
    assert.equal("InvalidParameterValueException", select(2, service:output(id)).code)
    world.scheduler.now = service.jobs[1].completes
    assert.is_table((service:output(id)))
    world.scheduler.now = service.jobs[1].completes + 86401
    assert.equal("ResourceNotFoundException", select(2, service:output(id)).code)
  end)
end)

-- A restore as one would write it first: a job, then a row that tells of it, in a
-- memory that no crash harms.
local function drive_naively(rows, world, client)
  for _, archive in ipairs(world.list) do
    local row = rows[archive.name] or {}
    rows[archive.name] = row
    if not row.job then
      local answer
      repeat
        answer = client:initiate_job({ jobParameters = { ArchiveId = archive.name } },
          { max_attempts = 1, reconcile = false, sign_before = client:time() + 60 })
        client:sleep(0.01)
      until answer
      row.job = answer.jobId
    end
    local done = world.on_disk[archive.name]
    while not done do
      client:sleep(60)
      done = client:download_job_output({ jobId = row.job },
        { path = archive.name, tree_hash = archive.tree_hash })
    end
    world.checks:published(archive, archive, archive.name)
  end
end

local function open_naively(world)
  local rows = {}
  local function none() end
  world.database = {}
  world.drive = function(...)
    return drive_naively(rows, ...)
  end
  world.inspect = {
    money = function() return { reserved = math.huge, cap = math.huge } end,
    places = function() return {} end,
    sums = function() return {} end,
    states = function()
      local states = {}
      for name in pairs(world.on_disk) do
        states[name] = "done"
      end
      return states
    end,
    back_up = none, set_back = none, close = none,
  }
end

local function run_naively(seed, faults)
  return simulator.run({ seed = seed, archives = 40, processes = 1, open = open_naively, tier = EXPEDITED,
    rates = { starts_per_second = 10 }, faults = faults })
end

describe("the simulator: a restore that writes after it has paid", function()
  it("is all right where nothing goes wrong", function()
    local result, violation = run_naively(1, faults_of.none())
    assert.is_nil(violation and violation.message)
    assert.equal(40, result.jobs)
  end)

  for _, name in ipairs({ "lost", "broken", "late", "crash" }) do
    it("pays twice where this goes wrong: " .. name, function()
      local faults, caught = faults_of.none(), 0
      faults[name] = 0.05
      for seed = 1, 20 do
        local _, violation = run_naively(seed, faults)
        if violation then
          caught = caught + 1
          assert.equal("paid twice", violation.rule)
          assert.truthy(violation.schedule:find("makes a job", 1, true))
        end
      end
      assert.is_true(caught > 0)
    end)
  end

  it("does the same for a seed every time", function()
    local faults = faults_of.none()
    faults.lost = 0.05
    local _, first = run_naively(3, faults)
    local _, second = run_naively(3, faults)
    assert.equal(first.message, second.message)
    assert.equal(first.schedule, second.schedule)
  end)
end)
