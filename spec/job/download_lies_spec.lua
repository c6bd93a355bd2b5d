--- What the service says wrongly: hashes, ranges, lengths. The right file, or an
-- error that says whose fault it is, by a bounded number of requests.
-- Begins early: it takes long.

local downloads = require "spec.support.downloads"

local MIB = downloads.MIB
local SIZE = 5 * MIB + 99
local LIE = ("0123456789abcdef"):rep(4)

local scene

local function start(options)
  scene = downloads.start({ size = SIZE }, options)
end

local function faults(...)
  local rules = { ... }
  for _, rule in ipairs(rules) do
    rule.operation = "GetJobOutput"
  end
  scene.server:control { faults = rules }
end

local function assert_refused(code, job, options)
  local result, err = scene:download(job, options)
  assert.is_nil(result)
  assert.are.equal(code, err.code, tostring(err))
  assert.are.equal("protocol", err.kind)
  scene:assert_none()
  return err
end

after_each(function()
  scene:stop()
end)

describe("a lie about a hash", function()
  it("in one part's header: the part is fetched again", function()
    start()
    faults { covers = 2 * MIB, hash = "wrong" }
    assert.are.equal("tree_hash", assert(scene:download()).verified)
    scene:assert_right()
    local bytes, requests = scene:fetched()
    assert.are.equal(SIZE + MIB, bytes)
    assert.are.equal(7, requests)
  end)

  it("in one part's header, always: the error names part and hashes", function()
    start()
    faults { covers = 2 * MIB + 5, hash = "wrong", times = "always" }
    local err = assert_refused "PartHashMismatch"
    assert.truthy(err.message:find("part 3", 1, true), err.message)
    assert.truthy(err.message:find(LIE, 1, true))
    assert.truthy(err.message:find(scene.archive.content:tree_hash(2 * MIB, MIB), 1, true))
    local _, requests = scene:fetched()
    assert.is_true(requests <= 7, requests)
    -- What else is there stays there.
    faults()
    local result = assert(scene:download())
    assert.is_true(result.resumed >= MIB, result.resumed)
    scene:assert_right()
  end)

  it("in a header that is no hash at all", function()
    start()
    faults { hash = "none", times = "always" }
    assert_refused "PartHashMismatch"
  end)

  it("in the bytes of a part that has a header", function()
    start()
    faults { flip = 3 * MIB + 70000, covers = 3 * MIB + 70000 }
    assert(scene:download())
    scene:assert_right()
    os.remove(scene.target)
    faults { flip = 3 * MIB + 70000, covers = 3 * MIB + 70000, times = "always" }
    local err = assert_refused "PartHashMismatch"
    assert.truthy(err.message:find("part 4", 1, true), err.message)
  end)

  it("in bytes that no header proves: the whole tells, and is fetched anew", function()
    start { hash_headers = "never" }
    faults { flip = MIB, covers = MIB }
    local job = scene.server:add_job { archive = "A" }
    local err = assert_refused("TreeHashMismatch", job)
    assert.are.equal(scene.archive.tree_hash, err.hashes.job)
    assert.is_nil(err.hashes.caller)
    assert.truthy(err.hashes.bytes)
    assert.are_not.equal(err.hashes.job, err.hashes.bytes)
    assert.truthy(err.message:find(err.hashes.bytes, 1, true))
    assert.truthy(err.message:find(err.hashes.job, 1, true))
    assert.are.equal("tree_hash", assert(scene:download(job)).verified)
    scene:assert_right()
  end)

  it("of the caller: told before anything is fetched", function()
    start()
    local err = assert_refused("TreeHashMismatch", nil, { tree_hash = LIE })
    assert.are.same({ job = scene.archive.tree_hash, caller = LIE }, err.hashes)
    assert.are.equal(0, scene.server:count "GetJobOutput")
    assert.are.same({}, scene:names())
  end)

  it("of the caller, where the job has none", function()
    for _, policy in ipairs { "never", "mib" } do
      start { hash_headers = policy }
      local job = scene.server:add_job { archive = "A", range = ("%d-%d"):format(MIB, 4 * MIB - 1) }
      local err = assert_refused("TreeHashMismatch", job, { tree_hash = LIE })
      assert.are.same({ caller = LIE, bytes = scene.archive.content:tree_hash(MIB, 3 * MIB) },
        err.hashes)
      if policy == "never" then
        scene:stop()
      end
    end
  end)

  it("of the job: the bytes and their headers are right all the same, and stay", function()
    scene = downloads.start({ size = SIZE, tree_hash = LIE })
    local truth = scene.archive.content:tree_hash()
    local job = scene.server:add_job { archive = "A" }
    local err = assert_refused("TreeHashMismatch", job)
    assert.are.same({ job = LIE, bytes = truth }, err.hashes)
    scene:fetched()
    err = assert_refused("TreeHashMismatch", job)
    assert.are.same({ job = LIE, bytes = truth }, err.hashes)
    assert.are.equal(0, (scene:fetched()))
  end)

  it("of the job, told by the caller's", function()
    scene = downloads.start({ size = SIZE, tree_hash = LIE })
    local truth = scene.archive.content:tree_hash()
    local err = assert_refused("TreeHashMismatch", nil, { tree_hash = truth })
    assert.are.same({ job = LIE, caller = truth }, err.hashes)
  end)
end)

