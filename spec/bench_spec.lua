-- Runs on one Lua: the bench's table says what is held and what is not, and its
-- check where instructions have become more.

local counts_of = require "bench.counts"
local table_of = require "bench.table"

local function cells(row)
  local found = {}
  for cell in table_of.line(row):gmatch "|([^|]*)" do
    found[#found + 1] = cell:match "^%s*(.-)%s*$"
  end
  return { floor = found[3], ours = found[4], ratio = found[5], across = found[6], bar = found[7],
    held = found[8] }
end

describe("bench.table", function()
  it("judges a ratio by its bar", function()
    local row = cells { work = "w", floor = 10, ours = 16, ratio = 1.6, bar = 1.6, unit = "us" }
    assert.same({ floor = "10.0 us", ours = "16.0 us", ratio = "1.60x", across = "", bar = "1.60x",
      held = "yes" }, row)
    assert.equal("**no**", cells { work = "w", ours = 17, ratio = 1.7, bar = 1.6 }.held)
  end)

  it("judges what is to be at least so much", function()
    local row = { work = "w", floor = 100, ours = 80, ratio = 0.8, bar = 0.7, least = true }
    assert.equal("yes", cells(row).held)
    assert.equal("at least 0.70x", cells(row).bar)
    row.ratio = 0.6
    assert.equal("**no**", cells(row).held)
  end)

  it("judges a figure that has no floor, and one that is added to it", function()
    local memory = { work = "w", ours = 33, bar = 32, unit = "MiB" }
    assert.equal("32.0 MiB", cells(memory).bar)
    assert.equal("**no**", cells(memory).held)
    local added = { work = "w", floor = 100, ours = 150, ratio = 50, added = true, unit = "us",
      bar = 300 }
    assert.equal("+50.0 us", cells(added).ratio)
    assert.equal("300 us", cells(added).bar)
    assert.equal("yes", cells(added).held)
    added.ratio = -4
    assert.equal("-4.00 us", cells(added).ratio)
  end)

  it("says why something was skipped, in one cell, and judges it not", function()
    assert.equal("skipped: a / b", cells { work = "w", bar = 2, skipped = "a | b" }.held)
    assert.equal("", cells { work = "w", ours = 3 }.held)
  end)

  it("counts what is held, missed and skipped", function()
    local text = table_of.of({
      { work = "a", ours = 1, bar = 2 }, { work = "b", ours = 3, bar = 2 },
      { work = "c", skipped = "why" }, { work = "d", ours = 3 },
    }, "a machine")
    assert.truthy(text:find("^a machine\n\n| work "))
    assert.truthy(text:find("1 bars held, 1 missed, 1 rows skipped.", 1, true))
  end)
end)

describe("bench.counts", function()
  local LISTED = [[
--------------------------------------------------------------------------------
136,264,533 (100.0%)  PROGRAM TOTALS
--------------------------------------------------------------------------------
60,000,000 (44.03%)  ???:0x0000000000012345 [/usr/bin/lua5.4]
 5,000,000 ( 3.67%)  ???:0x0000000000054321 [/usr/bin/lua5.4]
 1,234,567 ( 0.91%)  src/core/buffer.c:glc_buffer_append.part.0'2 [/any/where/sigv4.so]
       100 ( 0.00%)  src/core/buffer.c:glc_buffer_append [/any/where/sigv4.so]
]]

  it("reads what callgrind_annotate lists, without what differs between machines", function()
    local counts, total = counts_of.parse(LISTED)
    assert.equal(136264533, total)
    assert.same({ ["?[lua5.4]"] = 65000000, ["glc_buffer_append[sigv4.so]"] = 1234667 }, counts)
  end)

  it("leaves a library out", function()
    local counts, total = counts_of.without({ ["?[libcrypto.so.3]"] = 5, ["f[http.so]"] = 2 },
      "libcrypto")
    assert.same({ ["f[http.so]"] = 2 }, counts)
    assert.equal(2, total)
  end)

  it("names what has grown, most first, and what is new if it is large", function()
    local grown = counts_of.growth({ a = 10, b = 20, c = 30 }, { a = 15, b = 19, c = 100, d = 50,
      e = 9 })
    assert.same({ a = 5, c = 70, d = 50 }, grown)
    assert.same({ { name = "c", count = 70 }, { name = "d", count = 50 } },
      counts_of.largest(grown, 2))
  end)
end)
