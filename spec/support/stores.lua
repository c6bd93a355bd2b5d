--- Databases for specs of restores: SQLite's files in a folder, PostgreSQL's in
-- a server of their own.

local postgres = require "spec.support.postgres"
local shell = require "spec.support.shell"

local stores = {}

local SQLite = { name = "SQLite" }
SQLite.__index = SQLite

local PostgreSQL = { name = "PostgreSQL" }
PostgreSQL.__index = PostgreSQL

local function has_driver(name)
  return pcall(require, "DBI") and (pcall(require, name))
end

function SQLite.missing()
  return not has_driver "dbd.sqlite3" and "there is no LuaDBI with SQLite" or nil
end

function PostgreSQL.missing()
  return not has_driver "dbd.postgresql" and "there is no LuaDBI with PostgreSQL"
    or postgres.missing()
end

local function start(engine)
  local self = setmetatable({ made = 0 }, engine)
  if engine == PostgreSQL then
    self.server = postgres.start()
    self.folder = self.server.folder
  else
    self.folder = shell.folder()
  end
  return self
end

--- The URL of a new, empty database.
function SQLite:url()
  self.made = self.made + 1
  return ("%s/%d.db"):format(self.folder, self.made)
end

function PostgreSQL:url()
  self.made = self.made + 1
  return self.server:database("store" .. self.made)
end

function SQLite:stop()
  shell.remove(self.folder)
end

function PostgreSQL:stop()
  self.server:stop()
end

--- Describes something on each engine that is here; in CI both must be.
---@param describe function  busted's, as are those of `tools`
---@param tools { setup: function, teardown: function, pending: function }
---@param title string       "... on" the engine is appended
---@param body fun(get: fun(): table)  get() gives the engine, started, while tests run
function stores.each(describe, tools, title, body)
  for _, engine in ipairs { SQLite, PostgreSQL } do
    local reason = engine.missing()
    describe(title .. " on " .. engine.name, function()
      if reason and not os.getenv "CI" then
        tools.pending(reason)
        return
      end
      local started
      tools.setup(function()
        started = start(engine)
      end)
      tools.teardown(function()
        started:stop()
      end)
      body(function()
        return started
      end, engine.name)
    end)
  end
end

return stores
