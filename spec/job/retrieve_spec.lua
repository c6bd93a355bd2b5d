-- client:retrieve: from parameters to a file, and what is judged before a job.

local cjson = require "cjson"
local retrieval = require "spec.support.retrieval"
local shell = require "spec.support.shell"

local MIB, SIZE, STATE = retrieval.MIB, retrieval.SIZE, retrieval.STATE

before_each(retrieval.prepare)
after_each(retrieval.finish)

describe("a retrieval", function()
  it("starts a job, waits for it and fetches its output", function()
    retrieval.start { ready_after = 0.1 }
    local result, err = retrieval.retrieve()
    retrieval.assert_right(result, err)
    assert.are.equal(0, result.resumed)
    assert.are.equal(1, retrieval.server:count "InitiateJob")
    local started = retrieval.events_of "started"
    assert.are.equal(1, #started)
    assert.are.equal(1, started[1].jobs)
    assert.are.equal(retrieval.server:log("DescribeJob")[1].job, started[1].job)
    local sent = cjson.decode(retrieval.server:log("InitiateJob")[1].body)
    assert.is_truthy(sent.Description:find "^lua%-glacier:[0-9a-f]+%-")
    assert.is_truthy(retrieval.events[#retrieval.events].expires > os.time())
  end)

  it("leaves a description and a topic of the caller's as they are", function()
    retrieval.start()
    retrieval.assert_right(retrieval.retrieve({}, { Description = "mine", SNSTopic = "arn:aws:sns:x:1:t" }))
    local sent = cjson.decode(retrieval.server:log("InitiateJob")[1].body)
    assert.are.equal("mine", sent.Description)
    assert.are.equal("arn:aws:sns:x:1:t", sent.SNSTopic)
  end)

  it("goes on with its job after a wait that was too short", function()
    retrieval.start { ready_after = 60 }
    local err = retrieval.assert_refused("DeadlineExceededError", retrieval.retrieve({ timeout = 0.2 }))
    assert.are.equal("timeout", err.kind)
    assert.are.same({ STATE }, retrieval.names())
    retrieval.server:control { advance = 100 }
    retrieval.assert_right(retrieval.retrieve({ reuse = false }))
    assert.are.equal(1, retrieval.server:count "InitiateJob")
    assert.are.equal(0, #retrieval.events_of "started")
  end)

  it("has a name of 255 bytes", function()
    retrieval.start()
    retrieval.path = retrieval.folder .. "/" .. ("\195\164"):rep(127) .. "x"
    assert(retrieval.retrieve({ state = nil }))
    assert.are.same({ ("\195\164"):rep(127) .. "x" }, retrieval.names())
    assert.is_true(retrieval.server.archives.photo.content:check_file(retrieval.path))
  end)

  it("says when the output will be gone before it is there", function()
    retrieval.start()
    assert(retrieval.retrieve({ max_rate = 2 * MIB, reuse = false }, {}, true))
    local said
    for _, event in ipairs(retrieval.events_of "downloading") do
      assert.are_not.equal(true, event.late)
      said = said or event.late
    end
    assert.is_false(said)
    os.remove(retrieval.path)
    retrieval.server:control { settings = {}, describe = { CompletionDate =
      os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 86400 + 2) } }
    assert(retrieval.retrieve({ max_rate = MIB, reuse = false }, {}, true))
    said = nil
    for _, event in ipairs(retrieval.events_of "downloading") do
      said = said or event.late
    end
    assert.is_true(said)
  end)
end)

describe("before a job a retrieval refuses", function()
  local function assert_nothing_sent()
    assert.are.equal(0, #retrieval.server:log())
  end

  it("parameters and options that are none", function()
    retrieval.start()
    assert.are.equal("validation", select(2, retrieval.retrieve({}, { Type = "nothing" })).kind)
    assert.are.equal("validation", select(2, retrieval.retrieve({}, { Type = "select", ArchiveId = "A",
      SelectParameters = {}, OutputLocation = {} })).kind)
    assert.are.equal("validation", select(2, retrieval.client():retrieve({ vaultName = "examplevault" },
      { path = retrieval.path })).kind)
    retrieval.assert_refused("UnknownOptionError", retrieval.retrieve({ max_job = 2 }))
    retrieval.assert_refused("InvalidConfigError", retrieval.retrieve({ renew = "always" }))
    retrieval.assert_refused("InvalidConfigError", retrieval.retrieve({ max_jobs = 0 }))
    retrieval.assert_refused("InvalidConfigError", retrieval.retrieve({ state = retrieval.path }))
    retrieval.assert_refused("InvalidConfigError", retrieval.retrieve({ tree_hash = "abc" }))
    retrieval.assert_refused("InvalidConfigError", retrieval.client():retrieve({ vaultName = "examplevault",
      jobParameters = { Type = "inventory-retrieval" } }, {}))
    assert.are.same({}, retrieval.names())
    assert_nothing_sent()
  end)

  it("what is no place for a file", function()
    retrieval.start()
    shell.check(("cd %s && mkdir dir && mkfifo pipe && ln -s nowhere dangling"):format(retrieval.folder))
    for _, name in ipairs { "dir", "pipe", "dangling", "missing/file", "dir/", "dir/." } do
      retrieval.path = retrieval.folder .. "/" .. name
      retrieval.assert_refused("FileError", retrieval.retrieve())
    end
    assert.are.same({ "dangling", "dir", "pipe" }, retrieval.names())
    assert_nothing_sent()
  end)

  it("to replace another file", function()
    retrieval.start()
    retrieval.write(retrieval.path, "mine")
    retrieval.assert_refused("FileExists", retrieval.retrieve())
    retrieval.assert_refused("FileExists",
      retrieval.retrieve({ tree_hash = retrieval.server.archives.photo.tree_hash }))
    assert.are.equal("mine", retrieval.read(retrieval.path))
    assert.are.equal(0, retrieval.server:count "InitiateJob")
    assert.are.same({ "file" }, retrieval.names())
    retrieval.assert_right(retrieval.retrieve({ overwrite = true }))
  end)

  it("what could not be proved", function()
    retrieval.start()
    retrieval.assert_refused("NotVerifiable", retrieval.retrieve({ require = "tree_hash" },
      { Type = "inventory-retrieval" }))
    retrieval.assert_refused("NotVerifiable", retrieval.retrieve({ require = "tree_hash" },
      { RetrievalByteRange = ("%d-%d"):format(MIB, 3 * MIB - 1) }))
    -- Another job tells that the range does not reach the archive's end.
    retrieval.server:add_job { archive = "photo", range = ("0-%d"):format(MIB - 1) }
    retrieval.assert_refused("NotVerifiable", retrieval.retrieve({ require = "tree_hash" },
      { RetrievalByteRange = ("0-%d"):format(3 * MIB - 1) }))
    assert.are.equal(0, retrieval.server:count "InitiateJob")
    assert.are.same({}, retrieval.names())
    assert(retrieval.retrieve({ require = "tree_hash" }, { RetrievalByteRange = ("0-%d"):format(2 * MIB - 1) }))
  end)

  it("what finds no room, and what no file there can hold", function()
    retrieval.start()
    for _, gib in ipairs { 8 * 1024, 40000 } do
      local err = retrieval.assert_refused("FileError",
        retrieval.retrieve({}, { RetrievalByteRange = ("0-%.0f"):format(gib * 2 ^ 30 - 1) }))
      assert.is_truthy(tostring(err):find("no job was started", 1, true), tostring(err))
    end
    -- Another job tells the size of the archive.
    retrieval.server:control { archives = { huge = { size = 8 * 2 ^ 40, kind = "zeros" } } }
    retrieval.server:add_job { archive = "huge", range = ("0-%d"):format(MIB - 1) }
    retrieval.assert_refused("FileError", retrieval.retrieve({}, { ArchiveId = retrieval.server.archives.huge.id }))
    assert.are.equal(0, retrieval.server:count "InitiateJob")
    assert.are.same({}, retrieval.names())
  end)

  it("a target that somebody is at", function()
    retrieval.start { ready_after = 60 }
    local first = retrieval.client()
    local seen
    local asked = { vaultName = "examplevault", jobParameters = { Type = "archive-retrieval",
      ArchiveId = retrieval.server.archives.photo.id } }
    first:retrieve(asked, { path = retrieval.path, timeout = 0.2, interval = 0.02, on_progress = function()
      seen = seen or retrieval.assert_refused("Locked", retrieval.retrieve())
      seen = retrieval.assert_refused("Locked", retrieval.retrieve({ state = retrieval.folder .. "/elsewhere" }))
    end })
    assert.is_truthy(seen)
    assert.are.equal(1, retrieval.server:count "InitiateJob")
  end)

  it("a state of another retrieval, and what is no state", function()
    retrieval.start { ready_after = 60 }
    local state = retrieval.folder .. "/state"
    retrieval.assert_refused("DeadlineExceededError", retrieval.retrieve({ state = state, timeout = 0.1 }))
    local err = retrieval.assert_refused("StateMismatch", retrieval.retrieve({ state = state },
      { ArchiveId = retrieval.server.archives.other.id }))
    assert.is_truthy(tostring(err):find("archive", 1, true))
    retrieval.path = retrieval.folder .. "/another"
    retrieval.assert_refused("StateMismatch", retrieval.retrieve({ state = state }))
    retrieval.path = retrieval.folder .. "/file"
    for _, bytes in ipairs { "notes", "0123456789abcdef\n", ("\0"):rep(40) .. "notes" } do
      retrieval.write(state, bytes)
      retrieval.assert_refused("StateMismatch", retrieval.retrieve({ state = state }))
      assert.are.equal(bytes, retrieval.read(state))
    end
    assert.are.equal(1, retrieval.server:count "InitiateJob")
  end)
end)

describe("a file that is there, whole and right, costs nothing:", function()
  local function make()
    retrieval.start()
    assert(retrieval.retrieve())
    retrieval.server:control { forget = true }
  end

  it("by the caller's hash", function()
    make()
    local result = assert(retrieval.retrieve({ tree_hash = retrieval.server.archives.photo.tree_hash:upper() }))
    assert.are.same({ path = retrieval.path, size = SIZE, tree_hash = retrieval.server.archives.photo.tree_hash,
      verified = "tree_hash", parts = 0, resumed = SIZE }, result)
    assert.are.equal(0, #retrieval.server:log())
    assert.are.same({ "file" }, retrieval.names())
  end)

  it("by a living job's hash", function()
    make()
    local result = assert(retrieval.retrieve({ reuse = false, overwrite = true }))
    assert.are.equal(SIZE, result.resumed)
    assert.are.equal("tree_hash", result.verified)
    assert.are.equal(1, #retrieval.server:log())
    assert.are.equal(1, retrieval.server:count "ListJobs")
  end)

  it("but not another one of that size", function()
    make()
    local bytes = retrieval.read(retrieval.path)
    retrieval.write(retrieval.path, bytes:sub(1, -2) .. (bytes:sub(-1) == "x" and "y" or "x"))
    retrieval.assert_refused("FileExists",
      retrieval.retrieve({ tree_hash = retrieval.server.archives.photo.tree_hash }))
    retrieval.assert_refused("FileExists", retrieval.retrieve())
    assert.are.equal(0, retrieval.server:count "InitiateJob")
  end)
end)
