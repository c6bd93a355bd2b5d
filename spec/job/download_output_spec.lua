-- What a job's description says of its output, before a byte is fetched.

local output = require "glacier.job.download.output"

local HASH = ("0aF"):rep(21) .. "9"
local PARAMS = { vaultName = "v", jobId = "j" }

local function archive(more)
  local description = { Action = "ArchiveRetrieval", ArchiveSizeInBytes = 1000, ArchiveId = "A",
    VaultARN = "arn:v", JobId = "j", RetrievalByteRange = "0-999",
    ArchiveSHA256TreeHash = HASH, SHA256TreeHash = HASH }
  for name, value in pairs(more or {}) do
    description[name] = value or nil
  end
  return description
end

local function of(description)
  return assert(output.of(description, PARAMS))
end

describe("the output of an archive's job", function()
  it("is the range that was asked for", function()
    for _, case in ipairs {
      { {}, 0, 1000 }, { { RetrievalByteRange = "0-0" }, 0, 1 },
      { { RetrievalByteRange = "200-299" }, 200, 100 },
      { { RetrievalByteRange = "200-4000" }, 200, 800 }, -- it ends with the archive
      { { RetrievalByteRange = false }, 0, 1000 }, { { RetrievalByteRange = "all" }, 0, 1000 },
      { { RetrievalByteRange = "5-9", ArchiveSizeInBytes = false }, 5, 5 },
    } do
      local found = of(archive(case[1]))
      assert.equal(case[2], found.first)
      assert.equal(case[3], found.size)
      assert.is_true(found.is_archive)
    end
  end)

  it("has the job's hash, and the archive's where it is all of that", function()
    assert.equal(HASH:lower(), of(archive()).tree_hash)
    assert.equal(HASH:lower(), of(archive { SHA256TreeHash = false }).tree_hash)
    assert.is_nil(of(archive { SHA256TreeHash = false, RetrievalByteRange = "0-998" }).tree_hash)
    assert.is_nil(of(archive { SHA256TreeHash = false, RetrievalByteRange = "1-999" }).tree_hash)
    assert.is_nil(of(archive { SHA256TreeHash = false, ArchiveSizeInBytes = false }).tree_hash)
  end)

  it("is refused where the description does not tell it", function()
    for _, case in ipairs {
      { { RetrievalByteRange = false, ArchiveSizeInBytes = false }, "how many bytes its output has" },
      { { RetrievalByteRange = "1000-1000" }, "how many bytes its output has" },
      { { RetrievalByteRange = "9-5" }, "how many bytes its output has" },
      { { ArchiveSizeInBytes = 0, RetrievalByteRange = false }, "how many bytes its output has" },
      { { SHA256TreeHash = "abc" }, "tree hash is none: abc" },
      { { SHA256TreeHash = ("g"):rep(64) }, "tree hash is none" },
      { { SHA256TreeHash = HASH .. "0" }, "tree hash is none" },
    } do
      local found, err = output.of(archive(case[1]), PARAMS)
      assert.is_nil(found)
      assert.equal("protocol ResponseParserError", err.kind .. " " .. err.code)
      assert.truthy(err.message:find(case[2], 1, true), err.message)
      assert.equal("DescribeJob", err.operation)
      assert.is_false(err.in_doubt)
    end
  end)

  it("goes by one name, whichever job brings it", function()
    local key = of(archive()).key
    assert.equal(key, of(archive { JobId = "k" }).key)
    assert.equal(16, #key)
    for _, other in ipairs { { ArchiveId = "B" }, { VaultARN = "arn:w" },
      { RetrievalByteRange = "0-998" }, { RetrievalByteRange = "1-999" },
      { SHA256TreeHash = ("1"):rep(64) } } do
      assert.not_equal(key, of(archive(other)).key)
    end
  end)
end)

describe("the output of an inventory's job", function()
  local function inventory(job, size)
    return { Action = "InventoryRetrieval", JobId = job, InventorySizeInBytes = size }
  end

  it("is all of it, another one each time", function()
    local found = of(inventory("j", 77))
    assert.equal(77, found.size)
    assert.equal(0, found.first)
    assert.is_nil(found.tree_hash)
    assert.is_false(found.is_archive)
    assert.not_equal(found.key, of(inventory("k", 77)).key)
  end)

  it("is refused where its size is not told", function()
    local found, err = output.of(inventory("j"), PARAMS)
    assert.is_nil(found)
    assert.truthy(err.message:find("how many bytes its inventory has", 1, true))
  end)
end)

it("the output of a select job is not here, but where it says", function()
  local found, err = output.of({ Action = "Select", JobOutputPath = "s3://b/p" }, PARAMS)
  assert.is_nil(found)
  assert.equal("config", err.kind)
  assert.truthy(err.message:find("s3://b/p", 1, true))
  found, err = output.of({ Action = "Select" }, PARAMS)
  assert.is_nil(found)
  assert.truthy(err.message:find("lies in S3", 1, true))
end)
