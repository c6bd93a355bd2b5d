--- A store's database by way of LuaDBI, with what that library does not do or
-- does otherwise than one would think. It blocks: it is for programs of their
-- own, never for a worker of nginx.
--
-- A failure inside a transaction unwinds it as a raised Failure, which nobody
-- but this module sees: outside it is `nil, err`.

local dialects = require("glacier.restore.dialect")
local errors = require("glacier.errors")
local text = require("glacier.text")

-- An optional library. Nothing is loaded later than this: the program may have
-- given up the folders, or the rights, by then.
local has_dbi, DBI = pcall(require, "DBI")
local DRIVERS = {
  SQLite3 = pcall(require, "dbd.sqlite3"),
  PostgreSQL = pcall(require, "dbd.postgresql"),
}

local concat = table.concat
local error, getmetatable, ipairs, pairs, pcall, select, setmetatable, tostring, type =
  error, getmetatable, ipairs, pairs, pcall, select, setmetatable, tostring, type
local find, format, gsub, match = string.find, string.format, string.gsub, string.match
local floor, min = math.floor, math.min
local time = os.time
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local database = {}

-- Seconds for which what is busy or gone is tried again, and the pauses between.
local PATIENCE, FIRST_PAUSE, LONGEST_PAUSE = 60, 0.05, 2

-- Whole numbers that are exact as a double.
local MOST = 2 ^ 53

---@class glacier.Database
---@field dialect glacier.Dialect
---@field patience number       seconds for which a transaction is tried again
---@field sleep fun(seconds: number)  between two tries
---@field on_boundary? fun(where: string)  called before and after each commit
local Database = {}
Database.__index = Database

local Failure = {}

local function fail(message)
  error(setmetatable({ message = message }, Failure), 0)
end

-- The store without what only its owner is to know.
local function public(url)
  -- A password may have an @ that nobody has escaped: up to the last one.
  local shown = gsub(url, "^([a-z]+://[^:/@]*):[^/]*@", "%1:***@")
  return text.line((gsub(shown, "([?&][a-z]*password=)[^&]*", "%1***")), 300)
end

local function refuse(self, message, may_pass)
  local hint = dialects.has(message, self.dialect.full) and " (is the disk full?)" or ""
  local err = errors.config(format("the store '%s' cannot be used: %s%s", self.shown, message,
    hint), "StoreError")
  err.retryable = may_pass or false
  return nil, err
end

-- Connections to PostgreSQL end by themselves where the other side is gone.
local USUAL = { connect_timeout = "10", keepalives_idle = "30", keepalives_interval = "10",
  keepalives_count = "3", application_name = "glacier-restore" }

