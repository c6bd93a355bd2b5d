-- What the reader of C does with its caller; what it reads is in
-- spec/job/inventory_spec.lua and spec/core/inventory_test.c.

local digest = require "glacier.core.digest"
local inventory = require "glacier.core.inventory"

local HASH = ("0123456789abcdef"):rep(4)
local CSV = "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n" ..
  "id,text,2013-12-19T08:33:01Z,7," .. HASH .. "\nbad\n"

describe("glacier.core.inventory", function()
  it("asks for pieces, gives archives and bad rows, and ends", function()
    local reader = inventory.open(#CSV)
    assert.equal("more", reader:next())
    assert.is_true(reader:feed(CSV))
    assert.same({ ArchiveId = "id", ArchiveDescription = "text", CreationDate = "2013-12-19T08:33:01Z",
      Size = 7, SHA256TreeHash = HASH }, reader:next())
    local event, bad = reader:next()
    assert.equal("bad", event)
    assert.same({ line = 3, text = "bad", reason = "it has 1 columns, not 5" }, bad)
    assert.equal("more", reader:next())
    reader:finish()
    assert.equal("end", reader:next())
    assert.equal("end", reader:next())
  end)

  it("tells a failure, the same again and again", function()
    local reader = inventory.open(#CSV + 1)
    reader:feed(CSV)
    reader:finish()
    reader:next()
    reader:next()
    for _ = 1, 2 do
      local event, failure = reader:next()
      assert.is_nil(event)
      assert.equal("protocol", failure.kind)
      assert.is_true(failure.is_cut)
      assert.equal(3, failure.line)
    end
  end)

  it("takes a piece when it is wanted, and no larger one", function()
    local reader = inventory.open()
    assert.is_true(reader:feed("x"))
    local ok, failure = reader:feed("y")
    assert.is_nil(ok)
    assert.equal("config", failure.kind)
    reader = inventory.open()
    assert.is_nil((reader:feed(("x"):rep(inventory.PIECE + 1))))
    reader = inventory.open()
    assert.is_true(reader:feed(("x"):rep(inventory.PIECE)))
  end)

  it("is closed once and for all", function()
    local reader = inventory.open()
    reader:close()
    reader:close()
    assert.has_error(function() reader:next() end)
    assert.has_error(function() reader:feed("x") end)
    assert.has_error(function() reader:finish() end)
  end)

  it("outlives a finalizer that closes it while a row is pushed", function()
    local reader, closed
    for _ = 1, 300 do
      reader = inventory.open()
      reader:feed(CSV)
      local victim = reader
      local function close()
        closed = true
        victim:close()
      end
      local garbage = newproxy and newproxy(true) or setmetatable({}, { __gc = close }) -- luacheck: ignore
      if newproxy then -- luacheck: ignore
        getmetatable(garbage).__gc = close
      end
      garbage = nil -- luacheck: ignore 311
      collectgarbage("step", 1)
      pcall(function()
        local archive = reader:next()
        assert.equal("text", archive.ArchiveDescription)
      end)
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(closed)
  end)

  it("takes its own objects only", function()
    local reader = inventory.open()
    for _, wrong in ipairs({ 1, "x", {}, io.stdout, digest.tree_hasher() }) do
      assert.has_error(function() reader.next(wrong) end)
    end
    for _, wrong in ipairs({ -1, 0 / 0, 1e300, "x", {} }) do
      assert.has_error(function() inventory.open(wrong) end)
    end
    assert.has_error(function() reader:feed(1) end)
  end)
end)