describe("a lie about a range", function()
  local total = ("%d"):format(SIZE)
  local LIES = {
    ["ignored"] = { ignore_range = true },
    ["shifted, and said so"] = { shift = 1000 },
    ["shifted by a part"] = { shift = MIB },
    ["of another total"] = { total = SIZE + 1 },
    ["of an unknown total"] = { content_range = "bytes 0-1048575/*" },
    ["without Content-Range"] = { content_range = false },
    ["of no bytes"] = { content_range = "octets 0-1048575/" .. total },
    ["that ends later"] = { length = MIB + 1 },
    ["that ends sooner, in its length"] = { length = MIB - 1 },
    ["that ends sooner"] = { short = 10 },
    ["of another status"] = { status = 203, body = "all of it" },
    ["of nothing"] = { status = 204, body = "" },
  }
  for name, lie in pairs(LIES) do
    it(name .. ": once, and the file is right", function()
      start()
      lie.from, lie.times = 2, 1
      faults(lie)
      assert.are.equal("tree_hash", assert(scene:download()).verified)
      scene:assert_right()
      local bytes, requests = scene:fetched()
      assert.are.equal(7, requests)
      assert.is_true(bytes <= SIZE + 3 * MIB, bytes)
    end)

    it(name .. ": always, and nothing of it is in the file", function()
      start()
      lie.from, lie.times = 1, "always"
      faults(lie)
      local result, err = scene:download()
      assert.is_nil(result)
      assert.are.equal("protocol", err.kind, tostring(err))
      scene:assert_none()
      local _, requests = scene:fetched()
      assert.is_true(requests <= 40, requests)
      faults()
      local again = assert(scene:download())
      assert.are.equal(0, again.resumed)
      scene:assert_right()
    end)
  end

  it("under the right Content-Range: the hash tells", function()
    start()
    faults { swap = MIB, covers = 0 }
    assert(scene:download())
    scene:assert_right()
    os.remove(scene.target)
    faults { swap = 512, covers = 0, times = "always" }
    assert_refused "PartHashMismatch"
  end)

  it("is none where the output is one part: 200 is as good as 206", function()
    start()
    faults { ignore_range = true, times = "always" }
    assert.are.equal("tree_hash", assert(scene:download(nil, { part_size = 8 * MIB })).verified)
    scene:assert_right()
  end)

  it("of the description: a size that is not the output's", function()
    start()
    for _, size in ipairs { SIZE + 1, SIZE - 1, 3 * SIZE } do
      local job = scene.server:add_job { archive = "A", describe = {
        ArchiveSizeInBytes = size, RetrievalByteRange = ("0-%d"):format(size - 1) } }
      local result, err = scene:download(job)
      assert.is_nil(result)
      assert.are.equal("protocol", err.kind, tostring(err))
      scene:assert_none()
    end
  end)
end)

describe("a refusal of bytes that the job has", function()
  local function refuse(message)
    start()
    faults { status = 400, code = "InvalidParameterValueException", message = message,
      times = "always" }
    local result, err = scene:download()
    assert.is_nil(result)
    scene:assert_none()
    return err
  end

  it("where they are not there yet after all", function()
    local err = refuse "The job is not currently available for download: x."
    assert.are.equal("service JobNotReady", err.kind .. " " .. err.code)
    assert.are.equal("GetJobOutput", err.operation)
    assert.are.equal(400, err.status)
    local _, requests = scene:fetched()
    assert.is_true(requests <= 4, requests) -- one a stream
  end)

  it("for another reason: told with the part, after some requests", function()
    local err = refuse "The range is none."
    assert.are.equal("protocol", err.kind)
    assert.truthy(err.message:find("although the job has them: ", 1, true), err.message)
    assert.truthy(err.message:find("The range is none.", 1, true), err.message)
    assert.truthy(err.message:find("part %d", 1), err.message)
  end)
end)
