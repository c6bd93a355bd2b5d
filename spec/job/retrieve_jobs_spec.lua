-- client:retrieve: which job it uses, when it starts one, and how many.

local retrieval = require "spec.support.retrieval"

local MIB, SIZE, STATE = retrieval.MIB, retrieval.SIZE, retrieval.STATE

before_each(retrieval.prepare)
after_each(retrieval.finish)

describe("a job of somebody else's", function()
  it("is taken over, in progress or succeeded", function()
    retrieval.start()
    retrieval.server:add_job { archive = "photo", tier = "Bulk", description = "theirs", ready_after = 0.2 }
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(1, #retrieval.events_of "reused")
    os.remove(retrieval.path)
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(0, retrieval.server:count "InitiateJob")
  end)

  it("is not where the caller does not want that", function()
    retrieval.start()
    retrieval.server:add_job { archive = "photo", description = "theirs" }
    retrieval.assert_right(retrieval.retrieve({ reuse = false }))
    assert.are.equal(1, retrieval.server:count "InitiateJob")
  end)

  it("is not where it is of another range or archive, has failed, or expires soon", function()
    retrieval.start()
    retrieval.server:add_job { archive = "photo", range = ("0-%d"):format(MIB - 1) }
    retrieval.server:add_job { archive = "other" }
    retrieval.server:add_job { archive = "photo", fails = "no" }
    retrieval.server:add_job { archive = "photo", age = 86400 - 600 }
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(1, retrieval.server:count "InitiateJob")
    assert.are.equal(0, #retrieval.events_of "reused")
  end)

  it("is found behind many others", function()
    retrieval.start()
    retrieval.server:add_job { archive = "photo", age = 600 }
    local jobs = {}
    for index = 1, 120 do
      jobs[index] = { archive = "other" }
    end
    retrieval.server:control { jobs = jobs }
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(0, retrieval.server:count "InitiateJob")
  end)

  it("that fails is followed by one of ours", function()
    retrieval.start()
    retrieval.server:add_job { archive = "photo", ready_after = 0.3, fails = "no tape" }
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(1, retrieval.server:count "InitiateJob")
  end)

  local DATES = { StartDate = "2020-01-01T00:00:00Z" }
  for _, case in ipairs {
    { "an inventory as it is", {}, {}, true },
    { "one in progress", {}, { ready_after = 0.2 }, true },
    { "another format", {}, { parameters = { Format = "CSV" } }, false },
    { "other dates", {}, { parameters = { InventoryRetrievalParameters = DATES } }, false },
    { "the same dates", { InventoryRetrievalParameters = DATES },
      { parameters = { InventoryRetrievalParameters = DATES } }, true },
    { "a limit", {}, { parameters = { InventoryRetrievalParameters = { Limit = "1" } } }, false },
    { "no limit", { InventoryRetrievalParameters = { Limit = "1" } }, {}, false },
    { "the same marker, in progress", { InventoryRetrievalParameters = { Marker = "m" } },
      { ready_after = 0.2, parameters = { InventoryRetrievalParameters = { Marker = "m" } } }, true },
    { "another marker, in progress", { InventoryRetrievalParameters = { Marker = "m" } },
      { ready_after = 0.2, parameters = { InventoryRetrievalParameters = { Marker = "n" } } }, false },
    { "a marker where to continue", {},
      { describe = { InventoryRetrievalParameters = { Format = "JSON", Marker = "m" } } }, false },
  } do
    it("of an inventory: " .. case[1], function()
      retrieval.start()
      local job = case[3]
      job.parameters = job.parameters or {}
      job.parameters.Type = "inventory-retrieval"
      retrieval.server:add_job(job)
      local asked = { Type = "inventory-retrieval" }
      for name, value in pairs(case[2]) do
        asked[name] = value
      end
      assert(retrieval.retrieve({}, asked))
      assert.are.equal(case[4] and 0 or 1, retrieval.server:count "InitiateJob")
    end)
  end
end)

describe("a job that goes", function()
  it("amid the bytes is started again, and what was fetched is kept", function()
    retrieval.start { expires_after_bytes = math.floor(0.4 * SIZE) }
    retrieval.server:control { faults = { { operation = "InitiateJob", from = 2,
      job_settings = { expires_after_bytes = false } } } }
    retrieval.assert_right(retrieval.retrieve({ reuse = false, concurrency = 2 }))
    assert.are.equal(2, retrieval.server:count "InitiateJob")
    assert.are.equal(2, retrieval.events_of("started")[2].jobs)
    assert.is_true(retrieval.server:bytes_sent() <= SIZE + 2 * MIB, retrieval.server:bytes_sent())
  end)

  it("is not, where the caller does not want that", function()
    retrieval.start { expires_after_bytes = math.floor(0.4 * SIZE) }
    local err = retrieval.assert_refused("ResourceNotFoundException", retrieval.retrieve({ renew = "never",
      concurrency = 1 }))
    assert.is_truthy(tostring(err):find('renew = "never"', 1, true), tostring(err))
    retrieval.assert_refused("ResourceNotFoundException", retrieval.retrieve({ renew = "never" }))
    assert.are.equal(1, retrieval.server:count "InitiateJob")
    assert.are.equal(3, #retrieval.names())
    retrieval.server:control { expires_after_bytes = false }
    local result, problem = retrieval.retrieve()
    retrieval.assert_right(result, problem)
    assert.is_true(result.resumed >= MIB)
    assert.are.equal(2, retrieval.server:count "InitiateJob")
  end)

  it("while the program was down is started again", function()
    retrieval.start { ready_after = 60 }
    retrieval.assert_refused("DeadlineExceededError", retrieval.retrieve({ timeout = 0.1 }))
    retrieval.server:control { advance = 200000, ready_after = 0 }
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(2, retrieval.server:count "InitiateJob")
  end)

  it("again and again is started as often as allowed, in all runs together", function()
    retrieval.start { expires_after_bytes = 1 }
    local err = retrieval.assert_refused("ResourceNotFoundException", retrieval.retrieve({ max_jobs = 3 }))
    assert.is_truthy(tostring(err):find("max_jobs = 3", 1, true), tostring(err))
    assert.are.equal(3, retrieval.server:count "InitiateJob")
    retrieval.assert_refused("ResourceNotFoundException", retrieval.retrieve({ max_jobs = 3 }))
    assert.are.equal(3, retrieval.server:count "InitiateJob")
    retrieval.server:control { expires_after_bytes = false }
    retrieval.assert_right(retrieval.retrieve({ max_jobs = 4 }))
    assert.are.equal(4, retrieval.server:count "InitiateJob")
  end)

  it("by failing is an error; the next run starts another", function()
    retrieval.start { fails = "no tape" }
    local err = retrieval.assert_refused("JobFailed", retrieval.retrieve())
    assert.is_truthy(tostring(err):find("no tape", 1, true))
    retrieval.assert_refused("JobFailed", retrieval.retrieve())
    retrieval.assert_refused("JobFailed", retrieval.retrieve())
    assert.are.equal(2, retrieval.server:count "InitiateJob")
  end)
end)

describe("an InitiateJob", function()
  it("that is refused counts for nothing", function()
    retrieval.start { faults = { { operation = "InitiateJob", status = 400, times = 3,
      code = "PolicyEnforcedException" } } }
    for _ = 1, 3 do
      retrieval.assert_refused("PolicyEnforcedException", retrieval.retrieve())
    end
    retrieval.assert_right(retrieval.retrieve())
  end)

  for name, job in pairs { ["a token"] = {}, ["the caller's description"] = { Description = "x" } } do
    it("whose answer is lost is looked for by " .. name, function()
      retrieval.start { faults = {
        { operation = "InitiateJob", lost = true },
        { operation = "ListJobs", status = 500, times = 5 } } }
      local err = select(2, retrieval.retrieve({ reuse = false }, job))
      assert.is_true(err.in_doubt)
      retrieval.server:control { faults = {} }
      retrieval.assert_right(retrieval.retrieve({ reuse = false }, job))
      assert.are.equal(1, retrieval.server:count "InitiateJob")
    end)
  end

  it("whose answer is lost is not sent again while the list lags", function()
    retrieval.start { listed_after = 0.06, faults = { { operation = "InitiateJob", lost = true } } }
    retrieval.assert_right(retrieval.retrieve({ reuse = false }))
    assert.are.equal(1, retrieval.server:count "InitiateJob")
    assert.are.equal(1, #retrieval.events_of "started")
  end)

  it("that is throttled, or fails before it is made, is sent again", function()
    retrieval.start { faults = {
      { operation = "InitiateJob", status = 400, code = "ThrottlingException" },
      { operation = "InitiateJob", from = 2, close = true } } }
    retrieval.assert_right(retrieval.retrieve())
    assert.are.equal(3, retrieval.server:count "InitiateJob")
    assert.are.equal(1, retrieval.events_of("started")[1].jobs)
  end)

  it("whose answer is lost is looked for until the list can be believed", function()
    retrieval.start { listed_after = 0.08, faults = {
      { operation = "InitiateJob", lost = true },
      { operation = "ListJobs", status = 500, times = 5 } } }
    assert.is_nil((retrieval.retrieve({ reuse = false })))
    retrieval.server:control { faults = {} }
    retrieval.assert_right(retrieval.retrieve({ reuse = false }))
    assert.are.equal(1, retrieval.server:count "InitiateJob")
  end)

  it("that has made no job is sent again, by the next run", function()
    retrieval.start { faults = { { operation = "InitiateJob", close = true },
      { operation = "ListJobs", status = 500, times = 5 } } }
    assert.is_nil((retrieval.retrieve({ reuse = false })))
    retrieval.server:control { faults = {} }
    retrieval.assert_right(retrieval.retrieve({ reuse = false }))
    assert.are.equal(2, retrieval.server:count "InitiateJob")
  end)
end)

describe("a state that is torn", function()
  it("anywhere leads to no second job", function()
    retrieval.start { ready_after = 60 }
    for _, job in ipairs { {}, { Description = "mine" } } do
      retrieval.path = retrieval.folder .. "/file"
      retrieval.assert_refused("DeadlineExceededError", retrieval.retrieve({ timeout = 0.1, reuse = false }, job))
      local whole = retrieval.read(retrieval.folder .. "/" .. STATE)
      local count = retrieval.server:count "InitiateJob"
      for length = 0, #whole - 1, 29 do
        for _, tail in ipairs { "", ("\0"):rep(30), "0badbeef job {}\n" } do
          local begin = whole:sub(1, length)
          if not (length < 20 and tail:find "job") and not (length > 0 and length < 20) then
            retrieval.write(retrieval.folder .. "/" .. STATE, begin .. tail)
            retrieval.assert_refused("DeadlineExceededError",
              retrieval.retrieve({ timeout = 0.02, reuse = false }, job))
          end
        end
      end
      assert.are.equal(count, retrieval.server:count "InitiateJob")
      os.remove(retrieval.folder .. "/" .. STATE)
    end
  end)
end)
