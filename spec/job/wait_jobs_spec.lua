-- client:wait_jobs, by a real client, a simulated service and a clock that costs
-- nothing.

local clients = require("spec.support.clients")
local job_world = require("spec.support.job_world")

local HOUR = 3600

after_each(clients.close_all)

local function add(world, count, job)
  local ids = {}
  for i = 1, count do
    local copy = {}
    for name, value in pairs(job or {}) do
      copy[name] = value
    end
    ids[i] = world:add(copy)
  end
  return ids
end

local function wait(world, ids, options)
  local results, err = world.client:wait_jobs({ vaultName = "v", jobIds = ids }, options)
  return results, err
end

local function count(results)
  local number = 0
  for _ in pairs(results) do
    number = number + 1
  end
  return number
end

-- Looks: runs of requests without a pause between them.
local function looks(world)
  local result = {}
  for _, request in ipairs(world.requests) do
    if not result[1] or request.at ~= result[#result] then
      result[#result + 1] = request.at
    end
  end
  return result
end

describe("client:wait_jobs", function()
  it("waits for all of them by their list alone, 50 a call", function()
    local world = job_world.new()
    local ids = add(world, 120, { ends = 3.9 * HOUR })
    local results = assert(wait(world, ids))
    assert.equal(120, count(results))
    for _, id in ipairs(ids) do
      assert.equal(id, results[id].JobId)
      assert.equal("Succeeded", results[id].StatusCode)
    end
    assert.equal(0, #world:times("DescribeJob"))
    assert.equal(3 * #looks(world), #world.requests)
    for _, request in ipairs(world.requests) do
      assert.equal("50", request.limit)
      assert.equal("/-/vaults/v/jobs", request.path)
    end
    assert.is_true(#looks(world) < 30)
  end)

  it("reads no more of the list than it must", function()
    local world = job_world.new()
    local ids = add(world, 30, { ends = 2000 })
    add(world, 500)
    assert(wait(world, ids))
    assert.equal(#looks(world), #world.requests)
  end)

  it("goes by the job that is due first", function()
    local world = job_world.new()
    local ids = add(world, 3, { ends = 2 * HOUR })
    ids[4] = world:add({ ends = 100, more = { Tier = "Expedited" } })
    local results = assert(wait(world, ids))
    assert.equal(4, count(results))
    local times = looks(world)
    assert.is_true(times[2] - times[1] < 34)
    assert.is_true(times[#times] - times[#times - 1] > 800) -- the expedited one has ended
  end)

  it("has an error for each that has failed, or is gone", function()
    local world = job_world.new()
    local good, bad = world:add({ ends = 100 }), world:add({ ends = 50, fails = "damaged" })
    local results = assert(wait(world, { good, "NONE", bad }, { interval = 20 }))
    assert.equal(3, count(results))
    assert.equal("Succeeded", results[good].StatusCode)
    assert.equal("JobFailed", results[bad].code)
    assert.truthy(results[bad].message:find("damaged", 1, true))
    assert.equal("ResourceNotFoundException", results.NONE.code)
    assert.equal(1, #world:times("DescribeJob"))
  end)

  it("looks at each that no list shows yet", function()
    local world = job_world.new()
    local ids = add(world, 60, { ends = 1000 })
    ids[61] = world:add({ ends = 1500, unlisted = 600 })
    ids[62] = world:add({ ends = 100, unlisted = 1e9 })
    local results = assert(wait(world, ids, { interval = 100 }))
    assert.equal(62, count(results))
    assert.equal("Succeeded", results[ids[61]].StatusCode)
    assert.equal("Succeeded", results[ids[62]].StatusCode)
    assert.equal(6 + 2, #world:times("DescribeJob"))
  end)

  it("takes a job that vanishes while it waits", function()
    local world = job_world.new()
    local id = world:add({})
    world.at_sleep = function() world.jobs[id].gone = world.time > 500 end
    local results = assert(wait(world, { id }, { interval = 100 }))
    assert.equal("ResourceNotFoundException", results[id].code)
  end)

  it("takes ids twice, and none", function()
    local world = job_world.new()
    local id = world:add({ ends = 0 })
    assert.equal(1, count(assert(wait(world, { id, id, id }))))
    assert.equal(1, #world.requests)
    assert.same({}, (assert(wait(world, {}))))
    assert.equal(1, #world.requests)
  end)

  it("takes thousands", function()
    local world = job_world.new()
    local ids = {}
    for i = 1, 5000 do
      ids[i] = world:add({ ends = i < 4990 and 100 or 900, fails = i % 10 == 0 and "x" or nil })
    end
    for i = 5001, 5100 do
      ids[i] = "GONE" .. i
    end
    local results = assert(wait(world, ids, { interval = 200 }))
    assert.equal(5100, count(results))
    assert.equal(100, #world:times("DescribeJob"))
    local failed = 0
    for _, result in pairs(results) do
      failed = failed + (result.code == "JobFailed" and 1 or 0)
    end
    assert.equal(500, failed)
  end)

  it("passes the account on", function()
    local world = job_world.new()
    local id = world:add({ ends = 0 })
    assert(world.client:wait_jobs({ accountId = "111122223333", vaultName = "v", jobIds = { id, "X" } }))
    for _, request in ipairs(world.requests) do
      assert.truthy(request.path:find("^/111122223333/vaults/v/jobs"))
    end
  end)

  it("pauses for longer where the list takes long to read", function()
    local world = job_world.new({ latency = 2 })
    local ids = add(world, 1000, { ends = 100, more = { Tier = "Expedited" } })
    assert(wait(world, ids))
    assert.is_true(world.slept[1] >= 4 * 40 * 0.899)
  end)
end)

describe("client:wait_jobs goes on", function()
  it("where a list cannot be had, in the middle of it too", function()
    for _, page in ipairs({ "1", "51", "101" }) do
      local world = job_world.new()
      local ids = add(world, 120, { ends = 2000 })
      world.fault = function(request)
        if request.operation == "ListJobs" and (request.marker or "1") == page and
            (request.at < 1000 or request.at > 1500 and request.at < 5000) then
          return nil, job_world.lost()
        end
      end
      local results = assert(wait(world, ids))
      assert.equal(120, count(results))
      assert.equal(0, #world:times("DescribeJob")) -- a part of a list tells of none that it is gone
    end
  end)

  it("where the marker of a page is refused, which may have aged", function()
    local world = job_world.new()
    local ids = add(world, 120, { ends = 2000 })
    world.fault = function(request)
      if request.marker == "101" and request.at < HOUR then
        return world:refusal(400, "InvalidParameterValueException", "Invalid marker")
      end
    end
    assert.equal(120, count(assert(wait(world, ids))))
    assert.equal(0, #world:times("DescribeJob"))
  end)

  it("where single jobs cannot be looked at", function()
    local world = job_world.new()
    local ids = add(world, 40, { ends = 10, unlisted = 1e9 })
    world.fault = function(request)
      -- Some answer for an hour with nothing but errors.
      local number = tonumber((request.job or ""):match("%d+"))
      if number and number % 4 == 1 and request.at < HOUR then
        return world:refusal(500, "ServiceUnavailableException")
      end
    end
    local results = assert(wait(world, ids, { interval = 100 }))
    assert.equal(40, count(results))
    for _, id in ipairs(ids) do
      assert.equal("Succeeded", results[id].StatusCode)
    end
    assert.is_true(#world:times("DescribeJob") < 200)
  end)

  it("where the list comes to a page again, for a while", function()
    local world = job_world.new()
    local ids = add(world, 60, { ends = 10 })
    world.fault = function(request)
      if request.at < HOUR and request.operation == "ListJobs" then
        return world:answer(200, { JobList = {}, Marker = "x" })
      end
    end
    assert.equal(60, count(assert(wait(world, ids))))
    world = job_world.new()
    ids = add(world, 60, { ends = 10 })
    world.fault = function()
      return world:answer(200, { JobList = {}, Marker = "x" })
    end
    local results, err = wait(world, ids)
    assert.is_nil(results)
    assert.equal("PaginationError", err.code)
    assert.is_true(world.time < 4 * HOUR)
  end)
end)

describe("client:wait_jobs ends", function()
  it("where the next page of a list is always refused, after a while", function()
    local world = job_world.new()
    local ids = add(world, 60, { ends = 10 })
    world.fault = function(request)
      if request.marker then
        return world:refusal(400, "InvalidParameterValueException")
      end
    end
    local results, err = wait(world, ids)
    assert.is_nil(results)
    assert.equal("PaginationError", err.code)
    assert.equal("InvalidParameterValueException", err.cause.code)
    assert.is_true(world.time < 4 * HOUR)
  end)

  it("at its timeout, with what there is", function()
    local world = job_world.new()
    local good, bad = world:add({ ends = 100 }), world:add({ ends = 100, fails = "x" })
    local slow, slower = world:add({ more = { Tier = "Bulk" } }), world:add({})
    local results = assert(wait(world, { slow, good, bad, slower, "NONE" }, { timeout = 500 }))
    assert.equal(5, count(results))
    assert.equal("Succeeded", results[good].StatusCode)
    assert.equal("JobFailed", results[bad].code)
    assert.equal("ResourceNotFoundException", results.NONE.code)
    for _, id in ipairs({ slow, slower }) do
      assert.equal("DeadlineExceededError", results[id].code)
      assert.equal("timeout", results[id].kind)
      assert.truthy(results[id].message:find(id .. " was last seen as InProgress", 1, true))
    end
    assert.not_equal(results[slow], results[slower])
    assert.is_true(world.time <= 500)
  end)

  it("at its timeout, where nothing could be seen", function()
    local world = job_world.new({ latency = 7 })
    local ids = add(world, 3)
    world.fault = function() return nil, job_world.lost() end
    local results = assert(wait(world, ids, { timeout = 1000 }))
    assert.equal(3, count(results))
    assert.truthy(results[ids[1]].message:find("was not seen", 1, true))
    assert.is_true(world.time <= 1007)
  end)

  it("amid a thousand looks at single jobs", function()
    local world = job_world.new({ latency = 1 })
    local ids = add(world, 1000, { unlisted = 1e9 })
    local results = assert(wait(world, ids, { timeout = 100 }))
    assert.equal(1000, count(results))
    assert.is_true(world.time <= 101)
  end)

  it("where nothing may be listed, or the vault is not there", function()
    for _, case in ipairs({ { 403, "AccessDeniedException" }, { 404, "ResourceNotFoundException" } }) do
      for _, from in ipairs({ 0, HOUR }) do
        local world = job_world.new()
        local ids = add(world, 3)
        world.fault = function(request)
          if request.operation == "ListJobs" and request.at >= from then
            return world:refusal(case[1], case[2])
          end
        end
        local results, err = wait(world, ids)
        assert.is_nil(results)
        assert.equal(case[2], err.code)
        assert.equal("ListJobs", err.operation)
      end
    end
  end)

  it("with the client", function()
    local world = job_world.new()
    local ids = add(world, 3)
    world.at_sleep = function() world.client:close() end
    local results, err = wait(world, ids)
    assert.is_nil(results)
    assert.equal("cancelled", err.kind)
  end)

  it("where the parameters are wrong", function()
    local world = job_world.new()
    for _, params in ipairs({ {}, { vaultName = "v" }, { jobIds = {} }, { vaultName = "v", jobIds = "J" },
      { vaultName = "v", jobIds = { 5 } }, { vaultName = "v", jobIds = { a = "J" } }, 5,
      { vaultName = "v", jobIds = {}, jobId = "J" }, { vaultName = "", jobIds = { "J" } } }) do
      local results, err = world.client:wait_jobs(params)
      assert.is_nil(results)
      assert.equal("validation", err.kind)
    end
    assert.equal("validation", select(2, world.client:wait_jobs()).kind)
    assert.same({}, world.requests)
    local id = world:add({ ends = 0 })
    local results = assert(wait(world, { id, "" }))
    assert.equal("Succeeded", results[id].StatusCode)
    assert.equal("validation", results[""].kind)
    assert.equal("UnknownOptionError", select(2, wait(world, {}, { delay = 5 })).code)
  end)
end)

it("client:wait_jobs tells how many have ended", function()
  local world = job_world.new()
  local ids = add(world, 5, { ends = 1000 })
  ids[6] = world:add({ ends = 10 })
  local events = {}
  assert(wait(world, ids, { on_progress = function(event) events[#events + 1] = event end }))
  assert.equal("waiting", events[1].phase)
  assert.equal(6, events[1].jobs)
  assert.equal(0, events[1].finished)
  assert.equal(6, events[#events].finished)
  assert.is_true(events[#events].done)
  local seen = {}
  for _, event in ipairs(events) do
    seen[event.finished] = true
  end
  assert.same({ [0] = true, [1] = true, [6] = true }, seen)
end)
