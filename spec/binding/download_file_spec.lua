local digest = require "glacier.core.digest"
local download = require "glacier.core.download"
local home = require "spec.support.home"
local http = require "glacier.core.http"
local part_files = require "spec.support.part_files"

local bytes, read, result_of, write = part_files.bytes, part_files.read, part_files.result_of, part_files.write
local MIB = part_files.MIB

describe("core.download, part files and ranges:", function()
  local place, path

  before_each(function()
    place = home.new()
    path = place.path .. "/x"
  end)

  after_each(function()
    collectgarbage()
    place:remove()
  end)

  describe("file", function()
    it("takes ranges in any order, hashed as they come", function()
      local file = assert(download.file(path))
      local data = bytes(5 * MIB + 12345)
      for _, span in ipairs { { 4 * MIB, MIB + 12345 }, { 0, 3 * MIB }, { 3 * MIB, MIB } } do
        local range = assert(file:range(span[1], span[2]))
        local part = data:sub(span[1] + 1, span[1] + span[2])
        assert.equal(digest.tree_hash "", range:tree_hash())
        local at = 1
        while at <= #part do
          assert.is_true(range:write(part:sub(at, at + 70000)))
          at = at + 70001
        end
        assert.equal(span[1] + span[2], range:position())
        assert.equal(digest.tree_hash(part), range:tree_hash())
        assert.is_true(range:settled())
        range:close()
      end
      assert.is_true(data == read(path))
      assert.equal(#data, file:size())
      file:close()
    end)

    it("hashes a range without ending it", function()
      local file = assert(download.file(path))
      local data = bytes(2 * MIB + 5)
      local range = assert(file:range(0, #data))
      for at = 1, #data, 300000 do
        assert.is_true(range:write(data:sub(at, at + 299999)))
        assert.equal(digest.tree_hash(data:sub(1, at + 299999)), range:tree_hash())
      end
      file:close()
    end)

    it("refuses more bytes than a range has, and takes none of them", function()
      local file = assert(download.file(path))
      local range = assert(file:range(10, 100))
      assert.is_true(range:write(("x"):rep(60)))
      local ok, failure = range:write(("y"):rep(41))
      assert.is_nil(ok)
      assert.equal("protocol", failure.kind)
      assert.equal(70, range:position())
      assert.is_true(range:write(("z"):rep(40)))
      assert.is_nil((range:write "!"))
      assert.is_true(range:write "")
      range:close()
      assert.equal(("\0"):rep(10) .. ("x"):rep(60) .. ("z"):rep(40), read(path))
    end)

    it("takes what is larger than its buffer", function()
      local file = assert(download.file(path))
      local data = bytes(7 * MIB + 1)
      local range = assert(file:range(0, #data))
      assert.is_true(range:room() >= MIB and range:room() < #data)
      assert.is_true(range:write(data))
      assert.equal(digest.tree_hash(data), range:tree_hash())
      range:close()
      assert.is_true(data == read(path))
    end)

    it("tells the journal of each whole MiB, and goes on behind it", function()
      local file = assert(download.file(path))
      local journal = assert(download.journal(path .. ".journal"))
      local data = bytes(4 * MIB + 77)
      local part = data:sub(MIB + 1)
      local range = assert(file:range(MIB, #part, { journal = journal, label = "1" }))
      assert.is_true(range:write(part:sub(1, 2 * MIB + 500)))
      range:close()
      local lines = journal:read()
      assert.same({ "1 1 " .. digest.tree_hash(part:sub(1, MIB)),
        "1 2 " .. digest.tree_hash(part:sub(1, 2 * MIB)) }, lines)

      local found = result_of(assert(file:hash { { MIB, 2 * MIB }, { MIB, 1 }, { MIB, 0 },
        { 100 * MIB, 5 } }))
      assert.equal(digest.tree_hash(part:sub(1, 2 * MIB)), found[1].tree_hash)
      assert.equal(digest.tree_hash(part:sub(1, 1)), found[2].tree_hash)
      assert.same({ 2 * MIB, 1, 0, 0 },
        { found[1].size, found[2].size, found[3].size, found[4].size })

      range = assert(file:range(MIB, #part,
        { journal = journal, label = "1", hashed = found[1].hashed }))
      assert.equal(3 * MIB, range:position())
      assert.is_true(range:write(part:sub(2 * MIB + 1)))
      assert.equal(digest.tree_hash(part), range:tree_hash())
      lines = journal:read()
      assert.equal("1 3 " .. digest.tree_hash(part:sub(1, 3 * MIB)), lines[3])
      assert.equal(3, #lines)
      assert.is_true(part == read(path):sub(MIB + 1))
    end)

    it("refuses options that cannot be", function()
      local file = assert(download.file(path))
      assert.has_error(function() file:range(0, 5, { hashed = "x" }) end)
      assert.has_error(function() file:range(0, 5, { journal = file }) end)
      assert.has_error(function() file:range(0, 5, { label = 5 }) end)
      assert.has_error(function() file:range(0, -5) end)
      assert.has_error(function() file:range(0, 0.5) end)
      assert.has_error(function() file:range("0", 5) end)
      for _, label in ipairs { "a\nb", "a\0b", ("x"):rep(201) } do
        assert.equal("config", select(2, file:range(0, 5, { label = label })).kind)
      end
      write(path .. ".two", bytes(2 * MIB))
      local two = assert(download.file(path .. ".two"))
      local found = result_of(two:hash { { 0, 2 * MIB } })
      assert.is_nil((file:range(0, 2 * MIB - 1, { hashed = found[1].hashed })))
      assert.is_truthy((file:range(0, 2 * MIB, { hashed = found[1].hashed })))
    end)

    it("fails its ranges and tasks once it is closed", function()
      local file = assert(download.file(path))
      local range = assert(file:range(0, MIB))
      local task = assert(file:allocate(MIB))
      assert.is_true(result_of(task))
      file:close()
      range:write "abc"
      local hash, failure = range:tree_hash()
      assert.is_nil(hash)
      assert.equal("FileError", failure.code)
      assert.is_nil((range:write "abc"))
      assert.has_error(function() file:size() end)
      assert(download.file(path)):close()
    end)

    it("fails its ranges once their journal is closed", function()
      local file = assert(download.file(path))
      local journal = assert(download.journal(path .. ".journal"))
      local range = assert(file:range(0, 2 * MIB, { journal = journal, label = "x" }))
      journal:close()
      range:write(bytes(MIB))
      assert.truthy(select(2, range:tree_hash()).message:find("the journal is closed", 1, true))
    end)

    it("may be collected in any order", function()
      for _ = 1, 20 do
        local file = assert(download.file(path))
        local journal = assert(download.journal(path .. ".journal"))
        local range = assert(file:range(0, 2 * MIB, { journal = journal, label = "x" }))
        range:write(bytes(MIB + 1))
        file:hash { { 0, MIB } }
        file:allocate(MIB)
        file, journal, range = nil, nil, nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        -- The lock goes with the last thread.
        local deadline = http.monotonic() + 20
        local again = download.file(path)
        while not again and http.monotonic() < deadline do
          http.sleep(0.002)
          again = download.file(path)
        end
        assert(again):close()
        assert(download.journal(path .. ".journal")):close()
      end
    end)
  end)
end)
