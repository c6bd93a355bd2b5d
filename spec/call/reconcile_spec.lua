-- Which job a lost answer was about, and what comes of a whole call.

local cjson = require("cjson")
local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local reconcile = require("glacier.call.reconcile")

local function with(base, changes)
  local copy = {}
  for key, value in pairs(base) do
    copy[key] = value
  end
  for key, value in pairs(changes) do
    if value == "none" then
      value = nil
    end
    copy[key] = value
  end
  return copy
end

local ARCHIVE = { Type = "archive-retrieval", ArchiveId = "A1" }
local ARCHIVE_JOB = {
  JobId = "J1", Action = "ArchiveRetrieval", ArchiveId = "A1", Tier = "Standard",
  RetrievalByteRange = "0-8388607", ArchiveSizeInBytes = 8388608,
  CreationDate = "2026-11-22T10:00:00.123Z",
  VaultARN = "arn:aws:glacier:us-west-2:111122223333:vaults/examplevault",
}
local INVENTORY = { Type = "inventory-retrieval" }
local INVENTORY_JOB = {
  JobId = "J2", Action = "InventoryRetrieval", InventoryRetrievalParameters = { Format = "JSON" },
  CreationDate = "2026-11-22T10:00:00.123Z",
}
local SELECT = {
  Type = "select", ArchiveId = "A1",
  SelectParameters = { ExpressionType = "SQL", Expression = "SELECT 1",
    InputSerialization = { csv = { Comments = "#" } } },
  OutputLocation = { S3 = { BucketName = "b", Prefix = "p" } },
}
local SELECT_JOB = {
  JobId = "J3", Action = "Select", ArchiveId = "A1", Tier = "Standard",
  SelectParameters = { ExpressionType = "SQL", Expression = "SELECT 1",
    InputSerialization = { csv = { Comments = "#" } } },
  OutputLocation = { S3 = { BucketName = "b", Prefix = "p" } },
}

