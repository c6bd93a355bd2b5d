local glacier = require "glacier"
local inventories = require "spec.support.inventories"

local NAMES = inventories.NAMES
local collect, pieces, read = inventories.collect, inventories.pieces, inventories.read
local item, row = inventories.item, inventories.row

describe("glacier.inventory: the caller", function()
  it("gets the error object of a file that cannot be read, at once or at the first step", function()
    for path, words in pairs({ ["/nowhere/at all"] = "No such file", ["/"] = "directory",
        ["/dev/null\0.csv"] = "NUL" }) do
      local ok, err = pcall(function()
        for _ in glacier.inventory(path) do error("there is none") end
      end)
      assert.is_false(ok)
      assert.equal("config", err.kind)
      assert.equal("FileError", err.code)
      assert.truthy(err.message:find(words, 1, true), err.message)
      assert.truthy(err.message:find(path, 1, true))
      assert.is_nil(err.message:find(path .. "': " .. path, 1, true))
    end
  end)

  it("may give chunks of any size, and ends with nil or an empty one", function()
    local bytes = read("traps_compact.json")
    for _, last in ipairs({ false, "" }) do
      local chunks = { bytes:sub(1, 5), bytes:sub(6), last or nil }
      local at = 0
      assert.equal(30, #collect(function() at = at + 1 return chunks[at] end))
    end
    local rows = {}
    for i = 1, 5000 do rows[i] = row("id" .. i) end
    local list = collect(pieces(NAMES .. table.concat(rows, "\n"), 2 ^ 30))
    assert.equal(5000, #list)
    assert.equal("id5000", list[5000].ArchiveId)
  end)

  it("ends it by an error of the source's", function()
    local _, err = collect(function() return nil, "the line is down" end)
    assert.equal("SourceError", err.code)
    assert.truthy(err.message:find("the line is down", 1, true))
    local own = select(2, collect("/nowhere"))
    _, err = collect(function() return nil, own end)
    assert.equal(own, err)
    _, err = collect(function() error("broken", 0) end)
    assert.equal("broken", err)
    _, err = collect(function() return 7 end)
    assert.truthy(tostring(err):find("must return strings", 1, true))
  end)

  it("is told the same again after an error, and nil after the end", function()
    local next_one = glacier.inventory(pieces(NAMES .. "x\n" .. row(), 1000))
    local _, first = pcall(next_one)
    local _, second = pcall(next_one)
    assert.equal("BadInventoryRow", first.code)
    assert.equal(first, second)
    next_one = glacier.inventory(pieces(NAMES .. row(), 1000))
    assert.equal("id", next_one().ArchiveId)
    assert.is_nil(next_one())
    assert.is_nil(next_one())
  end)

  it("may raise in on_bad", function()
    local _, err = collect(pieces(NAMES .. "x\n", 1000), { on_bad = function() error("enough", 0) end })
    assert.equal("enough", err)
  end)

  it("is told of what is misuse", function()
    for _, call in ipairs({
      function() glacier.inventory() end,
      function() glacier.inventory({}) end,
      function() glacier.inventory("x", 1) end,
      function() glacier.inventory("x", { on_bad = 1 }) end,
      function() glacier.inventory("x", { size = "7" }) end,
    }) do
      local ok, err = pcall(call)
      assert.is_false(ok)
      assert.truthy(tostring(err):find("inventory_caller_spec.lua", 1, true), tostring(err))
    end
    for option, value in pairs({ size = -1, onbad = print }) do
      local ok, err = pcall(glacier.inventory, "x", { [option] = value })
      assert.is_false(ok)
      assert.equal("config", err.kind)
    end
    assert.is_false((pcall(glacier.inventory, "x", { size = 1.5 })))
  end)

  it("holds memory flat, whatever comes", function()
    local block = ("x"):rep(65536)
    local given = 0
    collectgarbage() collectgarbage()
    local before, most = collectgarbage("count"), 0
    local list, err = collect(function()
      given = given + 1
      most = math.max(most, collectgarbage("count") - before)
      if given == 1 then
        return '{"blob":"'
      elseif given < 1600 then
        return block
      elseif given == 1600 then
        return '","ArchiveList":[' .. item() .. "]}"
      end
    end)
    assert.is_nil(err)
    assert.equal(1, #list)
    assert.is_true(most < 8192)
  end)

  it("does not depend on methods of strings", function()
    local bytes = { read("traps_min.csv"), read("traps_compact.json"), read("bad_row.csv") }
    local sources, seen = {}, 0
    for i = 1, 3 do sources[i] = pieces(bytes[i], 2 ^ 30) end
    local sub = string.sub
    local metatable = debug.getmetatable("")
    local index = metatable.__index
    for i = 1, 3 do
      local given
      sources[i] = function()
        local piece = not given and sub(bytes[i], 1) or nil
        given = true
        return piece
      end
    end
    metatable.__index = nil
    local ok, problem = pcall(function()
      for i = 1, 3 do
        for _ in glacier.inventory(sources[i], { on_bad = function() end }) do seen = seen + 1 end
      end
    end)
    metatable.__index = index
    assert.is_true(ok, problem)
    assert.equal(62, seen)
  end)
end)
