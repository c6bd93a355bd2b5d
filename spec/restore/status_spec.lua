-- How far a restore is: numbers that add up, and a text of them.

local glacier = require "glacier"
local database = require "glacier.restore.database"
local inventories = require "spec.support.inventories"
local restore = require "glacier.restore"
local shell = require "spec.support.shell"
local socket = require "socket"
local stores = require "spec.support.stores"

local MIB, GIB = 2 ^ 20, 2 ^ 30

stores.each(describe, { setup = setup, teardown = teardown, pending = pending }, "a status",
    function(get)
  local client, folder, url, opened, db

  before_each(function()
    client = assert(glacier.client { region = "us-west-2",
      credentials = { access_key_id = "a", secret_access_key = "b" } })
    folder = shell.folder()
    url = get():url()
    opened = assert(restore.open { store = url, client = client })
    db = assert(database.open(url, socket.sleep))
  end)

  after_each(function()
    db:close()
    opened:close()
    client:close()
    shell.remove(folder)
  end)

  local function set(sql, ...)
    local values = { ... }
    assert(db:transaction(function(tx)
      return tx:execute(sql, (rawget(table, "unpack") or rawget(_G, "unpack"))(values))
    end))
  end

  local function plan(count, size, cap)
    local lines = { inventories.NAMES }
    for i = 1, count do
      lines[i + 1] = ('%s%08d,"%d",2013-01-01T00:00:00Z,%.0f,%s\n'):format(("x"):rep(130), i, i, size,
        inventories.HASH)
    end
    assert(opened:plan { vaultName = "photos", into = folder, tier = "Bulk", cap = cap,
      inventory = inventories.pieces(table.concat(lines), 4096) })
  end

  local function status()
    local found = assert(opened:status())
    assert.equal(found.archives, found.waiting + found.in_doubt + found.started + found.ready
      + found.done + found.failed + found.gone)
    return found
  end

  it("of nothing is an error that says so", function()
    local none, err = opened:status()
    assert.is_nil(none)
    assert.equal("NothingPlanned", err.code)
    for _, verb in ipairs { "run", "pause", "resume" } do
      none, err = opened[verb](opened)
      assert.is_nil(none)
      assert.equal("NothingPlanned", err.code, verb)
    end
  end)

  it("of what is planned has all of it waiting, and nothing started without a cap", function()
    plan(5, GIB)
    local found = status()
    assert.equal(5, found.waiting)
    assert.equal(5 * GIB, found.bytes)
    assert.equal(0, found.bytes_done)
    assert.equal(0, found.reserved)
    assert.equal(0, found.rate)
    assert.equal(0, found.workers)
    assert.is_nil(found.cap)
    assert.is_nil(found.eta)
    assert.equal("photos", found.vault)
    assert.matches("^cap", found.standstill)
    assert.equal("waiting 5   in doubt 0   started 0   ready 0   done 0   failed 0   gone 0\n"
      .. "bytes 0 B of 5.0 GiB (0%)   rate 0 B/s   eta unknown\n"
      .. "money 0.00 of no cap yet   workers 0\n"
      .. "standstill cap: nobody has said what may be spent", restore.report(found))
  end)

  it("adds up in each state, and tells rate, time and money", function()
    plan(100, GIB, { cost = 12.5, prices = { per_gib = 0.01 } })
    set([[update tally set again = 2, intended = 3, started = 4, ready = 5, done = 50, failed = 6,
      gone = 7, bytes_done = ?, reserved = 1500000000]], 50 * GIB)
    set("insert into worker (owner, seen, rate, has_left) values ('a', ?, ?, 0), ('b', ?, ?, 0), "
      .. "('dead', ?, ?, 0), ('left', ?, ?, 1)", client:time(), 100 * MIB, client:time(), 28 * MIB,
      client:time() - 600, MIB, client:time(), MIB)
    local found = status()
    assert.equal(100 - 3 - 4 - 5 - 50 - 6 - 7, found.waiting)
    assert.equal(3, found.in_doubt)
    assert.equal(2, found.workers)
    assert.equal(128 * MIB, found.rate)
    assert.equal(1.5, found.reserved)
    assert.equal(12.5, found.cap)
    assert.equal(50 * GIB / (128 * MIB), found.eta)
    assert.is_nil(found.standstill)
    assert.equal("waiting 25   in doubt 3   started 4   ready 5   done 50   failed 6   gone 7\n"
      .. "bytes 50.0 GiB of 100 GiB (50%)   rate 128 MiB/s   eta 6m 40s\n"
      .. "money 1.50 of 12.50   workers 2", restore.report(found))
    -- At the rates it may take longer.
    set "update restore set starts_rate = 0.01"
    assert.is_true(status().eta >= 2500)
  end)

  it("says why nothing is started, until all has been", function()
    plan(2, 5, { cost = math.huge })
    assert.equal(math.huge, status().cap)
    assert.matches("of no limit", restore.report(status()))
    set("update restore set standstill = 'window: full'")
    assert.equal("window: full", status().standstill)
    assert(opened:pause())
    assert.matches("^paused", status().standstill)
    assert.is_true(status().paused)
    assert.matches("\nstandstill paused", restore.report(status()))
    assert(opened:resume())
    assert.equal("window: full", status().standstill)
    set "update tally set done = 1, started = 1"
    assert.is_nil(status().standstill)
    assert.is_nil(status().eta)
    set "update tally set done = 2, started = 0"
    assert.equal(0, status().eta)
  end)

  it("tells what was given up", function()
    plan(3, 5, { cost = math.huge })
    set([[insert into work (seq, state, due, attempt, reserved, failures, wrong_hashes,
      after_survey, seen, epoch, lease_until, last_error) values (1, 'gone', 0, 1, 0, 0, 0, 0, 0, 0,
      0, 'not found'), (2, 'failed', 0, 5, 0, 5, 0, 0, 0, 0, 0, 'no reason'),
      (3, 'again', 0, 5, 0, 5, 0, 0, 0, 0, 0, 'x')]])
    assert.same({ { path = "2", state = "failed", last_error = "no reason" },
      { path = "1", state = "gone", last_error = "not found" } }, assert(opened:problems()))
    assert.equal(1, #opened:problems(1))
  end)
end)
