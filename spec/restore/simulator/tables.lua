--- The store of a simulation, and what the checks see of it: by SQL of their own,
-- so that what they find does not depend on the statements that are tested.

local format = string.format
local ipairs, pairs, tonumber, tostring = ipairs, pairs, tonumber, tostring
local insert, concat = table.insert, table.concat
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local tables = {}

local FOLDERS = { "/dev/shm", "/tmp" }

-- Archives that one statement adds.
local BATCH = 100

local function is_folder(path)
  return os.rename(path, path) and true or false
end

-- A path for a database, in memory where there is a file system of that kind.
local function new_path()
  local own = os.tmpname()
  os.remove(own)
  for _, folder in ipairs(FOLDERS) do
    if is_folder(folder) then
      return folder .. "/glacier-simulation-" .. own:match("[^/]+$")
    end
  end
end

local function remove(path)
  for _, ending in ipairs({ "", "-wal", "-shm", "-journal" }) do
    os.remove(path .. ending)
  end
end

local function must(value, err)
  if value == nil then
    error(tostring(err), 0)
  end
  return value
end

-- Adds the archives as a plan does.
local function plan(world, db)
  local bytes = 0
  must(db:transaction(function(tx)
    local values, list, count = {}, {}, #world.list
    bytes = 0
    for i, archive in ipairs(world.list) do
      bytes = bytes + archive.size
      insert(list, "(?, ?, ?, ?, ?)")
      for _, value in ipairs({ i, archive.name, archive.size, archive.tree_hash, archive.name }) do
        insert(values, value)
      end
      if #list == BATCH or i == count then
        tx:execute("INSERT INTO archive (seq, archive_id, size, tree_hash, path) VALUES " ..
          concat(list, ", "), unpack(values))
        values, list = {}, {}
      end
    end
    local prices, rates = world.prices, world.rates
    tx:execute("INSERT INTO restore (id, version, plan, vault, folder, tier, archives, bytes, bad_rows, " ..
      "cursor, cap, request_price, gib_price, starts_rate, bytes_rate, factor, factor_at, paused, " ..
      "starts_after, planned_at) VALUES (1, 1, 'simulated', 'v', ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, 1, 0, 0, 0, ?)",
      world.folder, world.tier.name, count, bytes, world.cap_nano,
      prices.per_1000_requests * 1e6, prices.per_gib * 1e9, rates.starts_per_second,
      rates.bytes_per_hour and rates.bytes_per_hour / 3600, world.scheduler.now)
    return true
  end))
end

local function number(db, sql)
  return tonumber(must(db:row(sql)).n)
end

-- In how many places each archive is, where that is not one. Who waits is in no
-- table and behind the cursor; a listing may have shown the job of one behind it.
local function odd_places(db)
  local odd = {}
  for _, row in ipairs(must(db:rows(
    "SELECT archive_id, CASE WHEN n = 0 AND seq > (SELECT cursor FROM restore) THEN 1 ELSE n END AS n " ..
    "FROM (SELECT archive_id, seq, (SELECT count(*) FROM work WHERE work.seq = archive.seq) + " ..
    "(SELECT count(*) FROM done WHERE done.seq = archive.seq) AS n FROM archive) counted"))) do
    if tonumber(row.n) ~= 1 then
      odd[row.archive_id] = tonumber(row.n)
    end
  end
  return odd
end

local function states(db)
  local found = {}
  for _, row in ipairs(must(db:rows("SELECT archive_id, coalesce((SELECT state FROM work " ..
    "WHERE work.seq = archive.seq), (SELECT 'done' FROM done WHERE done.seq = archive.seq), 'waiting') " ..
    "AS state FROM archive"))) do
    found[row.archive_id] = row.state
  end
  return found
end