local function with_usual(url)
  local missing = {}
  for name, value in pairs(USUAL) do
    if not find(url, "[?&]" .. name .. "=") then
      missing[#missing + 1] = name .. "=" .. value
    end
  end
  text.sort(missing)
  local is_first = not find(url, "?", 1, true)
  return #missing == 0 and url or url .. (is_first and "?" or "&") .. concat(missing, "&")
end

-- A statement of this text, kept: each that is prepared stays on the server.
local function prepare(self, sql)
  local statement = self.statements[sql]
  if statement then
    return statement
  end
  local said = sql
  if self.dialect.numbered then
    local n = 0
    said = gsub(sql, "%?", function()
      n = n + 1
      return "$" .. n
    end)
  end
  local ok, prepared, err = pcall(self.connection.prepare, self.connection, said)
  if not ok or not prepared then
    fail(tostring(ok and err or prepared))
  end
  self.statements[sql] = prepared
  return prepared
end

-- A statement that has failed once fails again, and keeps a transaction open.
local function forget(self, sql)
  local statement = self.statements[sql]
  self.statements[sql] = nil
  if statement then
    pcall(statement.close, statement)
  end
end

local function bindable(value)
  local kind = type(value)
  if kind == "number" then
    if value ~= value then
      error("a number of a statement is none", 0)
    elseif value == floor(value) and value <= MOST and value >= -MOST then
      return format("%.0f", value)
    end
    -- A point, whatever the locale's is.
    return text.of(value)
  elseif kind == "boolean" then
    return value and "1" or "0"
  elseif kind == "string" and find(value, "%z") then
    error("a text of a statement has a NUL, at which databases end it", 0)
  end
  return value
end

-- Runs a statement; the results are those of LuaDBI's own.
local function run(self, sql, ...)
  local count = select("#", ...)
  local values = { ... }
  for i = 1, count do
    values[i] = bindable(values[i])
  end
  local statement = prepare(self, sql)
  local ok, done, err = pcall(statement.execute, statement, unpack(values, 1, count))
  if not ok or not done then
    forget(self, sql)
    fail(tostring(ok and err or done))
  end
  return statement
end

-- All rows: SQLite holds its lock until the last one is fetched.
local function fetch(self, sql, statement)
  local rows = {}
  local ok, err = pcall(function()
    local row = statement:fetch(true)
    while row do
      local copy = {}
      for name, value in pairs(row) do
        copy[name] = value
      end
      rows[#rows + 1] = copy
      row = statement:fetch(true)
    end
  end)
  if not ok then
    forget(self, sql)
    fail(tostring(err))
  end
  return rows
end

---@class glacier.DatabaseTransaction
local Transaction = {}
Transaction.__index = Transaction

--- Runs a statement that gives no rows.
---@param sql string  parameters are `?`; a number is bound as a whole number
--- where it is one
---@return integer changed  rows
function Transaction:execute(sql, ...)
  local statement = run(self.database, sql, ...)
  local ok, count = pcall(statement.affected, statement)
  return ok and count or 0
end

--- Runs a statement that gives rows. Whole numbers beyond 32 bits are to be
--- selected as text: `cast(x as text) as x`.
---@return table[] rows  by the columns' names
function Transaction:rows(sql, ...)
  return fetch(self.database, sql, run(self.database, sql, ...))
end

--- The first row.
---@return table?
function Transaction:row(sql, ...)
  return self:rows(sql, ...)[1]
end

local function disconnect(self)
  local connection = self.connection
  if connection then
    for sql in pairs(self.statements) do
      forget(self, sql)
    end
    pcall(connection.close, connection)
    self.connection, self.statements, self.is_open = nil, {}, false
  end
end

local function connect(self)
  local ok, connection, err = pcall(DBI.Connect, self.dialect.driver, self.name)
  if not ok or not connection then
    fail("no connection: " .. tostring(ok and err or connection))
  end
  self.connection, self.statements = connection, {}
  -- It returns false where it has worked, too.
  pcall(connection.autocommit, connection, true)
  for _, sql in ipairs(self.dialect.setup) do
    local is_set, failure = pcall(function()
      fetch(self, sql, run(self, sql))
    end)
    if not is_set then
      -- One that was told half of it would wait for no lock, or keep no promise.
      disconnect(self)
      error(failure, 0)
    end
  end
end

local function is_alive(self)
  local ok, answer = pcall(self.connection.ping, self.connection)
  return ok and answer and true or false
end

-- Whether the same may succeed a moment later. Of a connection that is lost
-- nothing is kept. A server comes back; a file that cannot be opened again, as on a
-- full disk, waits for somebody to do something about it.
local function may_pass(self, message)
  local dialect = self.dialect
  if self.connection and dialect.numbered and
    (dialects.has(message, dialect.lost) or not is_alive(self)) then
    disconnect(self)
    return true
  end
  return dialects.has(message, dialect.busy) or
    (dialect.numbered and not self.connection and self.was_connected) or false
end

local function boundary(self, where)
  if self.on_boundary then
    self.on_boundary(where)
  end
end

local function roll_back(self)
  if self.connection and self.is_open and not pcall(run, self, "ROLLBACK") then
    disconnect(self)
  end
  self.is_open = false
end

local function keep(...)
  return { n = select("#", ...), ... }
end

-- One try.
local function attempt(self, begin, call)
  if not self.connection then
    connect(self)
    self.was_connected = true
  end
  run(self, begin)
  self.is_open = true
  local results = keep(call(self.transaction_of))
  if results[1] == nil and results[2] ~= nil then
    roll_back(self)
  else
    boundary(self, "before commit")
    run(self, "COMMIT")
    self.is_open = false
    boundary(self, "after commit")
  end
  return results
end

-- Tries until it succeeds, is refused, or has taken too long.
local function insist(self, begin, call)
  local deadline, pause = time() + self.patience, FIRST_PAUSE
  while true do
    local ok, results = pcall(attempt, self, begin, call)
    if ok then
      return unpack(results, 1, results.n)
    end
    roll_back(self)
    if getmetatable(results) ~= Failure then
      error(results, 0)
    end
    local passes = may_pass(self, results.message)
    if not passes or time() >= deadline then
      return refuse(self, text.line(results.message, 500), passes)
    end
    self.sleep(pause)
    pause = min(2 * pause, LONGEST_PAUSE)
  end
end

--- Runs a transaction that may write: all of it is there afterwards, or nothing.
--- Where the database is busy or the connection is lost it is run again, so it
--- must do the same a second time, and change nothing but the database.
---@param call fun(tx: glacier.DatabaseTransaction): ...  `nil, err` rolls it back
---@return any ...  what `call` returns
---@return glacier.Error? err  code "StoreError"; retryable: it may pass
function Database:transaction(call)
  return insist(self, self.dialect.begin, call)
end

--- Runs a transaction that only reads, and sees all of it as of one moment.
---@param call fun(tx: glacier.DatabaseTransaction): ...
---@return any ...
---@return glacier.Error? err
function Database:read(call)
  return insist(self, self.dialect.snapshot, call)
end

--- The rows of one statement that only reads.
---@return table[]? rows
---@return glacier.Error? err
function Database:rows(sql, ...)
  local values = keep(...)
  return self:read(function(tx)
    return tx:rows(sql, unpack(values, 1, values.n))
  end)
end

--- The first row of one statement that only reads.
---@return table|false|nil row  false: there is none
---@return glacier.Error? err
function Database:row(sql, ...)
  local rows, err = self:rows(sql, ...)
  if not rows then
    return nil, err
  end
  return rows[1] or false
end

--- Gives the connection back. The next statement makes a new one.
function Database:close()
  disconnect(self)
end

-- What is missing of LuaDBI, if anything is.
local function missing(dialect)
  if has_dbi and DRIVERS[dialect.driver] then
    return nil
  end
  return format("LuaDBI is missing for this Lua: Debian's package is %s, the rock is %s",
    dialect.debian, dialect.rock)
end

--- Opens a database; nothing is made in it yet.
---@param url string  the path of an SQLite file, which is made where there is
--- none, or "postgresql://host/name"
---@param sleep fun(seconds: number)  how to wait where it is busy
---@return glacier.Database?
---@return glacier.Error? err  code "StoreError"
function database.open(url, sleep)
  local is_server = match(url, "^postgres[a-z]*://") ~= nil
  local dialect = is_server and dialects.postgresql or dialects.sqlite
  local self = setmetatable({
    dialect = dialect, shown = public(url), patience = PATIENCE, sleep = sleep, statements = {},
    name = is_server and with_usual(url) or url,
  }, Database)
  self.transaction_of = setmetatable({ database = self }, Transaction)
  local reason = missing(dialect)
  if reason then
    return refuse(self, reason)
  elseif not is_server and (url == "" or find(url, "%z")) then
    return refuse(self, "its path names no file")
  end
  local ok, failure = pcall(connect, self)
  if not ok then
    disconnect(self)
    if getmetatable(failure) ~= Failure then
      error(failure, 0)
    end
    return refuse(self, text.line(failure.message, 500) ..
      (is_server and " (is it there, and are its name, the user and the password right?)" or ""))
  end
  self.was_connected = true
  return self
end

return database
