--- Outputs of all sizes, whole and ranges: the file, its hash, and what was proved.

local downloads = require "spec.support.downloads"

local MIB = downloads.MIB
local PART = 4 * MIB

describe("a download", function()
  local scene

  after_each(function()
    scene:stop()
  end)

  for _, size in ipairs { 1, 2, MIB - 1, MIB, MIB + 1, PART - 1, PART, PART + 1, 2 * PART,
    3 * PART + 1, 5 * MIB + 12345, 2 * PART - MIB } do
    it(("of an archive of %d bytes"):format(size), function()
      scene = downloads.start({ size = size })
      local result = assert(scene:download(nil, { part_size = PART }))
      assert.are.same({
        path = scene.target, size = size, tree_hash = scene.archive.tree_hash,
        verified = "tree_hash", parts = math.ceil(size / PART), resumed = 0,
      }, result)
      scene:assert_right()
      local bytes, requests = scene:fetched()
      assert.are.equal(size, bytes)
      assert.are.equal(result.parts, requests)
    end)
  end

  -- Of an archive of 9 MiB and 17 bytes: the first byte, how many, and what can
  -- be proved with the part headers of the service and without.
  for name, case in pairs {
    ["that is a node of the tree"] = { 4 * MIB, 4 * MIB, "tree_hash", "tree_hash" },
    ["of one MiB amid it"] = { 5 * MIB, MIB, "tree_hash", "tree_hash" },
    ["from the beginning"] = { 0, 8 * MIB, "tree_hash", "tree_hash" },
    ["at the end"] = { 8 * MIB, MIB + 17, "tree_hash", "tree_hash" },
    ["of the last bytes"] = { 9 * MIB, 17, "tree_hash", "tree_hash" },
    ["that is no node"] = { MIB, 4 * MIB, "size", "parts" },
    ["that is no node, to the end"] = { 3 * MIB, 6 * MIB + 17, "size", "parts" },
    ["of odd MiB"] = { 6 * MIB, 3 * MIB, "size", "parts" },
  } do
    it("of a range " .. name, function()
      scene = downloads.start({ size = 9 * MIB + 17 })
      for index, hash_headers in ipairs { "aligned", "mib" } do
        scene.server:control { hash_headers = hash_headers }
        local job = { archive = "A", range = ("%d-%d"):format(case[1], case[1] + case[2] - 1) }
        local result = assert(scene:download(job, { part_size = 2 * MIB, overwrite = true }))
        assert.are.equal(case[2 + index], result.verified)
        assert.are.equal(case[2], result.size)
        assert.are.equal(scene.archive.content:tree_hash(case[1], case[2]), result.tree_hash)
        scene:assert_right(case[1], case[2])
        os.remove(scene.target)
      end
    end)
  end

  it("of a range with the hash that the caller knows", function()
    scene = downloads.start({ size = 9 * MIB })
    local hash = scene.archive.content:tree_hash(MIB, 4 * MIB)
    local job = scene.server:add_job { archive = "A", range = ("%d-%d"):format(MIB, 5 * MIB - 1) }
    local result, err = scene:download(job, { require = "tree_hash" })
    assert.is_nil(result)
    assert.are.equal("NotVerifiable", err.code)
    assert.are.equal(0, scene.server:count "GetJobOutput")
    result = assert(scene:download(job, { require = "tree_hash", tree_hash = hash:upper() }))
    assert.are.equal("tree_hash", result.verified)
    assert.are.equal(hash, result.tree_hash)
    scene:assert_right(MIB, 4 * MIB)
  end)

  it("of an inventory is proved by its size", function()
    local text = '{"VaultARN":"arn","ArchiveList":[]}'
    scene = downloads.start({ size = 1 }, { inventory = text })
    local job = scene.server:add_job { format = "JSON" }
    local result, err = scene:download(job, { require = "tree_hash" })
    assert.is_nil(result)
    assert.are.equal("NotVerifiable", err.code)
    assert.are.equal(0, scene.server:count "GetJobOutput")
    result = assert(scene:download(job, { part_size = false }))
    assert.are.equal("size", result.verified)
    assert.are.equal(#text, result.size)
    assert.are.equal(text, downloads.read(scene.target))
  end)

  it("in parts as they are wanted, in any number at a time", function()
    scene = downloads.start({ size = 40 * MIB + 1 })
    local job = scene.server:add_job { archive = "A" }
    for _, case in ipairs { { false, 1, 2 }, { 64 * MIB, 4, 1 }, { 8 * MIB, 64, 6 }, { MIB, 3, 41 } } do
      local result = assert(scene:download(job, { part_size = case[1], concurrency = case[2] }))
      assert.are.equal(case[3], result.parts)
      assert.are.equal("tree_hash", result.verified)
      scene:assert_right()
      os.remove(scene.target)
    end
    for _, wrong in ipairs { { part_size = 3 * MIB }, { part_size = MIB / 2 }, { part_size = 2 ^ 33 },
      { part_size = 0 }, { part_size = -MIB }, { part_size = 1.5 * MIB }, { concurrency = 0 },
      { concurrency = 1.5 }, { concurrency = 65 }, { concurrency = 1e9 }, { max_rate = 0 }, { max_rate = -1 },
      { max_rate = 0 / 0 }, { part_size = 0 / 0 }, { part_size = 1 / 0 }, { concurrency = 0 / 0 },
      { tree_hash = "x" }, { tree_hash = ("g"):rep(64) }, { require = "size" }, { path = false },
      { path = "" }, { speed = 1 } } do
      local result, err = scene:download(job, wrong)
      assert.is_nil(result)
      assert.are.equal("config", err.kind)
      assert.is_false(err.sent)
    end
  end)
end)

describe("a job whose output is not there", function()
  local scene

  after_each(function()
    scene:stop()
  end)

  it("is not ready, has failed, or is gone", function()
    scene = downloads.start({ size = MIB })
    for code, job in pairs {
      JobNotReady = scene.server:add_job { archive = "A", ready_after = 3600 },
      JobFailed = scene.server:add_job { archive = "A", fails = "It was not to be." },
      ResourceNotFoundException = scene.server:add_job { archive = "A", age = 90000, expires_after = 10 },
    } do
      local result, err = scene:download(job)
      assert.is_nil(result)
      assert.are.equal(code, err.code, tostring(err))
      assert.are.equal("service", err.kind)
      assert.are.equal(code == "JobFailed", err.message:find("It was not to be.", 1, true) ~= nil)
    end
    assert.are.equal(0, scene.server:count "GetJobOutput")
    assert.are.same({}, scene:names())
  end)
end)