describe("reconcile.matches", function()
  local CASES = {
    { "the same archive", ARCHIVE, ARCHIVE_JOB, true },
    { "another archive", with(ARCHIVE, { ArchiveId = "A2" }), ARCHIVE_JOB, false },
    { "another action", INVENTORY, ARCHIVE_JOB, false },
    { "no type", { ArchiveId = "A1" }, ARCHIVE_JOB, false },
    { "a description there only", ARCHIVE, with(ARCHIVE_JOB, { JobDescription = "d" }), false },
    { "a description here only", with(ARCHIVE, { Description = "d" }), ARCHIVE_JOB, false },
    { "the same description", with(ARCHIVE, { Description = "d" }),
      with(ARCHIVE_JOB, { JobDescription = "d" }), true },
    { "an empty description is none", with(ARCHIVE, { Description = "" }), ARCHIVE_JOB, true },
    { "another topic", with(ARCHIVE, { SNSTopic = "t" }), ARCHIVE_JOB, false },
    { "the same topic", with(ARCHIVE, { SNSTopic = "t" }), with(ARCHIVE_JOB, { SNSTopic = "t" }), true },
    { "the default tier, asked for", with(ARCHIVE, { Tier = "Standard" }), ARCHIVE_JOB, true },
    { "another tier", with(ARCHIVE, { Tier = "Bulk" }), ARCHIVE_JOB, false },
    { "another tier there", ARCHIVE, with(ARCHIVE_JOB, { Tier = "Bulk" }), false },
    { "a tier that is not told", ARCHIVE, with(ARCHIVE_JOB, { Tier = "none" }), true },
    { "no range there", ARCHIVE, with(ARCHIVE_JOB, { RetrievalByteRange = "none" }), true },
    { "a part, not the whole", ARCHIVE,
      with(ARCHIVE_JOB, { RetrievalByteRange = "0-1048575" }), false },
    { "the same part", with(ARCHIVE, { RetrievalByteRange = "1048576-2097151" }),
      with(ARCHIVE_JOB, { RetrievalByteRange = "1048576-2097151" }), true },
    { "the same part, zeros in front", with(ARCHIVE, { RetrievalByteRange = "00-01048575" }),
      with(ARCHIVE_JOB, { RetrievalByteRange = "0-1048575" }), true },
    { "another part", with(ARCHIVE, { RetrievalByteRange = "0-1048575" }),
      with(ARCHIVE_JOB, { RetrievalByteRange = "0-2097151" }), false },
    { "a part beyond 2^53", with(ARCHIVE, { RetrievalByteRange = "0-9007199254740993" }),
      with(ARCHIVE_JOB, { RetrievalByteRange = "0-9007199254740992" }), false },
    { "an inventory", INVENTORY, INVENTORY_JOB, true },
    { "an inventory without parameters told", INVENTORY,
      with(INVENTORY_JOB, { InventoryRetrievalParameters = "none" }), true },
    { "another format", with(INVENTORY, { Format = "CSV" }), INVENTORY_JOB, false },
    { "the same date written otherwise",
      with(INVENTORY, { InventoryRetrievalParameters = { StartDate = "2013-03-20T17:03:43Z" } }),
      with(INVENTORY_JOB, { InventoryRetrievalParameters = {
        Format = "JSON", StartDate = "2013-03-20T17:03:43.000Z" } }), true },
    { "another limit", with(INVENTORY, { InventoryRetrievalParameters = { Limit = "10" } }),
      with(INVENTORY_JOB, { InventoryRetrievalParameters = { Limit = "11" } }), false },
    { "a marker there only", INVENTORY,
      with(INVENTORY_JOB, { InventoryRetrievalParameters = { Marker = "m" } }), false },
    { "a date without a time",
      with(INVENTORY, { InventoryRetrievalParameters = { StartDate = "2013-03-20" } }),
      with(INVENTORY_JOB, { InventoryRetrievalParameters = { StartDate = "2013-03-20T00:00:00Z" } }),
      true },
    { "a select job", SELECT, SELECT_JOB, true },
    { "a select job that was given more there", SELECT,
      with(SELECT_JOB, { SelectParameters = { ExpressionType = "SQL", Expression = "SELECT 1",
        InputSerialization = { csv = { Comments = "#", FieldDelimiter = ";" } } } }), false },
    { "a select job that was given more here",
      with(SELECT, { OutputLocation = { S3 = { BucketName = "b", Prefix = "p", CannedACL = "private" } } }),
      SELECT_JOB, false },
    { "an output location there only", with(SELECT, { OutputLocation = "none" }), SELECT_JOB, false },
    { "an output location here only", SELECT, with(SELECT_JOB, { OutputLocation = "none" }), false },
    { "nothing here, an empty map there", with(SELECT, { OutputLocation = "none" }),
      with(SELECT_JOB, { OutputLocation = { S3 = {} } }), true },
    { "another expression", with(SELECT, { SelectParameters = { Expression = "SELECT 2" } }),
      SELECT_JOB, false },
    { "another bucket", with(SELECT, { OutputLocation = { S3 = { BucketName = "c" } } }),
      SELECT_JOB, false },
  }
  for _, case in ipairs(CASES) do
    it("judges " .. case[1], function()
      assert.are.equal(case[4], reconcile.matches(case[2], case[3]))
    end)
  end
end)

