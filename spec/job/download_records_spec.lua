-- What a download's journal tells after a crash: which parts are whole, how far
-- the others were hashed, and which hash the service named for them.

local records = require "glacier.job.download.records"

local A, B = ("a1"):rep(32), ("b2"):rep(32)
local OUTPUT = { size = 10485760, key = "0123456789abcdef" }
local MIB = 1048576

local function read(...)
  return records.read({ records.first(OUTPUT, MIB), ... }, OUTPUT)
end

describe("the records of a download", function()
  it("tell what is whole, begun and named", function()
    local found = read(records.header(3, A), records.part_label(3) .. " 2 " .. B,
      records.done(1, A, true), records.done(2, B, false))
    assert.equal(MIB, found.part_size)
    assert.same({ [1] = { hash = A, is_checked = true }, [2] = { hash = B, is_checked = false } },
      found.done)
    assert.same({ [3] = { leaves = 2, hash = B } }, found.begun)
    assert.same({ [3] = A }, found.headers)
  end)

  it("go by what was written last", function()
    local found = read(records.header(1, A), records.part_label(1) .. " 2 " .. B,
      records.part_label(1) .. " 3 " .. A, records.header(1, B))
    assert.same({ [1] = { leaves = 3, hash = A } }, found.begun)
    assert.same({ [1] = B }, found.headers)
    found = read(records.header(1, A), records.part_label(1) .. " 2 " .. B, records.done(1, A, true),
      records.done(2, A, true), records.again(2), records.again(1))
    assert.same({ {}, {}, {} }, { found.done, found.begun, found.headers })
  end)

  it("are the same after they were written anew", function()
    local found = read(records.header(3, A), records.part_label(3) .. " 2 " .. B,
      records.done(1, A, true))
    assert.same(found, records.read(records.write(found, OUTPUT), OUTPUT))
  end)

  it("leave out what is none of ours", function()
    local found = read("part 1 2", "part x 2 " .. A, "header 1 ", "done 1 " .. A .. " 2", "", "x",
      ("header %s %s"):format(("9"):rep(16), A), ("part 1 %s %s"):format(("9"):rep(16), A))
    assert.same({ {}, {}, {} }, { found.done, found.begun, found.headers })
  end)

  it("of another output are none", function()
    local lines = { records.first(OUTPUT, MIB), records.done(1, A, true) }
    assert.is_table(records.read(lines, OUTPUT))
    assert.is_nil((records.read(lines, { size = OUTPUT.size, key = "f123456789abcdef" })))
    assert.is_nil((records.read({}, OUTPUT)))
  end)
end)
