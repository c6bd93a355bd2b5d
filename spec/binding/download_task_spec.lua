local download = require "glacier.core.download"
local home = require "spec.support.home"
local lfs = require "lfs"
local part_files = require "spec.support.part_files"

local bytes, read, result_of, run, write = part_files.bytes, part_files.read,
  part_files.result_of, part_files.run, part_files.write
local MIB = part_files.MIB

describe("core.download, tasks:", function()
  local place, path

  before_each(function()
    place = home.new()
    path = place.path .. "/x"
  end)

  after_each(function()
    collectgarbage()
    place:remove()
  end)

  describe("file:allocate", function()
    it("makes the file as long, and gives it its space", function()
      local file = assert(download.file(path))
      assert.is_true(result_of(assert(file:allocate(3 * MIB))))
      assert.equal(3 * MIB, file:size())
      assert.is_true(lfs.attributes(path, "blocks") * 512 >= 3 * MIB)
      assert.is_true(result_of(assert(file:allocate(5))))
      assert.equal(5, file:size())
      assert.is_true(result_of(assert(file:allocate(0))))
      assert.equal(0, file:size())
    end)

    it("makes a sparse one", function()
      local file = assert(download.file(path))
      assert.is_true(result_of(assert(file:allocate(100 * 1024 * MIB, false))))
      assert.equal(100 * 1024 * MIB, file:size())
      assert.is_true(lfs.attributes(path, "blocks") * 512 < MIB)
    end)

    it("says where there is no space, and takes none", function()
      local file = assert(download.file(path))
      assert.is_true(result_of(file:allocate(1000)))
      local size = assert(download.space(place.path)) + 1024 * 1024 * MIB
      local ok, failure = result_of(assert(file:allocate(size)))
      assert.is_nil(ok)
      assert.equal("FileError", failure.code)
      assert.truthy(failure.message:find("no space", 1, true) or
        failure.message:find("cannot hold", 1, true), failure.message)
      assert.equal(1000, file:size())
    end)

    it("says where the system allows no such file", function()
      local out = run(([[
        local f = assert(require("glacier.core.download").file("%s"))
        local t = assert(f:allocate(10000000))
        while not t:done() do end
        print(select(2, t:result()).message)
        local r = assert(f:range(0, 10000000))
        local ok, e = r:write(("x"):rep(9000000))
        print((ok and select(2, r:tree_hash()) or e).message)
      ]]):format(path):gsub("\n", " "), "ulimit -f 1000;")
      assert.truthy(out:find("cannot hold a file of 10000000 bytes", 1, true), out)
      assert.truthy(out:find("cannot write .*: File too large"), out)
    end)
  end)

  describe("file:publish", function()
    it("gives the file its name, whole", function()
      local file = assert(download.file(path))
      local range = assert(file:range(0, 5))
      range:write "hello"
      range:close()
      assert.is_true(result_of(assert(file:publish(path .. ".done"))))
      assert.equal("hello", read(path .. ".done"))
      assert.is_nil(lfs.attributes(path))
      file:close()
    end)

    it("replaces another file only where it is to", function()
      write(path .. ".done", "old")
      local file = assert(download.file(path))
      local ok, failure = result_of(assert(file:publish(path .. ".done", false)))
      assert.is_nil(ok)
      assert.equal("FileExists", failure.code)
      assert.equal("old", read(path .. ".done"))
      assert.is_true(result_of(assert(file:publish(path .. ".done", true))))
      assert.equal("", read(path .. ".done"))
    end)

    it("fails where it cannot be", function()
      local file = assert(download.file(path))
      assert(lfs.mkdir(path .. ".folder"))
      for _, target in ipairs { place.path .. "/none/x", path .. ".folder", place.path .. "/" ..
        ("x"):rep(256) } do
        local ok, failure = result_of(assert(file:publish(target, true)))
        assert.is_nil(ok)
        assert.equal("FileError", failure.code)
      end
      assert.equal("FileError", select(2, file:publish "a\0b").code)
      assert.has_error(function() file:publish() end)
      os.remove(path)
      write(path, "another's")
      assert.is_nil((result_of(assert(file:publish(path .. ".done")))))
      assert.equal("another's", read(path))
    end)
  end)

  it("tells of free space", function()
    assert.is_true(download.space(place.path) > 0)
    local none, failure = download.space(path)
    assert.is_nil(none)
    assert.equal("FileError", failure.code)
    assert.is_nil((download.space "a\0b"))
  end)

  it("tells a task's result only at its end", function()
    write(path, bytes(4 * MIB))
    local file = assert(download.file(path))
    local task = assert(file:hash { { 0, 4 * MIB } })
    if not task:done() then
      assert.has_error(function() task:result() end)
    end
    task:close()
    assert.has_error(function() task:done() end)
    assert.same({}, result_of(assert(file:hash {})))
  end)
end)
