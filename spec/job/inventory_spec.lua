local cjson = require "cjson"
local inventories = require "spec.support.inventories"

local FOLDER, HASH, NAMES = inventories.FOLDER, inventories.HASH, inventories.NAMES
local collect, collect_bytes, pieces, read =
  inventories.collect, inventories.collect_bytes, inventories.pieces, inventories.read
local item, list_of, row = inventories.item, inventories.list_of, inventories.row

describe("glacier.inventory: the samples", function()
  local expected = {}
  for line in io.lines(FOLDER .. "traps.expected.jsonl") do
    local archive = cjson.decode(line)
    archive.tag = nil
    expected[#expected + 1] = archive
  end

  for _, name in ipairs({ "traps_min.csv", "traps_compact.json" }) do
    it(name .. " as a file, whole and in pieces", function()
      local list, err = collect(FOLDER .. name)
      assert.is_nil(err)
      assert.equal(30, #list)
      assert.same(expected, list)
      assert.same(expected, (collect_bytes(read(name))))
      assert.same(expected, (collect(pieces(read(name), 1000000), { size = #read(name) })))
    end)
  end

  it("CSV with CRLF, with a byte order mark, and without the last end of a line", function()
    local crlf = read("traps_min.csv"):gsub("\n", "\r\n")
    for _, bytes in ipairs({ crlf, "\239\187\191" .. crlf, crlf:sub(1, -3), crlf:sub(1, -2),
      crlf .. "\r\n" }) do
      assert.same(expected, (collect_bytes(bytes)))
    end
  end)

  it("CSV with all fields in quotes", function()
    local lines = {}
    for _, archive in ipairs(expected) do
      lines[#lines + 1] = ('"%s","%s","%s","%.0f","%s"\n'):format(archive.ArchiveId,
        archive.ArchiveDescription:gsub('"', '\\"'), archive.CreationDate, archive.Size,
        archive.SHA256TreeHash)
    end
    local names = NAMES:gsub("%w+", '"%0"')
    assert.same(expected, (collect_bytes(names .. table.concat(lines))))
  end)

  for _, name in ipairs({ "empty.csv", "empty.json" }) do
    it(name .. " has none", function()
      local list, err = collect(FOLDER .. name)
      assert.is_nil(err)
      assert.same({}, list)
    end)
  end

  it("truncated.json is an error after the whole records", function()
    local list, err = collect_bytes(read("truncated.json"))
    assert.is_true(#list >= 20)
    for i = 1, #list do
      assert.same(expected[i], list[i])
    end
    assert.equal("protocol", err.kind)
    assert.equal("InventoryTruncated", err.code)
    assert.equal(#list + 1, err.row)
  end)

  it("bad_row.csv raises at its line, and goes on with on_bad", function()
    local list, err = collect_bytes(read("bad_row.csv"))
    assert.equal(1, #list)
    assert.equal("BadInventoryRow", err.code)
    assert.equal("protocol", err.kind)
    assert.equal(3, err.line)
    assert.truthy(tostring(err):find("line 3", 1, true))

    local told = {}
    list, err = collect(FOLDER .. "bad_row.csv", { on_bad = function(bad) told[#told + 1] = bad end })
    assert.is_nil(err)
    assert.same({ expected[1], expected[2] }, list)
    assert.same({ { line = 3, text = "not,a,row", reason = "it has 3 columns, not 5" } }, told)
  end)
end)

describe("glacier.inventory: CSV", function()
  it("takes columns by their names, in any order, unknown ones too", function()
    local list, err = collect_bytes("Size,Colour,ArchiveDescription,SHA256TreeHash,ArchiveId,CreationDate\n" ..
      "7,red,\"a, \\\"b\\\"\"," .. HASH .. ",id,2013-12-19T08:33:01.5Z\n")
    assert.is_nil(err)
    assert.same({ { Size = 7, ArchiveDescription = 'a, "b"', SHA256TreeHash = HASH, ArchiveId = "id",
      CreationDate = "2013-12-19T08:33:01.5Z" } }, list)
  end)

  it("needs no description and no date", function()
    local list = collect_bytes("ArchiveId,Size,SHA256TreeHash\nid,7," .. HASH .. "\n")
    assert.same({ { ArchiveId = "id", Size = 7, SHA256TreeHash = HASH, ArchiveDescription = "",
      CreationDate = "" } }, list)
  end)

  for name, line in pairs({
    ["too few columns"] = "id,x,2013-12-19T08:33:01Z,7",
    ["a hash cut short"] = row("id", "", nil, "7", HASH:sub(1, 63)),
    ["a hash too long"] = row("id", "", nil, "7", HASH .. "0"),
    ["a hash of other letters"] = row("id", "", nil, "7", (HASH:gsub("f", "g"))),
    ["no hash"] = row("id", "", nil, "7", ""):gsub("7,.*$", "7,"),
    ["no size"] = row("id", "", nil, " "),
    ["a size below 0"] = row("id", "", nil, "-7"),
    ["a fraction"] = row("id", "", nil, "7.5"),
    ["an exponent"] = row("id", "", nil, "7e3"),
    ["a size over 2^63"] = row("id", "", nil, "9223372036854775808"),
    ["a size over 2^64"] = row("id", "", nil, "18446744073709551617"),
    ["no id"] = "," .. row():match(",(.*)"),
    ["another column's text as its date"] = "id,a,b,7," .. HASH,
  }) do
    it("a row with " .. name .. " is a bad one", function()
      local told = {}
      local list, err = collect_bytes(NAMES .. row("first") .. "\n" .. line .. "\n" .. row("last"), {
        on_bad = function(bad) told[#told + 1] = bad end })
      assert.is_nil(err)
      assert.same({ "first", "last" }, { list[1].ArchiveId, list[2].ArchiveId })
      assert.equal(2, #list)
      assert.equal(5, #told) -- once a reading
      assert.equal(3, told[1].line)
      assert.equal(line, told[1].text)
      assert.equal("string", type(told[1].reason))

      list, err = collect_bytes(NAMES .. line .. "\n")
      assert.same({}, list)
      assert.equal("BadInventoryRow", err.code)
      assert.equal(2, err.line)
    end)
  end

  it("a cut at the end of a line shows in the size alone", function()
    local bytes = NAMES .. row("a") .. "\n" .. row("b") .. "\n"
    local list, err = collect_bytes(bytes, { size = #bytes })
    assert.is_nil(err)
    assert.equal(2, #list)
    for _, cut in ipairs({ NAMES .. row("a") .. "\n", NAMES .. row("a"), NAMES .. row("a") .. "\nb,",
      NAMES .. row("a") .. "\nb,,2013-12-19T08:33:01Z,7," .. HASH:sub(1, 9) }) do
      list, err = collect_bytes(cut, { size = #bytes })
      assert.equal(1, #list)
      assert.equal("InventoryTruncated", err.code)
      assert.is_number(err.line)
    end
    list, err = collect_bytes(bytes, { size = #bytes - 1 })
    assert.equal(2, #list)
    assert.equal("InventoryTruncated", err.code)
  end)

  it("a first line that names no archives is no inventory", function()
    for _, bytes in ipairs({ "", "\n", "hello\n", "ArchiveId,Size\n", row() .. "\n", "\31\139\8\0\0" }) do
      local list, err = collect_bytes(bytes)
      assert.same({}, list)
      assert.equal("InvalidInventory", err.code)
    end
  end)
end)

describe("glacier.inventory: JSON", function()
  it("takes members in any order, on both sides of the list, and skips others", function()
    local list, err = collect_bytes('\239\187\191 \n{ "Next" : { "ArchiveList" : [ {"a":[1,2,{}]}, "x\\"]" ] },' ..
      '"b":[true,false,null,-1.5e-7,"\\u00e9"], "ArchiveList":\t[ {"x":{"ArchiveId":"no"},"SHA256TreeHash":"' ..
      HASH .. '","Size":7 ,"ArchiveId":"id","y":[{}]} ] ,"InventoryDate":"x","z":{}}\r\n')
    assert.is_nil(err)
    assert.same({ { ArchiveId = "id", Size = 7, SHA256TreeHash = HASH, ArchiveDescription = "",
      CreationDate = "" } }, list)
  end)

  it("null is the empty text", function()
    local list = collect_bytes(list_of(item{ ArchiveDescription = "null", CreationDate = "null" }))
    assert.equal("", list[1].ArchiveDescription)
    assert.equal("", list[1].CreationDate)
  end)

  it("decodes escapes, and keeps UTF-8 and what stands for nothing", function()
    local list = collect_bytes(list_of(item{
      ArchiveDescription = [["\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00 \ud83d. é\u0000"]] }))
    assert.equal('"\\/\b\f\n\r\tAé€😀 \239\191\189. é\0', list[1].ArchiveDescription)
  end)

  it("sizes beyond 2^53 are exact where Lua has integers", function()
    for _, list in ipairs({ (collect_bytes(list_of(item{ Size = "9223372036854775807" }))),
      (collect_bytes(NAMES .. row("id", "", nil, "9223372036854775807"))) }) do
      local largest = rawget(math, "maxinteger")
      assert.equal(largest or 2 ^ 63, list[1].Size)
      assert.equal(largest and "9223372036854775807", largest and tostring(list[1].Size))
    end
  end)

  for name, members in pairs({
    ["a size that is a text"] = { Size = '"7"' },
    ["a size below 0"] = { Size = "-1" },
    ["a fraction"] = { Size = "7.0" },
    ["an exponent"] = { Size = "7e3" },
    ["a size of null"] = { Size = "null" },
    ["a size that is a list"] = { Size = "[7]" },
    ["a size over 2^63"] = { Size = "9223372036854775808" },
    ["a size of 100 digits"] = { Size = ("9"):rep(100) },
    ["no hash"] = { SHA256TreeHash = "null" },
    ["a short hash"] = { SHA256TreeHash = '"0123"' },
    ["an id that is a number"] = { ArchiveId = "5" },
    ["an id that is empty"] = { ArchiveId = '""' },
    ["a description that is a number"] = { ArchiveDescription = "5" },
    ["a description that is an object"] = { ArchiveDescription = '{"a":"b"}' },
    ["an escape that is none"] = { ArchiveDescription = [["\x"]] },
    ["a description of 2 MiB"] = { ArchiveDescription = '"' .. ("x"):rep(2097152) .. '"' },
  }) do
    it("an item with " .. name .. " is a bad one", function()
      local told = {}
      local bytes = list_of(item(), item(members), item())
      local list, err = collect(pieces(bytes, 4096), { on_bad = function(bad) told[#told + 1] = bad end })
      assert.is_nil(err)
      assert.equal(2, #list)
      assert.equal(1, #told)
      assert.equal(2, told[1].row)
      assert.is_nil(told[1].line)
      assert.equal(item(members):sub(1, 65536), told[1].text)
      list, err = collect(pieces(bytes, 7919))
      assert.equal(1, #list)
      assert.equal("BadInventoryRow", err.code)
      assert.equal(2, err.row)
    end)
  end

  for _, wrong in ipairs({ "[]", "{}", '{"ArchiveList":{}}', '{"ArchiveList":null}', '{"message":"x"}',
    '{"ArchiveList":[]} x', '{"ArchiveList":[,]}', '{"ArchiveList":[1 2]}', '{"ArchiveList"[]}',
    '{"a":tru,"ArchiveList":[]}', '{"ArchiveList":[],}', "{" .. ('"a":['):rep(70) }) do
    it(("%s is no inventory"):format(wrong:sub(1, 40)), function()
      local _, err = collect_bytes(wrong, { on_bad = function() end })
      assert.equal("protocol", err.kind)
      assert.truthy(err.code == "InvalidInventory" or wrong:find("%["))
    end)
  end

  it("every cut is an error, after the whole records", function()
    local bytes = list_of(item(), item())
    for cut = 1, #bytes - 1 do
      local list, err = collect(pieces(bytes:sub(1, cut), 50), { on_bad = function() error("told") end })
      assert.is_true(#list <= 2)
      assert.equal("InventoryTruncated", err.code)
    end
  end)

  it("another size is an error, too", function()
    local bytes = list_of(item())
    assert.is_nil((select(2, collect_bytes(bytes, { size = #bytes }))))
    local list, err = collect_bytes(bytes, { size = #bytes + 1 })
    assert.equal(1, #list)
    assert.equal("InventoryTruncated", err.code)
  end)
end)
