--- The tables of a restore. Times are seconds since 1970 by the service's clock,
-- sizes bytes, money whole billionths of the currency.
--
--   archive  what is to be had, never changed: seq follows the dates of creation
--   work     what is on its way, or waits for the operator
--   done     what is there
--   restore  what was planned, what it may cost, how fast it may go
--   tally    how many there are of each, so that nobody has to count
--   role     who starts, who surveys: one at a time, by a lease
--   survey   the list of jobs that is read, or was last
--   bucket   what the rates leave
--   worker   who is alive, and how fast

local errors = require("glacier.errors")

local format, gsub = string.format, string.gsub
local ipairs, tonumber = ipairs, tonumber

local schema = {
  --- Of the tables; another one is refused.
  VERSION = 1,
}

local TABLES = {
  [[CREATE TABLE IF NOT EXISTS restore (
    id integer PRIMARY KEY, version integer NOT NULL, plan text NOT NULL, vault text, account text,
    region text, folder text, tier text, archives bigint NOT NULL, bytes bigint NOT NULL,
    bad_rows bigint NOT NULL, cursor bigint NOT NULL, cap bigint, request_price bigint,
    gib_price bigint, egress_price bigint, starts_rate NUMBERS NOT NULL, bytes_rate NUMBERS,
    factor NUMBERS NOT NULL, factor_at bigint NOT NULL, paused integer NOT NULL,
    starts_after bigint NOT NULL, standstill text, planned_at bigint NOT NULL)]],
  [[CREATE TABLE IF NOT EXISTS tally (
    id integer PRIMARY KEY, again bigint NOT NULL, intended bigint NOT NULL,
    started bigint NOT NULL, ready bigint NOT NULL, done bigint NOT NULL, failed bigint NOT NULL,
    gone bigint NOT NULL, bytes_staged bigint NOT NULL, bytes_done bigint NOT NULL,
    reserved bigint NOT NULL)]],
  [[CREATE TABLE IF NOT EXISTS archive (
    seq integer PRIMARY KEY, archive_id text NOT NULL, size bigint NOT NULL,
    tree_hash text, path text NOT NULL)]],
  [[CREATE UNIQUE INDEX IF NOT EXISTS archive_by_id ON archive (archive_id)]],
  -- due: of `again`, when it may be started; of `intended`, send_until; of
  -- `started`, when that was; of `ready`, when its output goes. after_survey: the
  -- whole survey that has to come first. seen: the survey that last showed its job.
  [[CREATE TABLE IF NOT EXISTS work (
    seq integer PRIMARY KEY, state text NOT NULL, due bigint NOT NULL, attempt integer NOT NULL,
    reserved bigint NOT NULL, job_id text, started_at bigint, expires_at bigint,
    failures integer NOT NULL, wrong_hashes integer NOT NULL, after_survey bigint NOT NULL,
    seen bigint NOT NULL, owner text, epoch bigint NOT NULL, lease_until bigint NOT NULL,
    last_error text)]],
  [[CREATE INDEX IF NOT EXISTS work_by_state ON work (state, due)]],
  [[CREATE TABLE IF NOT EXISTS done (seq integer PRIMARY KEY, at bigint NOT NULL)]],
  [[CREATE TABLE IF NOT EXISTS role (
    name text PRIMARY KEY, owner text, epoch bigint NOT NULL, lease_until bigint NOT NULL)]],
  [[CREATE TABLE IF NOT EXISTS survey (
    id integer PRIMARY KEY, number bigint NOT NULL, began bigint NOT NULL, is_open integer NOT NULL,
    marker text, whole_number bigint NOT NULL, whole_began bigint NOT NULL,
    lasted bigint NOT NULL, wanted bigint NOT NULL)]],
  [[CREATE TABLE IF NOT EXISTS bucket (
    name text PRIMARY KEY, level NUMBERS NOT NULL, at NUMBERS NOT NULL)]],
  [[CREATE TABLE IF NOT EXISTS worker (
    owner text PRIMARY KEY, seen bigint NOT NULL, rate NUMBERS NOT NULL,
    has_left integer NOT NULL)]],
}

-- Rows that are there once and for all.
local ROWS = {
  "INSERT INTO tally VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
  "INSERT INTO survey VALUES (1, 0, 0, 0, NULL, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
  "INSERT INTO role VALUES ('starter', NULL, 0, 0) ON CONFLICT DO NOTHING",
  "INSERT INTO role VALUES ('surveyor', NULL, 0, 0) ON CONFLICT DO NOTHING",
  "INSERT INTO bucket VALUES ('starts', 1, 0) ON CONFLICT DO NOTHING",
  "INSERT INTO bucket VALUES ('bytes', 1, 0) ON CONFLICT DO NOTHING",
}

-- Whether it is a restore's already: that of another version keeps all it has.
local function version_of(db, tx)
  local tables = db.dialect.numbered and
    tx:row("SELECT count(*) AS n FROM information_schema.tables WHERE table_name = 'restore' " ..
      "AND table_schema = current_schema()") or
    tx:row("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'restore'")
  local row = tonumber(tables.n) > 0 and tx:row("SELECT version FROM restore")
  return row and tonumber(row.version)
end

--- Makes the tables where they are missing.
---@param db glacier.Database
---@return true|nil
---@return glacier.Error? err  code "StoreError"
function schema.make(db)
  return db:transaction(function(tx)
    local version = version_of(db, tx)
    if version and version ~= schema.VERSION then
      return nil, errors.config(format("the store '%s' cannot be used: its tables are of " ..
        "version %d, and this program's of version %d", db.shown, version, schema.VERSION),
        "StoreError")
    elseif not version then
      for _, sql in ipairs(TABLES) do
        tx:execute((gsub(sql, "NUMBERS", db.dialect.numbers)))
      end
      for _, sql in ipairs(ROWS) do
        tx:execute(sql)
      end
    end
    return true
  end)
end

return schema
