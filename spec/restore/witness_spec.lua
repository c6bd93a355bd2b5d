-- What runs note beside the store, by which one that was set back to a backup is
-- told from one that nobody has worked at for a while.
-- Begins early: it takes long.

local files = require "glacier.restore.files"
local glacier = require "glacier"
local restore = require "glacier.restore"
local clients = require "spec.support.clients"
local restores = require "spec.support.restores"
local shell = require "spec.support.shell"
local socket = require "socket"

local has_dbi = pcall(require, "DBI")

describe("a store that nobody has worked at for a while", function()
  local folder, server, client, opened

  if not has_dbi then
    return pending "LuaDBI is not installed for this Lua"
  end

  before_each(function()
    folder = shell.folder()
    server = restores.vault(3, { ready_after = 0 })
    restores.inventory(server, folder .. "/inventory")
    client = assert(glacier.client(clients.options(server)))
    opened = assert(restore.open { store = folder .. "/store", client = client })
    assert(opened:plan { vaultName = "examplevault", inventory = folder .. "/inventory",
      into = folder .. "/files", tier = "Bulk", cap = { cost = math.huge } })
    assert(opened.db:transaction(function(tx)
      return tx:execute("UPDATE restore SET planned_at = planned_at - 1000")
    end))
  end)

  after_each(function()
    opened:close()
    client:close()
    server:stop()
    shell.remove(folder)
  end)

  -- In the time in which it would have started all.
  local function assert_starts_nothing()
    local deadline = socket.gettime() + 6
    assert.same({ true, "stopped" }, { opened:run { stop = function()
      return socket.gettime() > deadline
    end } })
    assert.equal(0, server:count "InitiateJob")
  end

  it("is gone on with at once where no run has noted more than it knows", function()
    assert.is_true(opened:run())
    assert.equal(3, server:count "InitiateJob")
    assert.is_nil(files.open(folder .. "/files"):last_time())
  end)

  it("starts nothing yet where one has: it was set back, and a job may not be listed yet", function()
    local place = assert(files.open(folder .. "/files"))
    place:note_time(os.time() - 100)
    assert.is_true(place:last_time() >= os.time() - 102)
    assert_starts_nothing()
  end)

  it("starts nothing yet where a worker was of another machine", function()
    assert(opened.db:transaction(function(tx)
      return tx:execute("INSERT INTO worker VALUES ('elsewhere', ?, 0, 1)", os.time() - 900)
    end))
    assert_starts_nothing()
  end)
end)