-- What the store says of an archive that has not ended.
local function row_text(db, name)
  local row = db:row("SELECT work.* FROM work JOIN archive ON archive.seq = work.seq " ..
    "WHERE archive_id = ?", name)
  local parts = {}
  for key, value in pairs(row or { state = "waiting" }) do
    parts[#parts + 1] = key .. "=" .. tostring(value)
  end
  table.sort(parts)
  return concat(parts, " ")
end

local NAMES = { "restore", "tally", "work", "done", "role", "survey", "bucket", "worker" }

-- What the sums must be, counted.
local COUNTED = {
  again = "SELECT count(*) AS n FROM work WHERE state = 'again'",
  intended = "SELECT count(*) AS n FROM work WHERE state = 'intended'",
  started = "SELECT count(*) AS n FROM work WHERE state = 'started'",
  ready = "SELECT count(*) AS n FROM work WHERE state = 'ready'",
  failed = "SELECT count(*) AS n FROM work WHERE state = 'failed'",
  gone = "SELECT count(*) AS n FROM work WHERE state = 'gone'",
  done = "SELECT count(*) AS n FROM done",
  bytes_done = "SELECT cast(coalesce(sum(size), 0) AS text) AS n FROM done JOIN archive " ..
    "ON archive.seq = done.seq",
  bytes_staged = "SELECT cast(coalesce(sum(size), 0) AS text) AS n FROM work JOIN archive " ..
    "ON archive.seq = work.seq WHERE state IN ('intended', 'started', 'ready')",
}

local function odd_sums(db)
  local odd = {}
  for name, sql in pairs(COUNTED) do
    local told = number(db, format("SELECT cast(%s AS text) AS n FROM tally", name))
    local counted = number(db, sql)
    if told ~= counted then
      odd[#odd + 1] = format("%s is %.0f, and told as %.0f", name, counted, told)
    end
  end
  return odd
end

local function copy_all(db, from, to)
  must(db:transaction(function(tx)
    for _, name in ipairs(NAMES) do
      tx:execute(format("DELETE FROM %s%s", to, name))
      tx:execute(format("INSERT INTO %s%s SELECT * FROM %s%s", to, name, from, name))
    end
    return true
  end))
end

local function make_backup(db)
  must(db:transaction(function(tx)
    for _, name in ipairs(NAMES) do
      tx:execute(format("CREATE TABLE backup_%s AS SELECT * FROM %s", name, name))
    end
    return true
  end))
end

local function inspect(world, db, path)
  return {
    money = function()
      local row = must(db:row("SELECT cast(reserved AS text) AS reserved, cast(cap AS text) AS cap " ..
        "FROM tally JOIN restore ON restore.id = tally.id"))
      return { reserved = tonumber(row.reserved), cap = tonumber(row.cap) }
    end,
    places = function() return odd_places(db) end,
    sums = function() return odd_sums(db) end,
    states = function() return states(db) end,
    row = function(name) return row_text(db, name) end,
    back_up = function() make_backup(db) end,
    set_back = function() copy_all(db, "backup_", "") end,
    close = function()
      world.database.on_boundary = nil
      db:close()
      if path then
        remove(path)
      end
    end,
  }
end

--- Makes the world's store, with its archives planned.
---@param world table
---@param options table  url: of a PostgreSQL database that is empty; else a file
--- of SQLite is made, and removed with the simulation
function tables.open(world, options)
  -- Required here: modules with a rule broken are loaded anew.
  local database = require("glacier.restore.database")
  local schema = require("glacier.restore.store.schema")
  local path = not options.url and new_path() or nil
  local db = must(database.open(options.url or path, function() end))
  world.database = db
  world.folder = "/simulated"
  world.cap_nano = world.cap == math.huge and 2 ^ 53 - 1 or math.floor(world.cap * 1e9)
  world.inspect = inspect(world, db, path)
  must(schema.make(db))
  plan(world, db)
  world.drive = require("spec.restore.simulator.drive")
  world.run = require("glacier.restore.run").run
end

return tables
