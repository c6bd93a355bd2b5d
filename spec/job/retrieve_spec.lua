-- client:retrieve: one job for a target, and its output on disk.

local cjson = require "cjson"
local clients = require "spec.support.clients"
local lfs = require "lfs"
local shell = require "spec.support.shell"
local vault = require "spec.support.vault"

local MIB = 2 ^ 20
local SIZE = 5 * MIB + 77

local folder, server, path

before_each(function()
  folder = shell.folder()
  path = folder .. "/file"
end)

after_each(function()
  clients.close_all()
  if server then
    server:stop()
    server = nil
  end
  shell.remove(folder)
end)

local function start(settings)
  settings = settings or {}
  settings.archives = settings.archives or { photo = { size = SIZE }, other = { size = MIB } }
  server = vault.start(settings)
end

-- A client whose pauses are short, unless they are to be as they are.
local function client_of(more, is_slow)
  local client = clients.new(server, more)
  local sleep = client.sleep
  if is_slow then
    return client
  end
  function client.sleep(self, seconds)
    return sleep(self, math.min(seconds, 0.02))
  end
  return client
end

local events

local function retrieve(options, job, is_slow)
  local given = { path = path, part_size = MIB, interval = 0.02,
    on_progress = function(event)
      events[#events + 1] = event
    end }
  for name, value in pairs(options or {}) do
    given[name] = value
  end
  local parameters = { Type = "archive-retrieval" }
  for name, value in pairs(job or {}) do
    parameters[name] = value
  end
  if parameters.Type == "archive-retrieval" then
    parameters.ArchiveId = parameters.ArchiveId or server.archives.photo.id
  end
  events = {}
  return client_of(nil, is_slow):retrieve({ vaultName = "examplevault", jobParameters = parameters }, given)
end

local function events_of(phase)
  local list = {}
  for _, event in ipairs(events) do
    list[#list + 1] = event.phase == phase and event or nil
  end
  return list
end

local function names()
  local list = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      list[#list + 1] = name
    end
  end
  table.sort(list)
  return list
end

local function write(name, bytes)
  local file = assert(io.open(name, "wb"))
  file:write(bytes)
  file:close()
end

local function read(name)
  local file = assert(io.open(name, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function assert_right(result, err)
  assert(result, err)
  assert.is_true(server.archives.photo.content:check_file(path))
  assert.are.same({ "file" }, names())
  assert.are.equal("tree_hash", result.verified)
  assert.are.equal(server.archives.photo.tree_hash, result.tree_hash)
end

local function assert_refused(code, result, err)
  assert.is_nil(result)
  assert.are.equal(code, err.code, tostring(err))
  return err
end

local STATE = ".file.retrieve"

describe("a retrieval", function()
  it("starts a job, waits for it and fetches its output", function()
    start { ready_after = 0.1 }
    local result, err = retrieve()
    assert_right(result, err)
    assert.are.equal(0, result.resumed)
    assert.are.equal(1, server:count "InitiateJob")
    local started = events_of "started"
    assert.are.equal(1, #started)
    assert.are.equal(1, started[1].jobs)
    assert.are.equal(server:log("DescribeJob")[1].job, started[1].job)
    local sent = cjson.decode(server:log("InitiateJob")[1].body)
    assert.is_truthy(sent.Description:find "^lua%-glacier:[0-9a-f]+%-")
    assert.is_truthy(events[#events].expires > os.time())
  end)

  it("leaves a description and a topic of the caller's as they are", function()
    start()
    assert_right(retrieve({}, { Description = "mine", SNSTopic = "arn:aws:sns:x:1:t" }))
    local sent = cjson.decode(server:log("InitiateJob")[1].body)
    assert.are.equal("mine", sent.Description)
    assert.are.equal("arn:aws:sns:x:1:t", sent.SNSTopic)
  end)

  it("goes on with its job after a wait that was too short", function()
    start { ready_after = 60 }
    local err = assert_refused("DeadlineExceededError", retrieve({ timeout = 0.2 }))
    assert.are.equal("timeout", err.kind)
    assert.are.same({ STATE }, names())
    server:control { advance = 100 }
    assert_right(retrieve({ reuse = false }))
    assert.are.equal(1, server:count "InitiateJob")
    assert.are.equal(0, #events_of "started")
  end)

  it("has a name of 255 bytes", function()
    start()
    path = folder .. "/" .. ("\195\164"):rep(127) .. "x"
    assert(retrieve({ state = nil }))
    assert.are.same({ ("\195\164"):rep(127) .. "x" }, names())
    assert.is_true(server.archives.photo.content:check_file(path))
  end)

  it("says when the output will be gone before it is there", function()
    start()
    assert(retrieve({ max_rate = 2 * MIB, reuse = false }, {}, true))
    local said
    for _, event in ipairs(events_of "downloading") do
      assert.are_not.equal(true, event.late)
      said = said or event.late
    end
    assert.is_false(said)
    os.remove(path)
    server:control { settings = {}, describe = { CompletionDate =
      os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 86400 + 2) } }
    assert(retrieve({ max_rate = MIB, reuse = false }, {}, true))
    said = nil
    for _, event in ipairs(events_of "downloading") do
      said = said or event.late
    end
    assert.is_true(said)
  end)
end)

describe("before a job a retrieval refuses", function()
  local function assert_nothing_sent()
    assert.are.equal(0, #server:log())
  end

  it("parameters and options that are none", function()
    start()
    assert.are.equal("validation", select(2, retrieve({}, { Type = "nothing" })).kind)
    assert.are.equal("validation", select(2, retrieve({}, { Type = "select", ArchiveId = "A",
      SelectParameters = {}, OutputLocation = {} })).kind)
    assert.are.equal("validation", select(2, client_of():retrieve({ vaultName = "examplevault" },
      { path = path })).kind)
    assert_refused("UnknownOptionError", retrieve({ max_job = 2 }))
    assert_refused("InvalidConfigError", retrieve({ renew = "always" }))
    assert_refused("InvalidConfigError", retrieve({ max_jobs = 0 }))
    assert_refused("InvalidConfigError", retrieve({ tree_hash = "abc" }))
    assert_refused("InvalidConfigError", client_of():retrieve({ vaultName = "examplevault",
      jobParameters = { Type = "inventory-retrieval" } }, {}))
    assert.are.same({}, names())
    assert_nothing_sent()
  end)

  it("what is no place for a file", function()
    start()
    shell.check(("cd %s && mkdir dir && mkfifo pipe && ln -s nowhere dangling"):format(folder))
    for _, name in ipairs { "dir", "pipe", "dangling", "missing/file", "dir/", "dir/." } do
      path = folder .. "/" .. name
      assert_refused("FileError", retrieve())
    end
    assert.are.same({ "dangling", "dir", "pipe" }, names())
    assert_nothing_sent()
  end)

  it("to replace another file", function()
    start()
    write(path, "mine")
    assert_refused("FileExists", retrieve())
    assert_refused("FileExists", retrieve({ tree_hash = server.archives.photo.tree_hash }))
    assert.are.equal("mine", read(path))
    assert.are.equal(0, server:count "InitiateJob")
    assert.are.same({ "file" }, names())
    assert_right(retrieve({ overwrite = true }))
  end)

  it("what could not be proved", function()
    start()
    assert_refused("NotVerifiable", retrieve({ require = "tree_hash" },
      { Type = "inventory-retrieval" }))
    assert_refused("NotVerifiable", retrieve({ require = "tree_hash" },
      { RetrievalByteRange = ("%d-%d"):format(MIB, 3 * MIB - 1) }))
    -- Another job tells that the range does not reach the archive's end.
    server:add_job { archive = "photo", range = ("0-%d"):format(MIB - 1) }
    assert_refused("NotVerifiable", retrieve({ require = "tree_hash" },
      { RetrievalByteRange = ("0-%d"):format(3 * MIB - 1) }))
    assert.are.equal(0, server:count "InitiateJob")
    assert.are.same({}, names())
    assert(retrieve({ require = "tree_hash" }, { RetrievalByteRange = ("0-%d"):format(2 * MIB - 1) }))
  end)

  it("what finds no room, and what no file there can hold", function()
    start()
    for _, gib in ipairs { 8 * 1024, 40000 } do
      local err = assert_refused("FileError",
        retrieve({}, { RetrievalByteRange = ("0-%.0f"):format(gib * 2 ^ 30 - 1) }))
      assert.is_truthy(tostring(err):find("no job was started", 1, true), tostring(err))
    end
    -- Another job tells the size of the archive.
    server:control { archives = { huge = { size = 8 * 2 ^ 40, kind = "zeros" } } }
    server:add_job { archive = "huge", range = ("0-%d"):format(MIB - 1) }
    assert_refused("FileError", retrieve({}, { ArchiveId = server.archives.huge.id }))
    assert.are.equal(0, server:count "InitiateJob")
    assert.are.same({}, names())
  end)

  it("a target that somebody is at", function()
    start { ready_after = 60 }
    local first = client_of()
    local seen
    local asked = { vaultName = "examplevault", jobParameters = { Type = "archive-retrieval",
      ArchiveId = server.archives.photo.id } }
    first:retrieve(asked, { path = path, timeout = 0.2, interval = 0.02, on_progress = function()
      seen = seen or assert_refused("Locked", retrieve())
      seen = assert_refused("Locked", retrieve({ state = folder .. "/elsewhere" }))
    end })
    assert.is_truthy(seen)
    assert.are.equal(1, server:count "InitiateJob")
  end)

  it("a state of another retrieval, and what is no state", function()
    start { ready_after = 60 }
    local state = folder .. "/state"
    assert_refused("DeadlineExceededError", retrieve({ state = state, timeout = 0.1 }))
    local err = assert_refused("StateMismatch", retrieve({ state = state },
      { ArchiveId = server.archives.other.id }))
    assert.is_truthy(tostring(err):find("archive", 1, true))
    path = folder .. "/another"
    assert_refused("StateMismatch", retrieve({ state = state }))
    path = folder .. "/file"
    for _, bytes in ipairs { "notes", "0123456789abcdef\n", ("\0"):rep(40) .. "notes" } do
      write(state, bytes)
      assert_refused("StateMismatch", retrieve({ state = state }))
      assert.are.equal(bytes, read(state))
    end
    assert.are.equal(1, server:count "InitiateJob")
  end)
end)

describe("a file that is there, whole and right, costs nothing:", function()
  local function make()
    start()
    assert(retrieve())
    server:control { forget = true }
  end

  it("by the caller's hash", function()
    make()
    local result = assert(retrieve({ tree_hash = server.archives.photo.tree_hash:upper() }))
    assert.are.same({ path = path, size = SIZE, tree_hash = server.archives.photo.tree_hash,
      verified = "tree_hash", parts = 0, resumed = SIZE }, result)
    assert.are.equal(0, #server:log())
    assert.are.same({ "file" }, names())
  end)

  it("by a living job's hash", function()
    make()
    local result = assert(retrieve({ reuse = false, overwrite = true }))
    assert.are.equal(SIZE, result.resumed)
    assert.are.equal("tree_hash", result.verified)
    assert.are.equal(1, #server:log())
    assert.are.equal(1, server:count "ListJobs")
  end)

  it("but not another one of that size", function()
    make()
    local bytes = read(path)
    write(path, bytes:sub(1, -2) .. (bytes:sub(-1) == "x" and "y" or "x"))
    assert_refused("FileExists", retrieve({ tree_hash = server.archives.photo.tree_hash }))
    assert_refused("FileExists", retrieve())
    assert.are.equal(0, server:count "InitiateJob")
  end)
end)

describe("a job of somebody else's", function()
  it("is taken over, in progress or succeeded", function()
    start()
    server:add_job { archive = "photo", tier = "Bulk", description = "theirs", ready_after = 0.2 }
    assert_right(retrieve())
    assert.are.equal(1, #events_of "reused")
    os.remove(path)
    assert_right(retrieve())
    assert.are.equal(0, server:count "InitiateJob")
  end)

  it("is not where the caller does not want that", function()
    start()
    server:add_job { archive = "photo", description = "theirs" }
    assert_right(retrieve({ reuse = false }))
    assert.are.equal(1, server:count "InitiateJob")
  end)

  it("is not where it is of another range or archive, has failed, or expires soon", function()
    start()
    server:add_job { archive = "photo", range = ("0-%d"):format(MIB - 1) }
    server:add_job { archive = "other" }
    server:add_job { archive = "photo", fails = "no" }
    server:add_job { archive = "photo", age = 86400 - 600 }
    assert_right(retrieve())
    assert.are.equal(1, server:count "InitiateJob")
    assert.are.equal(0, #events_of "reused")
  end)

  it("is found behind many others", function()
    start()
    server:add_job { archive = "photo", age = 600 }
    local jobs = {}
    for index = 1, 120 do
      jobs[index] = { archive = "other" }
    end
    server:control { jobs = jobs }
    assert_right(retrieve())
    assert.are.equal(0, server:count "InitiateJob")
  end)

  it("that fails is followed by one of ours", function()
    start()
    server:add_job { archive = "photo", ready_after = 0.3, fails = "no tape" }
    assert_right(retrieve())
    assert.are.equal(1, server:count "InitiateJob")
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
      start()
      local job = case[3]
      job.parameters = job.parameters or {}
      job.parameters.Type = "inventory-retrieval"
      server:add_job(job)
      local asked = { Type = "inventory-retrieval" }
      for name, value in pairs(case[2]) do
        asked[name] = value
      end
      assert(retrieve({}, asked))
      assert.are.equal(case[4] and 0 or 1, server:count "InitiateJob")
    end)
  end
end)

describe("a job that goes", function()
  it("amid the bytes is started again, and what was fetched is kept", function()
    start { expires_after_bytes = math.floor(0.4 * SIZE) }
    server:control { faults = { { operation = "InitiateJob", from = 2,
      job_settings = { expires_after_bytes = false } } } }
    assert_right(retrieve({ reuse = false, concurrency = 2 }))
    assert.are.equal(2, server:count "InitiateJob")
    assert.are.equal(2, events_of("started")[2].jobs)
    assert.is_true(server:bytes_sent() <= SIZE + 2 * MIB, server:bytes_sent())
  end)

  it("is not, where the caller does not want that", function()
    start { expires_after_bytes = math.floor(0.4 * SIZE) }
    local err = assert_refused("ResourceNotFoundException", retrieve({ renew = "never",
      concurrency = 1 }))
    assert.is_truthy(tostring(err):find('renew = "never"', 1, true), tostring(err))
    assert_refused("ResourceNotFoundException", retrieve({ renew = "never" }))
    assert.are.equal(1, server:count "InitiateJob")
    assert.are.equal(3, #names())
    server:control { expires_after_bytes = false }
    local result, problem = retrieve()
    assert_right(result, problem)
    assert.is_true(result.resumed >= MIB)
    assert.are.equal(2, server:count "InitiateJob")
  end)

  it("while the program was down is started again", function()
    start { ready_after = 60 }
    assert_refused("DeadlineExceededError", retrieve({ timeout = 0.1 }))
    server:control { advance = 200000, ready_after = 0 }
    assert_right(retrieve())
    assert.are.equal(2, server:count "InitiateJob")
  end)

  it("again and again is started as often as allowed, in all runs together", function()
    start { expires_after_bytes = 1 }
    local err = assert_refused("ResourceNotFoundException", retrieve({ max_jobs = 3 }))
    assert.is_truthy(tostring(err):find("max_jobs = 3", 1, true), tostring(err))
    assert.are.equal(3, server:count "InitiateJob")
    assert_refused("ResourceNotFoundException", retrieve({ max_jobs = 3 }))
    assert.are.equal(3, server:count "InitiateJob")
    server:control { expires_after_bytes = false }
    assert_right(retrieve({ max_jobs = 4 }))
    assert.are.equal(4, server:count "InitiateJob")
  end)

  it("by failing is an error; the next run starts another", function()
    start { fails = "no tape" }
    local err = assert_refused("JobFailed", retrieve())
    assert.is_truthy(tostring(err):find("no tape", 1, true))
    assert_refused("JobFailed", retrieve())
    assert_refused("JobFailed", retrieve())
    assert.are.equal(2, server:count "InitiateJob")
  end)
end)

describe("an InitiateJob", function()
  it("that is refused counts for nothing", function()
    start { faults = { { operation = "InitiateJob", status = 400, times = 3,
      code = "PolicyEnforcedException" } } }
    for _ = 1, 3 do
      assert_refused("PolicyEnforcedException", retrieve())
    end
    assert_right(retrieve())
  end)

  for name, job in pairs { ["a token"] = {}, ["the caller's description"] = { Description = "x" } } do
    it("whose answer is lost is looked for by " .. name, function()
      start { faults = {
        { operation = "InitiateJob", lost = true },
        { operation = "ListJobs", status = 500, times = 5 } } }
      local err = select(2, retrieve({ reuse = false }, job))
      assert.is_true(err.in_doubt)
      server:control { faults = {} }
      assert_right(retrieve({ reuse = false }, job))
      assert.are.equal(1, server:count "InitiateJob")
    end)
  end

  it("whose answer is lost is looked for until the list can be believed", function()
    start { listed_after = 0.08, faults = {
      { operation = "InitiateJob", lost = true },
      { operation = "ListJobs", status = 500, times = 5 } } }
    assert.is_nil((retrieve({ reuse = false })))
    server:control { faults = {} }
    assert_right(retrieve({ reuse = false }))
    assert.are.equal(1, server:count "InitiateJob")
  end)

  it("that has made no job is sent again, by the next run", function()
    start { faults = { { operation = "InitiateJob", close = true },
      { operation = "ListJobs", status = 500, times = 5 } } }
    assert.is_nil((retrieve({ reuse = false })))
    server:control { faults = {} }
    assert_right(retrieve({ reuse = false }))
    assert.are.equal(2, server:count "InitiateJob")
  end)
end)

describe("a state that is torn", function()
  it("anywhere leads to no second job", function()
    start { ready_after = 60 }
    for _, job in ipairs { {}, { Description = "mine" } } do
      path = folder .. "/file"
      assert_refused("DeadlineExceededError", retrieve({ timeout = 0.1, reuse = false }, job))
      local whole = read(folder .. "/" .. STATE)
      local count = server:count "InitiateJob"
      for length = 0, #whole - 1, 29 do
        for _, tail in ipairs { "", ("\0"):rep(30), "0badbeef job {}\n" } do
          local begin = whole:sub(1, length)
          if not (length < 20 and tail:find "job") and not (length > 0 and length < 20) then
            write(folder .. "/" .. STATE, begin .. tail)
            assert_refused("DeadlineExceededError", retrieve({ timeout = 0.02, reuse = false }, job))
          end
        end
      end
      assert.are.equal(count, server:count "InitiateJob")
      os.remove(folder .. "/" .. STATE)
    end
  end)
end)
