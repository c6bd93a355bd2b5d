local glacier = require "glacier"
local tree_hashes = require "spec.vectors.tree_hashes"

local MEBIBYTE = 1048576

local function write(bytes)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

-- By SHA-256 alone, level by level, as the developer guide has it.
local function expected(bytes)
  local sha256 = require("glacier.core.digest").sha256
  local level = {}
  for first = 1, math.max(#bytes, 1), MEBIBYTE do
    level[#level + 1] = sha256(bytes:sub(first, first + MEBIBYTE - 1), true)
  end
  while #level > 1 do
    local above = {}
    for i = 1, #level, 2 do
      above[#above + 1] = level[i + 1] and sha256(level[i] .. level[i + 1], true) or level[i]
    end
    level = above
  end
  return (level[1]:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
end

local SIZES = { 0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 2 * MEBIBYTE, 3 * MEBIBYTE + 5, 7 * MEBIBYTE }

local function bytes_of(size)
  return (("0123456789abcdef!"):rep(math.ceil(size / 17)):sub(1, size))
end

describe("glacier.tree_hash and its kin", function()
  for _, size in ipairs(SIZES) do
    it(("agree on %d bytes"):format(size), function()
      local bytes = bytes_of(size)
      local hash = expected(bytes)
      local path = write(bytes)
      local hasher = glacier.tree_hasher()
      for first = 1, size, 300001 do
        assert.equal(hasher, hasher:update(bytes:sub(first, first + 300000)))
      end
      assert.equal(hash, glacier.tree_hash(bytes))
      assert.equal(hash, glacier.tree_hash_file(path))
      assert.equal(hash, hasher:digest())
      os.remove(path)
    end)
  end

  it("agree with what others have computed", function()
    for _, case in ipairs(tree_hashes) do
      assert.equal(case[3], glacier.tree_hash(case[1]:rep(case[2])))
      local path = write(case[1]:rep(case[2]))
      assert.equal(case[3], glacier.tree_hash_file(path))
      os.remove(path)
    end
  end)

  it("a digest does not end a hasher", function()
    local hasher = glacier.tree_hasher()
    local bytes = bytes_of(2 * MEBIBYTE + 9)
    assert.equal(expected(""), hasher:digest())
    hasher:update(bytes:sub(1, MEBIBYTE + 3))
    assert.equal(expected(bytes:sub(1, MEBIBYTE + 3)), hasher:digest())
    assert.equal(expected(bytes:sub(1, MEBIBYTE + 3)), hasher:digest())
    hasher:update(bytes:sub(MEBIBYTE + 4))
    assert.equal(expected(bytes), hasher:digest())
  end)

  it("a file that cannot be read is an error", function()
    for path, words in pairs({ ["/nowhere/at all"] = "No such file", ["/"] = "directory",
      ["/dev/zero"] = "pipe", [""] = "cannot name", ["a\0b"] = "cannot name" }) do
      local hash, err = glacier.tree_hash_file(path)
      assert.is_nil(hash)
      assert.equal("config", err.kind)
      assert.equal("FileError", err.code)
      assert.truthy(err.message:find(words, 1, true), err.message)
    end
  end)

  it("a pipe holds nobody up", function()
    local path = os.tmpname()
    os.remove(path)
    assert(os.execute("mkfifo " .. path))
    local hash, err = glacier.tree_hash_file(path)
    os.remove(path)
    assert.is_nil(hash)
    assert.equal("FileError", err.code)
  end)

  it("raise for what is no string", function()
    assert.has_error(function() glacier.tree_hash(1) end)
    assert.has_error(function() glacier.tree_hash_file({}) end)
    assert.has_error(function() glacier.tree_hasher():update() end)
  end)

  it("a file is hashed under glacier.spawn, many at a time", function()
    local bytes = bytes_of(3 * MEBIBYTE + 1)
    local path = write(bytes)
    local hash, tasks = expected(bytes), {}
    for i = 1, 8 do
      tasks[i] = glacier.spawn(function() return glacier.tree_hash_file(path) end)
    end
    for i = 1, 8 do
      assert.equal(hash, (tasks[i]:wait()))
    end
    os.remove(path)
  end)
end)
