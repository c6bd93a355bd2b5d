--- The phrases in which the two databases differ, and what their messages mean.
-- All else is said in the same SQL.

local find = string.find
local ipairs = ipairs

local dialect = {}

---@class glacier.Dialect
---@field name string
---@field driver string      as LuaDBI calls it
---@field debian string      the package of the driver in Debian
---@field rock string        and in LuaRocks
---@field begin string       of a transaction that writes
---@field snapshot string    of one that reads, and sees one moment
---@field for_update string  locks the rows that are read
---@field skip_locked string the same, without those that another one has locked
---@field numbers string     type of the numbers with fractions
---@field bytewise string    type of a text that is compared byte by byte
---@field numbered boolean   parameters are $1, $2 and so on
---@field busy string[]      parts of messages after which the same may succeed
---@field lost string[]      and those of a connection that is gone
---@field full string[]      and those of a disk that takes nothing more
---@field setup string[]     what each new connection is told

dialect.sqlite = {
  name = "sqlite",
  driver = "SQLite3",
  debian = "lua-dbi-sqlite3",
  rock = "luadbi-sqlite3",
  begin = "BEGIN IMMEDIATE",
  snapshot = "BEGIN",
  for_update = "",
  skip_locked = "",
  numbers = "real",
  bytewise = "text",
  numbered = false,
  busy = { "database is locked", "database table is locked", "database schema has changed" },
  lost = {},
  full = { "database or disk is full", "disk I/O error" },
  -- The time that one waits for another's lock is the pragma's alone to say.
  setup = { "PRAGMA busy_timeout = 10000", "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL" },
}

dialect.postgresql = {
  name = "postgresql",
  driver = "PostgreSQL",
  debian = "lua-dbi-postgresql",
  rock = "luadbi-postgresql",
  begin = "BEGIN",
  snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
  for_update = "FOR UPDATE",
  skip_locked = "FOR UPDATE SKIP LOCKED",
  numbers = "double precision",
  bytewise = "text COLLATE \"C\"",
  numbered = true,
  busy = { "deadlock detected", "could not serialize", "lock timeout" },
  lost = { "server closed the connection", "terminating connection", "no connection to the server",
    "connection not open", "is shutting down", "is starting up", "in recovery mode",
    "could not receive data", "could not send data", "SSL connection has been closed",
    "Connection to database has been lost", "Database not available" },
  full = { "No space left on device", "could not extend file" },
  setup = { "SET client_min_messages = error" },
}

--- Whether a message has one of these parts.
---@param message string
---@param parts string[]
---@return boolean
function dialect.has(message, parts)
  for _, part in ipairs(parts) do
    if find(message, part, 1, true) then
      return true
    end
  end
  return false
end

return dialect
