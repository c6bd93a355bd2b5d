--- What is to be restored, on its way into the store: first into tables of this
-- connection alone, in any order and with any names; then, in one transaction,
-- into `archive`. So a plan is there whole or not at all, however it ends, and
-- memory is what a page of rows takes.

local rows = require("glacier.restore.store.rows")

local concat = table.concat
local gsub, rep = string.gsub, string.rep
local setmetatable, tonumber = setmetatable, tonumber
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local plans = {}

-- Rows that one statement inserts, and those of one transaction.
local AT_A_TIME, A_TRANSACTION = 100, 2000

-- Folders that are remembered, so that few are asked for twice.
local KNOWN_FOLDERS = 10000

local COLUMNS = 6

local TABLES = {
  "DROP TABLE IF EXISTS incoming",
  "DROP TABLE IF EXISTS folder",
  "DROP TABLE IF EXISTS taken",
  "CREATE TEMPORARY TABLE incoming (n integer PRIMARY KEY, archive_id BYTEWISE, " ..
    "created BYTEWISE, size bigint, tree_hash text, path BYTEWISE)",
  "CREATE TEMPORARY TABLE folder (path BYTEWISE PRIMARY KEY)",
  "CREATE TEMPORARY TABLE taken (path BYTEWISE PRIMARY KEY)",
}

local INDEXES = {
  "CREATE INDEX incoming_by_id ON incoming (archive_id, n)",
  "CREATE INDEX incoming_by_path ON incoming (path, created, archive_id)",
  "ANALYZE incoming",
}

---@class glacier.Incoming
local Incoming = {}
Incoming.__index = Incoming

local function execute_all(db, list)
  return db:transaction(function(tx)
    for i = 1, #list do
      tx:execute((gsub(list[i], "BYTEWISE", db.dialect.bytewise)))
    end
    return true
  end)
end

--- Begins to take archives.
---@param db glacier.Database
---@return glacier.Incoming?
---@return glacier.Error? err
function plans.begin(db)
  local ok, err = execute_all(db, TABLES)
  if not ok then
    return nil, err
  end
  return setmetatable({ db = db, values = {}, count = 0, total = 0, folders = {},
    known = {}, known_count = 0 }, Incoming)
end

local ROW = "(?, ?, ?, ?, ?, ?)"
local function insert_of(count)
  return "INSERT INTO incoming (n, archive_id, created, size, tree_hash, path) VALUES " ..
    ROW .. rep(", " .. ROW, count - 1)
end
local INSERT = insert_of(AT_A_TIME)

local function flush(self)
  local values, count, folders = self.values, self.count, self.folders
  local ok, err = self.db:transaction(function(tx)
    local at = 0
    while at < count do
      local some = count - at < AT_A_TIME and count - at or AT_A_TIME
      tx:execute(some == AT_A_TIME and INSERT or insert_of(some),
        unpack(values, at * COLUMNS + 1, (at + some) * COLUMNS))
      at = at + some
    end
    for i = 1, #folders do
      tx:execute("INSERT INTO folder (path) VALUES (?) ON CONFLICT DO NOTHING", folders[i])
    end
    return true
  end)
  self.values, self.count, self.folders = {}, 0, {}
  return ok, err
end

