local digest = require "glacier.core.digest"
local file_hash = require "glacier.core.file_hash"
local socket = require "socket"

local MEBIBYTE = 1048576

describe("glacier.core.file_hash", function()
  local path, bytes, sparse

  setup(function()
    bytes = ("lua-glacier "):rep(3 * MEBIBYTE / 8)
    path, sparse = os.tmpname(), os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(bytes)
    file:close()
    file = assert(io.open(sparse, "wb"))
    file:seek("set", 64 * 2 ^ 30)
    file:write("end")
    file:close()
  end)

  teardown(function()
    os.remove(path)
    os.remove(sparse)
  end)

  it("gives the hash, once it is done and as often as asked", function()
    local task = assert(file_hash.start(path))
    local deadline = socket.gettime() + 30
    while not task:done() and socket.gettime() < deadline do
      socket.sleep(0.001)
    end
    assert.is_true(task:done())
    assert.equal(digest.tree_hash(bytes), task:result())
    assert.equal(digest.tree_hash(bytes), task:result())
    task:close()
    task:close()
    assert.has_error(function() task:result() end)
    assert.has_error(function() task:done() end)
  end)

  it("is waited for where the result is asked for before", function()
    assert.equal(digest.tree_hash(bytes), assert(file_hash.start(path)):result())
  end)

  it("a task that is closed or collected amid its work ends soon", function()
    local began = socket.gettime()
    for i = 1, 20 do
      local task = assert(file_hash.start(sparse))
      assert.is_false(task:done())
      if i % 2 == 0 then
        task:close()
      end
      task = nil -- luacheck: ignore 311
      collectgarbage()
      collectgarbage()
    end
    assert.is_true(socket.gettime() - began < 20) -- one would take longer
  end)

  it("leaves no descriptor and no thread behind", function()
    local lfs = require "lfs"
    local function count(folder)
      local found = 0
      for _ in lfs.dir(folder) do found = found + 1 end
      return found
    end
    collectgarbage()
    collectgarbage()
    local files, threads = count("/proc/self/fd"), count("/proc/self/task")
    for _ = 1, 10 do
      assert(file_hash.start(path)):result()
      assert(file_hash.start(sparse)):close()
      assert.is_nil((file_hash.start("/nowhere")))
      assert.is_nil((file_hash.start("/dev/null")))
    end
    collectgarbage()
    collectgarbage()
    assert.equal(files, count("/proc/self/fd"))
    -- The system may still be at the end of one that has been waited for.
    local deadline = socket.gettime() + 10
    while count("/proc/self/task") > threads and socket.gettime() < deadline do
      socket.sleep(0.001)
    end
    assert.equal(threads, count("/proc/self/task"))
  end)

  it("tells of what cannot be read", function()
    local task, failure = file_hash.start("/nowhere/at all")
    assert.is_nil(task)
    assert.same({ kind = "config", code = "InvalidConfigError",
      message = "cannot read /nowhere/at all: No such file or directory" }, failure)
  end)

  it("takes its own objects only", function()
    local task = assert(file_hash.start(path))
    for _, wrong in ipairs({ 1, "x", {}, io.stdout, digest.tree_hasher() }) do
      assert.has_error(function() task.result(wrong) end)
    end
    assert.has_error(function() file_hash.start(1) end)
    assert.has_error(function() file_hash.start() end)
  end)
end)
