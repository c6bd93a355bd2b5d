-- What is to be restored: read, named and put into the store, whole or not at all.

local glacier = require "glacier"
local database = require "glacier.restore.database"
local inventories = require "spec.support.inventories"
local lfs = require "lfs"
local restore = require "glacier.restore"
local shell = require "spec.support.shell"
local socket = require "socket"
local stores = require "spec.support.stores"

local PRICES = { per_1000_requests = 25, per_gib = 2 }
local GIB = 2 ^ 30

local function id_of(name)
  return (name .. ("-"):rep(138)):sub(1, 138)
end

-- An inventory in CSV; each row is {id, description, date, size}.
local function csv(rows)
  local lines = { inventories.NAMES }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ('%s,"%s",%s,%d,%s\n'):format(id_of(row[1]), row[2] or row[1],
      row[3] or "2013-01-01T00:00:00Z", row[4] or 1, inventories.HASH)
  end
  return inventories.pieces(table.concat(lines), 4096)
end

stores.each(describe, { setup = setup, teardown = teardown, pending = pending }, "a plan",
    function(get)
  local client, folder, url, into, opened

  before_each(function()
    client = assert(glacier.client { region = "us-west-2",
      credentials = { access_key_id = "a", secret_access_key = "b" } })
    folder = shell.folder()
    into = folder .. "/into"
    url = get():url()
    opened = assert(restore.open { store = url, client = client })
  end)

  after_each(function()
    opened:close()
    client:close()
    shell.remove(folder)
  end)

  local function plan(given)
    local all = { vaultName = "v", into = into }
    for name, value in pairs(given) do
      all[name] = value
    end
    return opened:plan(all)
  end

  local function rows(sql)
    local db = assert(database.open(url, socket.sleep))
    local list = assert(db:rows(sql))
    db:close()
    return list
  end

  -- The archives' first letters of ids and paths, in the order of seq.
  local function planned()
    local list = {}
    for index, row in ipairs(rows "select archive_id, path, seq from archive order by seq") do
      assert.equal(index, row.seq)
      list[index] = row.archive_id:match "^[^-]+" .. "=" .. row.path
    end
    return table.concat(list, " ")
  end

  local function settings()
    return rows([[select vault, folder, tier, cast(cap as text) as cap,
      cast(request_price as text) as request_price, starts_rate, bytes_rate,
      cast(archives as text) as archives, cast(bytes as text) as bytes from restore]])[1]
  end

  it("puts archives in the order of their dates, and tells what they are", function()
    local result = assert(plan { tier = "Bulk", inventory = csv {
      { "c", "c.txt", "2014-01-01T00:00:00Z", GIB }, { "a", "x/a.txt", "2012-01-01T00:00:00.500Z" },
      { "b", "", "2012-01-01T00:00:00Z", 5 * GIB }, { "d", "x/y/d.txt", "2012-01-01T00:00:00.5Z" } },
      cap = { cost = 100, prices = PRICES }, rates = { starts_per_second = 0.5 } })
    assert.equal(("b=%s a=x/a.txt d=x/y/d.txt c=c.txt"):format(id_of "b"), planned())
    assert.equal(4, result.archives)
    assert.equal(6 * GIB + 2, result.bytes)
    assert.equal(0, result.bad_rows)
    assert.is_true(math.abs(result.cost - (4 * 0.025 + 12)) < 1e-6, result.cost)
    assert.equal(12 * 3600 + 8, result.seconds)
    local row = settings()
    assert.equal("100000000000", row.cap)
    assert.equal("25000000", row.request_price)
    assert.equal("Bulk", row.tier)
    assert.equal(into, row.folder)
    assert.equal(0.5, row.starts_rate)
    assert.is_nil(lfs.attributes(into))
  end)

  it("changes nothing when it is planned again, and adds what is new", function()
    local list = { { "a", "x" }, { "b", "x" }, { "c", "x" }, { "d", "d/e" } }
    local cap = { cost = 1, prices = PRICES }
    local first = assert(plan { inventory = csv(list), cap = cap })
    local before = planned()
    assert.same(first, assert(plan { inventory = csv(list), cap = { cost = 9, prices = PRICES } }))
    assert.equal(before, planned())
    assert.equal("1000000000", settings().cap)
    table.insert(list, 1, { "e", "x", "2010-01-01T00:00:00Z", 7 })
    table.insert(list, 1, { "f", "d", nil, 7 })
    table.insert(list, 1, { "g", "x.2/y", nil, 7 })
    local second = assert(plan { inventory = csv(list) })
    assert.equal(7, second.archives)
    assert.equal(first.bytes + 21, second.bytes)
    assert.equal(before .. " e=x.4 f=d.2 g=x.2.2/y", planned())
    assert.equal(7, tonumber(settings().archives))
  end)

  it("refuses a store that has another restore", function()
    assert(plan { inventory = csv { { "a" } }, tier = "Bulk" })
    for _, other in ipairs { { vaultName = "w" }, { into = folder }, { tier = "Standard" },
      { accountId = "111122223333" } } do
      local given = { inventory = csv { { "b" } }, tier = "Bulk" }
      for name, value in pairs(other) do
        given[name] = value
      end
      local none, err = plan(given)
      assert.is_nil(none)
      assert.equal("OtherPlan", err.code)
    end
    assert.equal("a=a", planned())
  end)

  it("gives equal names numbers, from the oldest on, in any order of the inventory", function()
    local list = {}
    for i = 1, 1500 do
      list[i] = { ("%04d"):format(i), "x/same.tar", ("2013-01-01T00:%02d:%02dZ"):format(
        math.floor((i - 1) / 60), (i - 1) % 60) }
    end
    list[1501] = { "taken", "x/same.tar.7", "2014-01-01T00:00:00Z" }
    for i = 1, 700 do
      list[i], list[1500 - i] = list[1500 - i], list[i]
    end
    assert.equal(1501, assert(plan { inventory = csv(list) }).archives)
    local found = rows "select archive_id, path from archive order by seq"
    assert.equal("x/same.tar", found[1].path)
    assert.equal("x/same.tar.2", found[2].path)
    assert.equal("x/same.tar.6", found[6].path)
    assert.equal("x/same.tar.8", found[7].path)
    assert.equal("x/same.tar.1501", found[1500].path)
    assert.equal("x/same.tar.7", found[1501].path)
  end)

  it("lets no file have the place of a folder", function()
    assert(plan { inventory = csv { { "a", "p" }, { "b", "p/q" }, { "c", "p/q/r" }, { "d", "p.2" },
      { "e", "p" }, { "f", "p.3/x" } } })
    local seen, folders = {}, {}
    for _, row in ipairs(rows "select path from archive") do
      assert.is_nil(seen[row.path])
      seen[row.path] = true
      for part in row.path:gmatch "()/" do
        folders[row.path:sub(1, part - 1)] = true
      end
    end
    for path in pairs(folders) do
      assert.is_nil(seen[path], path)
    end
    assert.is_true(seen["p/q/r"])
    assert.is_true(seen["p.2"])
  end)

  it("keeps names below the target, of what file systems take", function()
    local long = ("n"):rep(300)
    local list = { { "a", "./b//c/" }, { "d", long }, { "e", long }, { "f", ".glacier-restore/1" },
      { "g", "..." }, { "h", "a b/..c/d" } }
    assert(plan { inventory = csv(list) })
    assert.equal(("a=b/c d=%s e=%s f=.glacier-restore.1/1 g=... h=a b/..c/d"):format(
      long:sub(1, 235), long:sub(1, 235) .. ".2"), planned())
  end)

  for _, case in ipairs { { "../x", "'..'" }, { "a/../../x", "'..'" }, { "..", "'..'" },
    { "/etc/passwd", "absolute" }, { "a\0b", "NUL" }, { ".", "names no file" }, { "", "names no file" },
    { ("x/"):rep(2000) .. "y", "more than 3000 bytes" }, { "link/x", "'link' is a link" },
    { "d/dangling", "'d/dangling' is a link" } } do
    it(("refuses the name %q, and plans nothing"):format(case[1]:sub(1, 20)), function()
      shell.check(("mkdir -p %s/d; ln -s /etc %s/link; ln -s no %s/d/dangling"):format(into, into, into))
      local none, err = plan { inventory = csv { { "a" }, { "b" }, { "c" } },
        name = function(archive)
          return archive.ArchiveId == id_of "b" and case[1] or nil
        end }
      assert.is_nil(none)
      assert.equal("UnsafeName", err.code)
      assert.truthy(err.message:find(id_of "b", 1, true))
      assert.truthy(err.message:find(case[2], 1, true), err.message)
      assert.equal(id_of "b", err.archive.ArchiveId)
      assert.equal(0, #rows "select * from restore")
      assert.equal("", planned())
      -- And nothing of it is left for the next one.
      assert.equal(1, assert(plan { inventory = csv { { "z" } } }).archives)
    end)
  end

  it("names archives by their descriptions, by the caller's function, by their ids", function()
    assert(plan { inventory = csv {
      { "a", "<m><v>4</v><p>bXVzaWMvcmVlbCA3LmZsYWM=</p></m>" }, { "b", "\195\164.txt" },
      { "c", "" }, { "d", "plain" } }, name = function(archive)
        return archive.ArchiveDescription == "plain" and "own/\255" or nil
      end })
    assert.equal(("a=music/reel 7.flac b=\195\164.txt c=%s d=own/\239\191\189"):format(id_of "c"),
      planned())
  end)

  it("takes what the filter lets through, and each archive once", function()
    local result = assert(plan { inventory = csv { { "a", nil, nil, 0 }, { "b", nil, nil, 5 },
      { "b", "again", nil, 5 }, { "c", nil, nil, 6 } },
      filter = function(archive) return archive.Size > 0 end })
    assert.equal("b=b c=c", planned())
    assert.equal(11, result.bytes)
    local ok, raised = pcall(plan, { inventory = csv { { "d" } }, filter = function() error("mine", 0) end })
    assert.is_false(ok)
    assert.equal("mine", raised)
    assert.has_error(function()
      plan { inventory = csv { { "d" } }, name = function() return 5 end }
    end, "bad option 'name' (it must return a string or nil, not a number)")
  end)

  it("counts bad rows, and tells of them", function()
    local told = {}
    local text = inventories.NAMES .. ('%s,"a",2013-01-01T00:00:00Z,5,%s\nbad\n'):format(
      id_of "a", inventories.HASH)
    local given = { inventory = inventories.pieces(text, 100), on_bad = function(bad)
      told[#told + 1] = bad.line
    end }
    local result = assert(plan(given))
    assert.equal(1, result.bad_rows)
    assert.equal(1, result.archives)
    assert.same({ 3 }, told)
  end)

  it("plans nothing of an inventory that is no good", function()
    local whole = '{"VaultARN":"x","ArchiveList":[' .. ('{"ArchiveId":"%s","ArchiveDescription":"a",'
      .. '"CreationDate":"2013-01-01T00:00:00Z","Size":5,"SHA256TreeHash":"%s"}'):format(id_of "a",
      inventories.HASH)
    for code, source in pairs { InventoryTruncated = inventories.pieces(whole, 50),
      InvalidInventory = inventories.pieces("[1]", 50), FileError = folder .. "/nothing" } do
      local none, err = plan { inventory = source }
      assert.is_nil(none)
      assert.equal(code, err.code)
    end
    assert.equal("", planned())
    assert.equal(1, assert(plan { inventory = inventories.pieces(whole .. "]}", 50) }).archives)
  end)

  it("takes whole numbers of any size", function()
    local size = 40000 * GIB
    local result = assert(plan { inventory = csv { { "a", nil, nil, size }, { "b", nil, nil, size } } })
    assert.equal(2 * size, result.bytes)
    assert.equal(0, result.cost)
    assert.equal("42949672960000000",
      ("%.0f"):format(1000 * tonumber(rows "select cast(size as text) as x from archive"[1].x)))
  end)

  it("keeps a relative target where it is now", function()
    assert(plan { inventory = csv { { "a" } }, into = "build/restored" })
    assert.equal(lfs.currentdir() .. "/build/restored", settings().folder)
  end)

  it("adds up where two plan at the same time", function()
    local other = assert(restore.open { store = url, client = client })
    local once
    -- The other one is done while the first one reads.
    local rest = csv { { "a", "x" }, { "b", "x" } }
    local result = assert(plan { inventory = function()
      if not once then
        once = assert(other:plan { vaultName = "v", into = into,
          inventory = csv { { "b", "x" }, { "c", "x" } } })
      end
      return rest()
    end })
    other:close()
    assert.equal(3, result.archives)
    assert.equal("b=x c=x.2 a=x.3", planned())
  end)
end)

describe("a plan's options", function()
  local client, opened, folder

  setup(function()
    client = assert(glacier.client { region = "us-west-2",
      credentials = { access_key_id = "a", secret_access_key = "b" } })
    folder = shell.folder()
    opened = assert(restore.open { store = folder .. "/x.db", client = client })
  end)

  teardown(function()
    opened:close()
    client:close()
    shell.remove(folder)
  end)

  local function refused(change, says)
    local given = { vaultName = "v", into = folder, inventory = csv {} }
    for name, value in pairs(change) do
      given[name] = value or nil
    end
    local none, err = opened:plan(given)
    assert.is_nil(none)
    assert.equal("config", err.kind)
    assert.truthy(err.message:find(says, 1, true), err.message)
  end

  it("are judged before anything is read", function()
    refused({ vaultName = false }, "'vaultName' is missing")
    refused({ into = false }, "'into' is missing")
    refused({ inventory = false }, "'inventory' is missing")
    refused({ tier = "bulk" }, "'tier' must be one of")
    refused({ teir = "Bulk" }, "teir")
    refused({ cap = { cost = -1, prices = PRICES } }, "'cap.cost'")
    refused({ cap = { cost = 0 / 0, prices = PRICES } }, "not a number")
    refused({ cap = { cost = 5 } }, "without prices a cap holds nothing back")
    refused({ cap = { cots = 5 } }, "cots")
    refused({ cap = { cost = 5, prices = { per_gb = 5 } } }, "per_gb")
    refused({ cap = { cost = 5, prices = { per_gib = -5 } } }, "per_gib")
    refused({ rates = { starts_per_second = 0 } }, "starts_per_second")
    refused({ rates = { bytes_per_hour = -1 } }, "bytes_per_hour")
    for _, wrong in ipairs { { vaultName = 5 }, { inventory = {} }, { filter = "x" }, { cap = 5 },
      { cap = { cost = "5" } } } do
      assert.has_error(function() refused(wrong, "") end)
    end
    assert.equal(0, assert(opened:plan { vaultName = "v", into = folder, inventory = csv {},
      cap = { cost = math.huge } }).archives)
  end)
end)
