local download = require "glacier.core.download"
local home = require "spec.support.home"
local lfs = require "lfs"
local part_files = require "spec.support.part_files"

local read, write = part_files.read, part_files.write

describe("core.download, the journal:", function()
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
end)