local function note_folder(self, path)
  if not self.known[path] then
    if self.known_count >= KNOWN_FOLDERS then
      self.known, self.known_count = {}, 0
    end
    self.known[path], self.known_count = true, self.known_count + 1
    self.folders[#self.folders + 1] = path
  end
end

--- Takes an archive.
---@param archive {id: string, created: string, size: number, tree_hash: string?, path: string}
---@param folders fun(): string?  those of its path
---@return true?
---@return glacier.Error? err
function Incoming:add(archive, folders)
  local at, values = self.count * COLUMNS, self.values
  self.total = self.total + 1
  values[at + 1], values[at + 2], values[at + 3] = self.total, archive.id, archive.created
  values[at + 4], values[at + 5], values[at + 6] = archive.size, archive.tree_hash, archive.path
  self.count = self.count + 1
  for folder in folders do
    note_folder(self, folder)
  end
  if self.count >= A_TRANSACTION then
    return flush(self)
  end
  return true
end

--- Ends the taking: each archive is there once.
---@return true?
---@return glacier.Error? err
function Incoming:finish()
  local ok, err = flush(self)
  if ok then
    ok, err = execute_all(self.db, INDEXES)
  end
  if not ok then
    return nil, err
  end
  return self.db:transaction(function(tx)
    tx:execute("DELETE FROM incoming WHERE n IN (SELECT b.n FROM (SELECT archive_id, " ..
      "min(n) AS n FROM incoming GROUP BY archive_id HAVING count(*) > 1) a JOIN incoming b " ..
      "ON b.archive_id = a.archive_id AND b.n > a.n)")
    return true
  end)
end

--- Leaves those out that are planned already.
---@return {new: number, planned: number}?  how many are left, and are planned
---@return glacier.Error? err
function Incoming:leave_planned()
  return self.db:transaction(function(tx)
    local planned = tonumber(tx:row("SELECT cast(count(*) AS text) AS n FROM archive").n)
    if planned > 0 then
      tx:execute("DELETE FROM incoming WHERE archive_id IN (SELECT archive_id FROM archive)")
    end
    local left = tonumber(tx:row("SELECT cast(count(*) AS text) AS n FROM incoming").n)
    return { new = left, planned = planned }
  end)
end

--- Takes the places of those that are planned already for taken.
---@param folders_of fun(path: string): fun(): string?
---@return true?
---@return glacier.Error? err
function Incoming:note_planned(folders_of)
  local ok, err = execute_all(self.db, { "DELETE FROM taken",
    "INSERT INTO taken SELECT path FROM archive", "ANALYZE taken" })
  local after = 0
  while ok do
    local page
    page, err = self.db:rows("SELECT cast(seq AS text) AS seq, path FROM archive WHERE seq > ? " ..
      "ORDER BY archive.seq LIMIT 1000", after)
    if not page then
      return nil, err
    elseif #page == 0 then
      return true
    end
    for i = 1, #page do
      after = tonumber(page[i].seq)
      for folder in folders_of(page[i].path) do
        note_folder(self, folder)
      end
    end
    ok, err = flush(self)
  end
  return nil, err
end

-- Those that cannot have their place, in the order of their paths.
local CONFLICTS = {
  -- Another one of it came before.
  equal = "SELECT cast(i.n AS text) AS n, i.path AS path FROM incoming i WHERE i.path >= ? AND " ..
    "EXISTS (SELECT 1 FROM incoming j WHERE j.path = i.path AND (j.created < i.created OR " ..
    "(j.created = i.created AND j.archive_id < i.archive_id))) " ..
    "ORDER BY i.path, i.created, i.archive_id LIMIT 1000",
  -- It is another's folder.
  folder = "SELECT cast(i.n AS text) AS n, i.path AS path FROM folder f JOIN incoming i " ..
    "ON i.path = f.path WHERE f.path >= ? ORDER BY f.path LIMIT 1000",
  -- One that is planned already has it.
  taken = "SELECT cast(i.n AS text) AS n, i.path AS path FROM taken t JOIN incoming i " ..
    "ON i.path = t.path WHERE t.path >= ? ORDER BY t.path LIMIT 1000",
  -- A file that is planned already has the place of a folder of it. ("0" is what
  -- comes after "/".)
  below = "SELECT cast(i.n AS text) AS n, i.path AS path, t.path AS taken FROM folder f " ..
    "JOIN taken t ON t.path = f.path JOIN incoming i ON i.path > t.path || '/' AND " ..
    "i.path < t.path || '0' WHERE f.path >= ? ORDER BY f.path LIMIT 1000",
}

--- A page of archives that cannot have their place.
---@param kind "equal"|"folder"|"taken"|"below"
---@param from string  path that the page begins with
---@return {n: number, path: string, taken: string?}[]?  taken: of "below" the file in the way
---@return glacier.Error? err
function Incoming:conflicts(kind, from)
  local list, err = self.db:rows(CONFLICTS[kind], from)
  for i = 1, list and #list or 0 do
    rows.numbers(list[i], { "n" })
  end
  return list, err
end

local function has(tx, name, path)
  return tx:row("SELECT 1 AS one FROM " .. name .. " WHERE path = ? LIMIT 1", path) ~= nil
end

local function is_free(tx, place)
  return not has(tx, "taken", place.free) and not has(tx, "incoming", place.free) and
    (place.is_shared or not has(tx, "folder", place.free))
end

-- The first place that is free; of equal ones the numbers below are taken.
local function find_place(tx, row, place_of, numbers)
  local key = row.taken or row.path
  if key ~= numbers.of or row.taken then
    numbers.of, numbers.last = key, 1
  end
  local place
  repeat
    numbers.last = numbers.last + 1
    place = place_of(row, numbers.last)
  until is_free(tx, place)
  return place.path
end

--- Gives archives other places: the first ones that are free.
---@param list {n: number, path: string, taken: string?}[]
---@param place_of fun(row: table, number: integer): table  {path=, free=, is_shared=}: the
--- place with a number from 2, what must be free for it, and whether a folder may be there
---@param folders_of fun(path: string): fun(): string?
---@return true?
---@return glacier.Error? err
function Incoming:move(list, place_of, folders_of)
  local before = self.numbers or {}
  local numbers
  local ok, err = self.db:transaction(function(tx)
    numbers = { of = before.of, last = before.last }
    for i = 1, #list do
      local path = find_place(tx, list[i], place_of, numbers)
      tx:execute("UPDATE incoming SET path = ? WHERE n = ?", path, list[i].n)
      for folder in folders_of(path) do
        tx:execute("INSERT INTO folder (path) VALUES (?) ON CONFLICT DO NOTHING", folder)
      end
    end
    return true
  end)
  self.numbers = numbers
  return ok, err
end

local SETTINGS = { "plan", "vault", "account", "folder", "tier", "cap", "request_price",
  "gib_price", "egress_price", "starts_rate", "bytes_rate", "bad_rows", "factor_at", "planned_at" }

local function insert_settings(tx, version, plan)
  local values = {}
  for i = 1, #SETTINGS do
    values[i] = plan[SETTINGS[i]]
  end
  tx:execute("INSERT INTO restore (id, version, archives, bytes, cursor, factor, paused, " ..
    "starts_after, " .. concat(SETTINGS, ", ") .. ") VALUES (1, " .. version .. ", 0, 0, " ..
    "0, 1, 0, 0" .. rep(", ?", #SETTINGS) .. ") ON CONFLICT DO NOTHING",
    unpack(values, 1, #SETTINGS))
end

--- Puts all that is left into the store, behind what is planned already.
---@param version integer  of the tables
---@param plan table       the settings, which stay as they are where there are some
---@param planned number   archives that are planned, as leave_planned told
---@return boolean? done   false: somebody else has planned meanwhile
---@return glacier.Error? err
function Incoming:commit(version, plan, planned)
  local for_update = self.db.dialect.for_update
  return self.db:transaction(function(tx)
    insert_settings(tx, version, plan)
    local row = tx:row("SELECT cast(archives AS text) AS archives FROM restore WHERE id = 1 " ..
      for_update)
    if tonumber(row.archives) ~= planned then
      return false
    end
    -- Where all rows are new the index is made of them at once, which is faster.
    local is_first = planned == 0
    if is_first then
      tx:execute("DROP INDEX archive_by_id")
    end
    local sum = tx:row("SELECT cast(count(*) AS text) AS count, " ..
      "cast(coalesce(sum(size), 0) AS text) AS bytes FROM incoming")
    tx:execute("INSERT INTO archive (seq, archive_id, size, tree_hash, path) SELECT " ..
      "cast(? AS integer) + row_number() OVER (ORDER BY created, archive_id), archive_id, size, " ..
      "tree_hash, path FROM incoming ORDER BY created, archive_id", planned)
    if is_first then
      tx:execute("CREATE UNIQUE INDEX archive_by_id ON archive (archive_id)")
    end
    tx:execute("UPDATE restore SET archives = archives + ?, bytes = bytes + ? WHERE id = 1",
      tonumber(sum.count), tonumber(sum.bytes))
    return true
  end)
end

--- Forgets the tables of this connection.
function Incoming:close()
  execute_all(self.db, { "DROP TABLE IF EXISTS incoming", "DROP TABLE IF EXISTS folder",
    "DROP TABLE IF EXISTS taken" })
end

return plans
