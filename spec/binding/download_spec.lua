local digest = require "glacier.core.digest"
local download = require "glacier.core.download"
local home = require "spec.support.home"
local http = require "glacier.core.http"
local lfs = require "lfs"

local MIB = 1024 * 1024

local function read(path)
  local opened = assert(io.open(path, "rb"))
  local text = opened:read "*a"
  opened:close()
  return text
end

local function write(path, text)
  local opened = assert(io.open(path, "wb"))
  opened:write(text)
  opened:close()
end

-- Bytes that repeat nowhere within a MiB.
local function bytes(size)
  local pieces, length, i = {}, 0, 0
  while length < size do
    i = i + 1
    pieces[i] = ("%07d,"):format(i * 7919 % 10000000)
    length = length + 8
  end
  return table.concat(pieces):sub(1, size)
end

local function result_of(task)
  local deadline = http.monotonic() + 30
  while not task:done() do
    assert(http.monotonic() < deadline, "the task does not end")
    http.sleep(0.002)
  end
  return task:result()
end

-- A program of its own in the Lua of now; what it prints.
local function run(code, before)
  local lua = jit and "luajit" or "lua" .. _VERSION:match "[%d.]+$"
  local pipe = assert(io.popen(("%s LUA_CPATH='%s' %s -e '%s' 2>&1"):format(before or "",
    package.cpath, lua, code)))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

