local download = require "glacier.core.download"
local home = require "spec.support.home"
local part_files = require "spec.support.part_files"

local run = part_files.run

describe("core.download, the lock:", function()
  local place, path

  before_each(function()
    place = home.new()
    path = place.path .. "/x"
  end)

  after_each(function()
    collectgarbage()
    place:remove()
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
end)
