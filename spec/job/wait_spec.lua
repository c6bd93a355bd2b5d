-- client:wait_job, by a real client, a simulated service and a clock that costs
-- nothing.

local clients = require("spec.support.clients")
local job_world = require("spec.support.job_world")

local HOUR = 3600

after_each(clients.close_all)

describe("client:wait_job", function()
  it("returns the description of a job that has succeeded, at once", function()
    local world = job_world.new()
    world:add({ ends = 0 })
    local description = assert(world:wait())
    assert.equal("JOB1", description.JobId)
    assert.equal("Succeeded", description.StatusCode)
    assert.equal(200, description.ResponseMetadata.HTTPStatusCode)
    assert.equal(1, #world.requests)
    assert.same({}, world.slept)
  end)

  it("looks every 15 minutes, and every 5 after 3.5 hours", function()
    local world = job_world.new()
    world:add({ ends = 4.2 * HOUR })
    assert(world:wait())
    local all, distinct = world:steps(), {}
    assert.is_true(#all >= 14 and #all <= 30)
    for _, step in ipairs(all) do
      assert.is_true(job_world.about(step.at < 3.5 * HOUR and 900 or 300, step.seconds), step.seconds)
      distinct[step.seconds] = true
    end
    assert.truthy(next(distinct, next(distinct))) -- jittered
    assert.is_true(world.time - 4.2 * HOUR < 331)
  end)

  it("goes by the age of the job, not of the call", function()
    local world = job_world.new()
    world:add({ ends = 1000, age = 3.6 * HOUR })
    assert(world:wait())
    for _, step in ipairs(world:steps()) do
      assert.is_true(job_world.about(300, step.seconds))
    end
    world = job_world.new()
    world:add({ ends = 3000, age = 3.2 * HOUR })
    assert(world:wait())
    assert.is_true(job_world.about(900, world:steps()[1].seconds))
    assert.is_true(job_world.about(300, world:steps()[#world:steps()].seconds))
  end)

  it("looks every 30 seconds at an expedited one", function()
    local world = job_world.new()
    world:add({ ends = 200, more = { Tier = "Expedited" } })
    assert(world:wait())
    for _, step in ipairs(world:steps()) do
      assert.is_true(job_world.about(30, step.seconds))
    end
    assert.is_true(world.time < 240)
  end)

  it("does not believe the tier of an inventory", function()
    local world = job_world.new()
    world:add({ ends = 1000, more = { Action = "InventoryRetrieval", Tier = "Expedited" } })
    assert(world:wait())
    assert.is_true(job_world.about(900, world:steps()[1].seconds))
  end)

  it("takes a date in the future for now, and none too", function()
    for _, date in ipairs({ "2999-01-01T00:00:00Z", "", "yesterday" }) do
      local world = job_world.new()
      world:add({ ends = 4 * HOUR, more = { CreationDate = date } })
      assert(world:wait())
      local all = world:steps()
      assert.is_true(job_world.about(900, all[1].seconds))
      assert.is_true(job_world.about(300, all[#all].seconds)) -- it has been seen for that long
    end
  end)

  for _, offset in ipairs({ -8 * HOUR, 8 * HOUR, 20 * 365 * 24 * HOUR }) do
    it("where the service's clock is another: " .. offset, function()
      local world = job_world.new({ clock = offset })
      world:add({ ends = 4 * HOUR })
      assert(world:wait())
      local all = world:steps()
      assert.is_true(job_world.about(900, all[1].seconds))
      assert.is_true(job_world.about(300, all[#all].seconds))
    end)
  end

  it("goes by its own clock where the answers show no date", function()
    local world = job_world.new({ no_date = true })
    world:add({ ends = 1000, age = 3.6 * HOUR })
    assert(world:wait())
    assert.is_true(job_world.about(300, world:steps()[1].seconds))
  end)

  it("looks as often as is asked", function()
    local world = job_world.new()
    world:add({ ends = 100 })
    assert(world:wait({ interval = 7 }))
    for _, step in ipairs(world:steps()) do
      assert.is_true(math.abs(step.seconds - 7) < 1e-6)
    end
    assert.equal(16, #world.requests)
    world = job_world.new()
    world:add({ ends = 0.5 })
    assert(world:wait({ interval = 0 }))
    assert.is_true(#world.requests < 60)
  end)

  it("says of a failed job why", function()
    local world = job_world.new()
    world:add({ ends = 10, fails = "The archive\27[2J is damaged" })
    local description, err = world:wait({ interval = 4 })
    assert.is_nil(description)
    assert.equal("service", err.kind)
    assert.equal("JobFailed", err.code)
    assert.truthy(tostring(err):find("(JobFailed)", 1, true))
    assert.truthy(tostring(err):find("JOB1 failed: The archive?[2J is damaged", 1, true))
    assert.equal("Failed", err.description.StatusCode)
    assert.is_true(err.sent)
    assert.is_false(err.in_doubt)
  end)

  it("goes by StatusCode alone", function()
    for _, more in ipairs({ { Completed = true }, { StatusCode = "InProgress", Completed = true },
      { StatusCode = "Pausing" } }) do
      local world = job_world.new()
      more.StatusCode = more.StatusCode or "InProgress"
      world:add({ more = more })
      local _, err = world:wait({ timeout = 60, interval = 10 })
      assert.equal("DeadlineExceededError", err.code)
    end
    local world = job_world.new()
    world:add({ more = { StatusCode = "Succeeded", Completed = false } })
    assert(world:wait())
    world = job_world.new()
    world:add({ more = { StatusCode = "Failed", Completed = true } })
    assert.equal("JobFailed", select(2, world:wait()).code)
    assert.truthy(select(2, world:wait()).message:find("does not say why", 1, true))
  end)

  it("returns what is gone as the service says it", function()
    local world = job_world.new()
    local description, err = world:wait()
    assert.is_nil(description)
    assert.equal("ResourceNotFoundException", err.code)
    assert.equal(404, err.status)
    assert.equal("DescribeJob", err.operation)
    local job = world.jobs[world:add({})]
    world.at_sleep = function() job.gone = world.time > 2 * HOUR end
    assert.equal("ResourceNotFoundException", select(2, world:wait()).code)
    assert.is_true(world.time > 2 * HOUR)
  end)
end)

describe("client:wait_job ends", function()
  it("at its timeout, and says what was seen", function()
    local world = job_world.new()
    world:add({ age = 2 * HOUR })
    local description, err = world:wait({ timeout = 2000 })
    assert.is_nil(description)
    assert.equal("timeout", err.kind)
    assert.equal("DeadlineExceededError", err.code)
    assert.equal("DescribeJob", err.operation)
    assert.truthy(err.message:find("JOB1 was last seen as InProgress, 2 h 33 min old", 1, true))
    assert.equal("InProgress", err.description.StatusCode)
    assert.is_true(world.time <= 2000 and world.time >= 1990)
  end)

  it("with a look shortly before that", function()
    for _, timeout in ipairs({ 0.5, 10, 600, 2000 }) do
      local world = job_world.new()
      world:add({ ends = 0.9 * timeout })
      assert(world:wait({ timeout = timeout, interval = timeout == 10 and 11 or nil }))
      assert.is_true(world.time <= timeout)
    end
  end)

  it("at its timeout while nothing answers, and says why", function()
    local world = job_world.new({ latency = 20 })
    world:add({})
    world.fault = function() return nil, job_world.lost() end
    local _, err = world:wait({ timeout = 3 * HOUR })
    assert.equal("DeadlineExceededError", err.code)
    assert.truthy(err.message:find("JOB1 was not seen", 1, true))
    assert.truthy(err.message:find("Could not resolve host", 1, true))
    assert.equal("EndpointConnectionError", err.cause.code)
    assert.is_true(world.time <= 3 * HOUR + 20)
    assert.is_false(err.sent)
  end)

  it("gives each call what is left of it", function()
    local world = job_world.new()
    world:add({})
    world:wait({ timeout = 2000 })
    for _, request in ipairs(world.requests) do
      assert.is_true(math.abs(request.deadline - 2000) < 1e-6)
    end
    world = job_world.new()
    world:add({ ends = 9 * HOUR })
    assert(world:wait({ timeout = 0 }))
    assert.is_nil(world.requests[1].deadline)
  end)

  it("with the client", function()
    local world = job_world.new()
    world:add({})
    world.at_sleep = function()
      if world.time > HOUR then
        world.client:close()
      end
    end
    local description, err = world:wait()
    assert.is_nil(description)
    assert.equal("cancelled", err.kind)
    assert.is_true(world.time < HOUR + 1000)
    assert.equal("cancelled", select(2, world:wait()).kind)
  end)

  it("where the parameters are wrong, with all that is", function()
    local world = job_world.new()
    for _, params in ipairs({ {}, { vaultName = "v" }, { vaultName = "v", jobId = "" },
      { vaultName = "v", jobId = "J", x = 1 }, { vaultName = "v", jobId = 5 } }) do
      local description, err = world.client:wait_job(params)
      assert.is_nil(description)
      assert.equal("validation", err.kind)
      assert.equal("validation", select(2, world.client:wait_job(params, { timeout = 1e-9 })).kind)
    end
    assert.equal("validation", select(2, world.client:wait_job(5)).kind)
    assert.equal("validation", select(2, world.client:wait_job()).kind)
    assert.same({}, world.requests)
  end)

  it("where an option is", function()
    local world = job_world.new()
    local _, err = world:wait({ intervall = 5 })
    assert.equal("UnknownOptionError", err.code)
    assert.truthy(err.message:find("'interval'", 1, true))
    for _, options in ipairs({ { interval = -1 }, { timeout = -1 }, { interval = 0 / 0 } }) do
      assert.equal("config", select(2, world:wait(options)).kind)
    end
    for _, options in ipairs({ { interval = "5" }, { on_progress = 5 }, 5 }) do
      local ok, message = pcall(function()
        local description = world.client:wait_job({ vaultName = "v", jobId = "JOB1" }, options)
        return description
      end)
      assert.is_false(ok)
      assert.truthy(message:find("wait_spec", 1, true))
    end
  end)
end)

describe("client:wait_job tells its progress:", function()
  it("status, age, when it will end and when it is looked at", function()
    local world = job_world.new()
    world:add({ ends = 4 * HOUR })
    local events = {}
    local description = assert(world:wait({ on_progress = function(event)
      event.at = world.time
      events[#events + 1] = event
    end }))
    assert.equal("waiting", events[1].phase)
    assert.equal("InProgress", events[1].status)
    assert.equal(0, events[1].age)
    assert.equal(5 * HOUR, events[1].eta)
    assert.equal(900, events[1].next_look)
    for i = 2, #events do
      local between = events[i].at - events[i - 1].at
      assert.is_true(between <= 60.5 and (between >= 0.5 or events[i].done == true), between)
      assert.equal(i == #events or nil, events[i].done)
    end
    local last = events[#events]
    assert.equal("Succeeded", last.status)
    assert.equal(0, last.eta)
    assert.is_nil(last.err)
    local ended = world.epoch + 4 * HOUR
    assert.is_true(math.abs(last.expires - (ended + 24 * HOUR)) < 2)
    assert.equal("Succeeded", description.StatusCode)
  end)

  it("at most twice a second, the end always", function()
    local world = job_world.new()
    world:add({ ends = 10 })
    local count, last = 0, nil
    assert(world:wait({ interval = 0.1, on_progress = function(event)
      count, last = count + 1, event
    end }))
    assert.is_true(last.done)
    assert.is_true(count >= 15 and count <= 22, count)
  end)

  it("the error that ends it", function()
    local world = job_world.new()
    world:add({ ends = 10, fails = "no" })
    local last
    local _, err = world:wait({ on_progress = function(event) last = event end })
    assert.is_true(last.done)
    assert.equal(err, last.err)
  end)

  it("what it raises ends the wait, and the client goes on", function()
    for _, at in ipairs({ 1, 3 }) do
      local world = job_world.new()
      world:add({ ends = HOUR })
      local count, mine = 0, {}
      local ok, raised = pcall(world.wait, world, { on_progress = function()
        count = count + 1
        if count == at then
          error(mine)
        end
      end })
      assert.is_false(ok)
      assert.equal(mine, raised)
      assert.equal(at, count)
      assert(world:wait())
    end
  end)
end)

it("client:wait_job: many at a time, each in a coroutine", function()
  local world = job_world.new()
  local host, wakes = world.client.transport.host, {}
  host.sleep = function(seconds)
    wakes[coroutine.running()] = world.time + seconds
    coroutine.yield()
  end
  local ended, tasks = 0, {}
  for i = 1, 20 do
    local id = world:add({ ends = 60 * i })
    local task = coroutine.create(function()
      local description = assert(world:wait({ interval = 30 }, id))
      ended = ended + (description.JobId == id and 1 or 0)
    end)
    tasks[i] = task
    wakes[task] = 0
  end
  while ended < 20 do
    local first
    for _, task in ipairs(tasks) do
      if coroutine.status(task) ~= "dead" and (not first or wakes[task] < wakes[first]) then
        first = task
      end
    end
    world.time = math.max(world.time, wakes[first])
    assert(coroutine.resume(first))
  end
  assert.is_true(world.time < 1300)
end)
