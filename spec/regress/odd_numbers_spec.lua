-- A line of a journal that checks, but tells a number which is none of ours:
-- records of a download raised when they were written anew, as such an index has
-- no integer; and a state's "nan" is a number for some Luas, by which no table can
-- be indexed, so that opening it raised.

local download = require "glacier.core.download"
local records = require "glacier.job.download.records"
local shell = require "spec.support.shell"
local state = require "glacier.job.retrieve.state"

local OUTPUT = { size = 8388608, key = "00ff" }

describe("numbers that are none of ours", function()
  for _, number in ipairs { ("9"):rep(16), "1" .. ("0"):rep(30), ("9"):rep(400) } do
    it("in a download's journal say nothing: of " .. #number .. " digits", function()
      local lines = { records.first(OUTPUT, 1048576), "done 2 cd 1" }
      for _, line in ipairs { "header %s ab", "part %s 1 ab", "part 1 %s ab", "done %s ab 1",
        "again %s" } do
        lines[#lines + 1] = line:format(number)
      end
      local read = records.read(lines, OUTPUT)
      assert.same({ part_size = 1048576, begun = {}, headers = {},
        done = { [2] = { hash = "cd", is_checked = true } } }, read)
      assert.same({ lines[1], lines[2] }, records.write(read, OUTPUT))
    end)
  end

  for _, number in ipairs { "nan", "-nan", "NaN", "inf", "-1", "0", "1.5", "1e999", "", "0x",
    ("9"):rep(400) } do
    it("in a state are no InitiateJob's: '" .. number:sub(1, 9) .. "'", function()
      local folder = shell.folder()
      finally(function()
        shell.remove(folder)
      end)
      local journal = assert(download.journal(folder .. "/state"))
      for _, line in ipairs {
        'retrieval {"vault":"v"}', 'intent {"at":"nan","n":"1"}', 'intent {"at":"5","n":"%s"}',
        'job {"at":"%s","id":"J","n":"%s"}', 'void {"n":"%s"}', 'proved {"size":"%s","tree_hash":"a"}',
      } do
        assert(journal:append((line:gsub("%%s", number))))
      end
      journal:close()
      local self = assert(state.open({}, folder .. "/state", { vault = "v" }))
      assert.equal(1, self:count())
      assert.equal(1, self.last)
      assert.equal("J", self.job.id)
      assert.is_nil(self.job.n)
      assert.equal(2, self:intend { at = 6 })
      self:close()
    end)
  end
end)