describe("core.download", function()
  local place, path

  before_each(function()
    place = home.new()
    path = place.path .. "/x"
  end)

  after_each(function()
    collectgarbage()
    place:remove()
  end)

  describe("journal", function()
    it("gives back the lines that were appended", function()
      local journal = assert(download.journal(path))
      assert.same({ {}, 0 }, { journal:read() })
      assert.is_true(journal:append "one")
      assert.is_true(journal:append("", true))
      assert.is_true(journal:append "a\0b \255")
      assert.is_true(journal:append(("y"):rep(64 * 1024)))
      local lines = { "one", "", "a\0b \255", ("y"):rep(64 * 1024) }
      assert.same({ lines, 0 }, { journal:read() })
      journal:close()
      assert.same({ lines, 0 }, { assert(download.journal(path)):read() })
    end)

    it("refuses what is no line", function()
      local journal = assert(download.journal(path))
      for _, text in ipairs { "a\nb", "\n", ("x"):rep(64 * 1024 + 1) } do
        local ok, failure = journal:append(text)
        assert.is_nil(ok)
        assert.equal("config", failure.kind)
        assert.is_nil((journal:rewrite { "a", text }))
      end
      assert.equal("", read(path))
      assert.has_error(function() journal:append(5) end)
      assert.has_error(function() journal:rewrite { 5 } end)
      assert.has_error(function() journal:rewrite "a" end)
    end)

    -- What crashes and file systems leave behind.
    local good = "good one\n"
    local tails = {
      ["half a line"] = function(line) return line:sub(1, 9) end,
      ["a line without its end"] = function(line) return line:sub(1, -2) end,
      ["zeros"] = function() return ("\0"):rep(4096) end,
      ["zeros within a line"] = function(line) return line:sub(1, 10) .. "\0\0" .. line:sub(13) end,
      ["a flipped bit, and whole lines after it"] = function(line)
        return line:gsub("second", "secone") .. line .. line
      end,
      ["another check value"] = function(line) return "00000000" .. line:sub(9) end,
      ["a check value alone"] = function(line) return line:sub(1, 8) .. "\n" .. line end,
      ["empty lines"] = function() return "\n\n\n" end,
      ["a line that is far too long"] = function() return ("z"):rep(200 * 1000) end,
      ["a longer text of the same"] = function(line) return line:sub(1, -2) .. "x\n" end,
    }
    for name, spoil in pairs(tails) do
      it("cuts off " .. name, function()
        local journal = assert(download.journal(path))
        assert.is_true(journal:append(good:sub(1, -2)))
        local first = read(path)
        assert.is_true(journal:append "the second one")
        local tail = spoil(read(path):sub(#first + 1))
        journal:close()
        write(path, first .. tail)
        journal = assert(download.journal(path))
        assert.same({ { "good one" }, #tail }, { journal:read() })
        assert.equal(first, read(path))
        assert.same({ { "good one" }, 0 }, { journal:read() })
        assert.is_true(journal:append "next")
        assert.same({ "good one", "next" }, (journal:read()))
        journal:close()
        -- Whoever appends without having read does the same.
        write(path, first .. tail)
        journal = assert(download.journal(path))
        assert.is_true(journal:append "last")
        assert.same({ { "good one", "last" }, 0 }, { journal:read() })
      end)
    end

    it("reads an empty file, and one of zeros alone, as no lines", function()
      write(path, "")
      local journal = assert(download.journal(path))
      assert.same({ {}, 0 }, { journal:read() })
      journal:close()
      write(path, ("\0"):rep(100))
      assert.same({ {}, 100 }, { assert(download.journal(path)):read() })
      assert.equal("", read(path))
    end)

    it("replaces all lines at once, and keeps the lock", function()
      local journal = assert(download.journal(path))
      local lines = {}
      for i = 1, 5000 do
        lines[i] = ("line %d of many"):format(i)
        assert.is_true(journal:append(lines[i]))
      end
      write(path .. ".new", "left by one who was killed")
      assert.is_true(journal:rewrite { "a", "b" })
      assert.is_false(require("glacier.core.file").exists(path .. ".new"))
      assert.equal("Locked", select(2, download.journal(path)).code)
      assert.is_true(journal:append "c")
      assert.same({ { "a", "b", "c" }, 0 }, { journal:read() })
      assert.is_true(journal:rewrite(lines))
      assert.same({ lines, 0 }, { journal:read() })
      assert.is_true(journal:rewrite {})
      assert.same({ {}, 0 }, { journal:read() })
    end)

    it("keeps the old lines where it cannot be replaced", function()
      local journal = assert(download.journal(path))
      assert.is_true(journal:append "a")
      assert(lfs.mkdir(path .. ".new"))
      local ok, failure = journal:rewrite { "b" }
      assert.is_nil(ok)
      assert.equal("FileError", failure.code)
      assert.is_true(journal:append "c")
      assert.same({ "a", "c" }, (journal:read()))
    end)

    it("tells the same checks as others do", function()
      local journal = assert(download.journal(path))
      assert.is_true(journal:append "123456789")
      assert.equal("e3069283 123456789\n", read(path)) -- CRC-32C's own check
    end)

    it("is of no use once it is closed", function()
      local journal = assert(download.journal(path))
      journal:close()
      journal:close()
      assert.has_error(function() journal:read() end)
      assert.has_error(function() journal:append "x" end)
      assert.has_error(function() journal:rewrite {} end)
    end)
  end)

  for name, open in pairs { journal = download.journal, file = download.file } do
    describe(name .. ", the lock", function()
      it("is one process's", function()
        local first = assert(open(path))
        local second, failure = open(path)
        assert.is_nil(second)
        assert.equal("config", failure.kind)
        assert.equal("Locked", failure.code)
        assert.truthy(failure.message:find(path, 1, true))
        local pid = tonumber(io.open("/proc/self/stat"):read "*n")
        assert.equal(pid, failure.pid)
        local other = run(('local _, e = require("glacier.core.download").%s("%s") print(e.code, e.pid, ' ..
          'e.message)'):format(name, path))
        assert.equal(("Locked\t%d\tcannot lock %s: process %d has it\n"):format(pid, path, pid), other)
        first:close()
        second = assert(open(path))
        second:close()
      end)

      it("ends with a kill", function()
        local code = ('f = assert(require("glacier.core.download").%s("%s")) io.write("locked") ' ..
          'io.stdout:flush() os.execute("kill -9 $PPID")'):format(name, path)
        assert.truthy(run(code):find "^locked")
        assert(open(path)):close()
      end)

      it("is not inherited by programs that are started", function()
        local file = assert(open(path))
        os.execute "sleep 5 &"
        file:close()
        assert(open(path)):close()
      end)

      it("ends when the object is collected", function()
        assert(open(path))
        collectgarbage()
        collectgarbage()
        assert(open(path)):close()
      end)

      it("is of regular files alone, and waits for nothing", function()
        place:run "mkfifo pipe && ln -s none nowhere && touch there && ln -s there link"
        for what, reason in pairs { ["pipe"] = "it is a pipe", ["nowhere"] = "it is a symbolic link",
          ["link"] = "it is a symbolic link", ["."] = "it is a folder", ["no/x"] = "No such file",
          ["there/x"] = "Not a directory", [("x"):rep(256)] = "File name too long",
          ["../../dev/null"] = "it is a device" } do
          local object, failure = open(place.path .. "/" .. what)
          assert.is_nil(object)
          assert.equal("FileError", failure.code)
          assert.truthy(failure.message:find(reason, 1, true), failure.message)
        end
        for _, bad in ipairs { "", "a\0b", ("/"):rep(5000) } do
          assert.equal("FileError", select(2, open(bad)).code)
        end
        assert.has_error(function() open() end)
      end)
    end)
  end

  describe("file", function()
    it("takes ranges in any order, hashed as they come", function()
      local file = assert(download.file(path))
      local data = bytes(5 * MIB + 12345)
      local whole = {}
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
        whole[#whole + 1] = part
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
      assert.equal(MIB, range:room())
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
