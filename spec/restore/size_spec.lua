-- What a million archives take: no scan for a status, and no more memory for a
-- plan than for a small one.
-- Runs on one Lua: what is measured is the database, and the inventory's reader.
-- Begins early: it takes long.

local glacier = require "glacier"
local database = require "glacier.restore.database"
local inventories = require "spec.support.inventories"
local restore = require "glacier.restore"
local socket = require "socket"
local stores = require "spec.support.stores"

local ARCHIVES = 1000000

-- How many are planned here; what is flat up to that many stays so.
local PLANNED = 100000

-- Seconds that a status takes at the most, on a machine that is busy besides: it
-- takes a hundredth of that, and to count all rows would take longer.
local LONGEST_STATUS = 0.25
local MOST_MEMORY = 64 * 2 ^ 20

local function peak_memory()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s*(%d+) kB"
    if kilobytes then
      return tonumber(kilobytes) * 1024
    end
  end
end

-- An inventory in no order, made as it is read.
local function inventory(count)
  local at, seed = 0, 1
  return function()
    if at >= count then
      return nil
    end
    local lines = { at == 0 and inventories.NAMES or "" }
    for i = at + 1, math.min(at + 500, count) do
      seed = (seed * 1103515245 + 12345) % 2 ^ 31
      lines[#lines + 1] = ('%s%08x%08x,"photos/%d/%d/%d.jpg",20%d-%02d-%02dT00:00:00Z,%d,%s\n'):format(
        ("x"):rep(122), seed, i, seed % 40, seed % 4000, i, 12 + seed % 12, 1 + seed % 12,
        1 + seed % 28, seed, inventories.HASH)
    end
    at = at + 500
    return table.concat(lines)
  end
end

stores.each(describe, { setup = setup, teardown = teardown, pending = pending }, "a large restore",
    function(get)
  local client, url, opened, db

  before_each(function()
    client = assert(glacier.client { region = "us-west-2",
      credentials = { access_key_id = "a", secret_access_key = "b" } })
    url = get():url()
    opened = assert(restore.open { store = url, client = client })
    db = assert(database.open(url, socket.sleep))
  end)

  after_each(function()
    db:close()
    opened:close()
    client:close()
  end)

  local function set(sql)
    assert(db:transaction(function(tx)
      return tx:execute(sql)
    end))
  end

  local function plan(source)
    return assert(opened:plan { vaultName = "v", into = "/nowhere", inventory = source,
      cap = { cost = math.huge } })
  end

  it("has a status at once", function()
    plan(inventory(1))
    set(([[insert into archive (seq, archive_id, size, path)
      with recursive n(i) as (select 2 union all select i + 1 from n where i < %d)
      select i, 'id' || i, 5, 'path' || i from n]]):format(ARCHIVES))
    set([[insert into work (seq, state, due, attempt, reserved, failures, wrong_hashes, after_survey,
      seen, epoch, lease_until) select seq, 'started', 0, 1, 0, 0, 0, 0, 0, 0, 0 from archive
      where seq < 300000]])
    set "insert into done (seq, at) select seq, 0 from archive where seq > 600000"
    set(("update restore set archives = %d"):format(ARCHIVES))
    set "update tally set started = 299999, done = 400001"
    local best = math.huge
    for _ = 1, 20 do
      local begun = socket.gettime()
      assert(opened:status())
      best = math.min(best, socket.gettime() - begun)
    end
    assert.is_true(best < LONGEST_STATUS, best)
  end)

  it("is planned in flat memory", function()
    assert.equal(PLANNED, plan(inventory(PLANNED)).archives)
    local memory = peak_memory()
    assert.equal(PLANNED, plan(inventory(PLANNED)).archives)
    assert.is_true(memory < MOST_MEMORY, memory)
  end)
end)
