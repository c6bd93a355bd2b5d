-- A job's output becomes a file: whole, proved, once.

local clients = require "spec.support.clients"
local lfs = require "lfs"
local vault = require "spec.support.vault"

local MIB = 2 ^ 20

local server, folder

local function start(settings)
  server = vault.start(settings)
  return server
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
end)

after_each(function()
  clients.close_all()
  if server then
    server:stop()
    server = nil
  end
  os.execute("rm -rf '" .. folder .. "'")
end)

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
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

local function bytes_of(content, first, last)
  local pieces = {}
  while first <= last do
    local piece = content:read(first, last - first + 1)
    pieces[#pieces + 1] = piece
    first = first + #piece
  end
  return table.concat(pieces)
end

local function archive_job(range, more)
  return server:job({ Type = "archive-retrieval", ArchiveId = "A", RetrievalByteRange = range }, more)
end

local function download(job, options)
  options = options or {}
  options.path = options.path or folder .. "/x"
  return clients.new(server):download_job_output({ vaultName = "v", jobId = job }, options)
end

describe("a download", function()
  for _, size in ipairs { 1, MIB - 1, MIB, MIB + 1, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 5 * MIB + 77 } do
    it(("of %d bytes is the archive's, proved"):format(size), function()
      start { archives = { A = { size = size } } }
      local content = vault.content(size)
      local result, err = download(archive_job(), { part_size = 2 * MIB })
      assert(result, err)
      assert.are.equal(size, result.size)
      assert.are.equal(content:tree_hash(0, size - 1), result.tree_hash)
      assert.are.equal("tree_hash", result.verified)
      assert.are.equal(math.ceil(size / (2 * MIB)), result.parts)
      assert.are.equal(0, result.resumed)
      assert.is_true(read(folder .. "/x") == bytes_of(content, 0, size - 1))
      assert.are.same({ "x" }, names())
    end)
  end

  for name, range in pairs {
    ["that is aligned"] = { 4 * MIB, 8 * MIB - 1, "tree_hash" },
    ["that is no node of the tree"] = { MIB, 4 * MIB - 1, "size" },
    ["at the end"] = { 8 * MIB, 9 * MIB + 16, "tree_hash" },
    ["that ends amid a MiB"] = { 2 * MIB, 3 * MIB + 5, "size" },
  } do
    it("of a range " .. name .. " is proved as far as that can be", function()
      start { archives = { A = { size = 9 * MIB + 17 } } }
      local content = vault.content(9 * MIB + 17)
      local result, err = download(archive_job(("%d-%d"):format(range[1], range[2])),
        { part_size = MIB })
      assert(result, err)
      assert.are.equal(range[3], result.verified)
      assert.are.equal(range[2] - range[1] + 1, result.size)
      assert.are.equal(content:tree_hash(range[1], range[2]), result.tree_hash)
      assert.is_true(read(folder .. "/x") == bytes_of(content, range[1], range[2]))
    end)
  end

  it("of an inventory is proved by its size alone", function()
    start { inventory = '{"VaultARN":"x","ArchiveList":[]}' }
    local job = server:job({ Type = "inventory-retrieval" })
    local result = assert(download(job))
    assert.are.equal("size", result.verified)
    assert.are.equal('{"VaultARN":"x","ArchiveList":[]}', read(folder .. "/x"))
    local refused, err = download(job, { path = folder .. "/y", require = "tree_hash" })
    assert.is_nil(refused)
    assert.are.equal("NotVerifiable", err.code)
  end)

  it("goes on after connections that are cut anywhere", function()
    start { archives = { A = { size = 9 * MIB + 5 } }, faults = {
      { operation = "GetJobOutput", chance = 400, times = -1, random_cut = true } } }
    local result, err = download(archive_job(), { part_size = 2 * MIB })
    assert(result, err)
    assert.are.equal("tree_hash", result.verified)
    local _, sent = server:requests("GetJobOutput")
    assert.is_true(sent < 10 * MIB, sent)
  end)
end)