describe("reconcile.find", function()
  local NOW = 1795341600 -- 2026-11-22T10:00:00Z

  local function find(pages, changes)
    local seen = {}
    local call = with({
      params = { vaultName = "v", jobParameters = ARCHIVE },
      elapsed = function() return 5 end,
      now = NOW + 5,
    }, changes or {})
    local jobs, response = reconcile.find(call, function(params)
      seen[#seen + 1] = params
      local page = pages[#seen]
      if page.kind then
        return nil, page
      end
      page.ResponseMetadata = page.ResponseMetadata or { HTTPHeaders = {} }
      return page
    end)
    return jobs, response, seen
  end

  -- The ids of the jobs found.
  local function ids(pages)
    local found = {}
    for i, job in ipairs((find(pages))) do
      found[i] = job.JobId
    end
    return table.concat(found, " ")
  end

  it("finds a job made since the first attempt, none from before", function()
    local before = with(ARCHIVE_JOB, { CreationDate = "2026-11-22T09:59:50Z" })
    assert.are.equal("J1", ids({ { JobList = { before, ARCHIVE_JOB } } }))
    assert.are.equal("", ids({ { JobList = { before } } }))
    assert.are.equal("", ids({ { JobList = { with(ARCHIVE_JOB, { CreationDate = "garbage" }) } } }))
    assert.are.equal("", ids({ {} }))
  end)

  it("tells the earliest first", function()
    local later = with(ARCHIVE_JOB, { JobId = "J9", CreationDate = "2026-11-22T10:00:02Z" })
    assert.are.equal("J1 J9", ids({ { JobList = { later, ARCHIVE_JOB } } }))
    assert.are.equal("J1 J9", ids({ { JobList = { later }, Marker = "m" }, { JobList = { ARCHIVE_JOB } } }))
  end)

  it("tells which are likelier a call's own: surely newer ones, then the latest", function()
    -- By this Date the call began within the second that follows NOW.
    local metadata = { HTTPHeaders = { date = "Sun, 22 Nov 2026 10:00:05 GMT" } }
    local function order(...)
      local jobs = {}
      for i, moment in ipairs { ... } do
        jobs[i] = with(ARCHIVE_JOB, { JobId = moment, CreationDate = "2026-11-22T10:00:" .. moment .. "Z" })
      end
      local found = reconcile.by_likelihood((find { { JobList = jobs, ResponseMetadata = metadata } }))
      for i, job in ipairs(found) do
        found[i] = job.JobId
      end
      return table.concat(found, " ")
    end
    assert.are.equal("01.000 02.000 00.700 00.200", order("00.200", "02.000", "00.700", "01.000"))
    assert.are.equal("00.700 00.200", order("00.700", "00.200"))
    assert.are.equal("01 02.5", order("02.5", "01"))
    assert.are.equal("00", order("00"))
    assert.are.equal("", order())
  end)

  it("reads every page, and the parameters lead there", function()
    local jobs, _, seen = find({
      { JobList = {}, Marker = "m1" }, { JobList = {}, Marker = "m2" },
      { JobList = { ARCHIVE_JOB } },
    })
    assert.are.equal("J1", jobs[1].JobId)
    assert.are.same({ vaultName = "v", limit = "50" }, seen[1])
    assert.are.same({ vaultName = "v", limit = "50", marker = "m1" }, seen[2])
    assert.are.same({ vaultName = "v", limit = "50", marker = "m2" }, seen[3])
  end)

  it("cannot tell where a service repeats its marker, or has ever new ones", function()
    local jobs, err = find(setmetatable({}, { __index = function(_, n)
      return { JobList = { n == 1 and ARCHIVE_JOB or nil }, Marker = "m" .. n % 3 }
    end }))
    assert.is_nil(jobs)
    assert.are.equal("PaginationError", err.code)
    jobs, err = find(setmetatable({}, { __index = function(_, n)
      return { JobList = {}, Marker = "m" .. n }
    end }))
    assert.is_nil(jobs)
    assert.are.equal("PaginationError", err.code)
  end)

  it("goes by the service's clock, unless that cannot be", function()
    -- The service is 100 s behind: its job seems old by our clock.
    local job = with(ARCHIVE_JOB, { CreationDate = "2026-11-22T09:58:21Z" })
    local page = { JobList = { job }, ResponseMetadata = { HTTPHeaders = {
      date = "Sun, 22 Nov 2026 09:58:25 GMT" } } }
    assert.are.equal("J1", ids({ page }))
    assert.are.equal("", ids({ { JobList = { job } } }))
    -- A proxy's clock of years ago is not the service's.
    page.ResponseMetadata.HTTPHeaders.date = "Sun, 22 Nov 2020 09:58:25 GMT"
    assert.are.equal("", ids({ page }))
  end)

  it("hands on why the service did not list", function()
    local jobs, err = find({ { kind = "service", code = "AccessDeniedException" } })
    assert.is_nil(jobs)
    assert.are.equal("AccessDeniedException", err.code)
  end)
end)

describe("a call whose answer is lost", function()
  local server, events

  setup(function()
    server = endpoint.start()
  end)
  teardown(function()
    server:stop()
  end)
  before_each(function()
    server:reset()
    events = {}
  end)
  after_each(clients.close_all)

  local PARAMS = { vaultName = "examplevault", jobParameters = ARCHIVE }
  local LOST = { match = { method = "POST" }, raw = "", times = 1 }

  local function listing(jobs)
    return {
      match = { method = "GET" }, status = 200, reason = "OK",
      headers = { { "Content-Type", "application/json" }, { "x-amzn-RequestId", "LIST" } },
      body = cjson.encode({ JobList = jobs, Marker = cjson.null }):gsub('"JobList":{}', '"JobList":[]'),
    }
  end

  local function now_job(changes)
    return with(with(ARCHIVE_JOB, { CreationDate = os.date("!%Y-%m-%dT%H:%M:%S.999Z") }), changes or {})
  end

  local function call(list, options)
    server:play(list)
    local client = clients.new(server, with({
      max_attempts = 3,
      logger = function(event) events[#events + 1] = event end,
    }, options or {}))
    return client:initiate_job(PARAMS)
  end

  local function methods()
    local result = {}
    for i, request in ipairs(server:requests()) do
      assert.are.equal("ok", request.signature)
      result[i] = request.method
    end
    return table.concat(result, " ")
  end

  local function event(name)
    for _, one in ipairs(events) do
      if one.event == name then
        return one
      end
    end
  end

  it("is given the job that the service has started", function()
    local response = assert(call({ LOST, listing({ now_job() }) }))
    assert.are.equal("POST GET", methods())
    assert.are.equal("J1", response.jobId)
    assert.are.equal("/111122223333/vaults/examplevault/jobs/J1", response.location)
    assert.is_true(response.ResponseMetadata.Reconciled)
    assert.are.equal("LIST", response.ResponseMetadata.RequestId)
    assert.are.equal(0, response.ResponseMetadata.RetryAttempts)
    assert.is_true(event("reconcile").found)
  end)

  it("is sent again where the service has no such job", function()
    local old = now_job({ CreationDate = "2026-01-01T00:00:00Z" })
    local response = assert(call({ LOST, listing({ old }),
      { recording = "initiate_job/success", match = { method = "POST" } } }))
    assert.are.equal("POST GET POST", methods())
    assert.is_nil(response.ResponseMetadata.Reconciled)
    assert.are.equal(1, response.ResponseMetadata.RetryAttempts)
    assert.is_false(event("reconcile").found)
    assert.is_false(event("reconcile").failed)
  end)

  it("is looked for after the last attempt, too", function()
    local response = assert(call({ LOST, listing({ now_job() }) }, { max_attempts = 1 }))
    assert.are.equal("POST GET", methods())
    assert.are.equal("J1", response.jobId)
  end)

  it("goes on as the AWS SDKs do where listing is denied, and says so", function()
    local response = assert(call({
      LOST,
      { recording = "initiate_job/access_denied", match = { method = "GET" } },
      { recording = "initiate_job/success", match = { method = "POST" } },
    }))
    assert.is_truthy(response.jobId)
    assert.are.equal("POST GET POST", methods())
    assert.is_true(event("reconcile").failed)
    assert.is_truthy(event("reconcile").reason:find("AccessDenied", 1, true))
  end)

  it("is not looked for with reconcile = false", function()
    assert(call({ LOST, { recording = "initiate_job/success", match = { method = "POST" } } },
      { reconcile = false }))
    assert.are.equal("POST POST", methods())
  end)

  it("is looked for after a 5xx, and not after a throttling", function()
    assert(call({
      { recording = "initiate_job/service_unavailable", match = { method = "POST" }, times = 1 },
      listing({ now_job() }),
    }))
    assert.are.equal("POST GET", methods())
    server:reset()
    local _, err = call({ "initiate_job/throttling" }, { max_attempts = 1 })
    assert.are.equal("ThrottlingException", err.code)
    assert.are.equal("POST", methods())
  end)

  it("is not given the job of the call before", function()
    local job = now_job()
    server:play({
      LOST, listing({ job }), LOST,
      { recording = "initiate_job/success", match = { method = "POST" } },
    })
    local client = clients.new(server, { max_attempts = 3 })
    local first = assert(client:initiate_job(PARAMS))
    local second = assert(client:initiate_job(PARAMS))
    assert.are.equal("J1", first.jobId)
    assert.are_not.equal("J1", second.jobId)
  end)
end)
