--- A database of the simulation: the real one, which all its processes share, as
-- one of them sees it. No transaction is open across a wait, so that sharing
-- a connection shows nothing that two would not; what it adds is a database
-- that is gone, and a commit whose answer is lost.

local errors = require("glacier.errors")

local setmetatable = setmetatable

local simulated = {}

---@class spec.SimulatedDatabase
---@field real glacier.Database
---@field world table
local Database = {}
Database.__index = function(self, key)
  return Database[key] or self.real[key]
end

--- A process's view.
---@param world table
---@param real glacier.Database
---@return spec.SimulatedDatabase
function simulated.new(world, real)
  return setmetatable({ world = world, real = real }, Database)
end

local function gone()
  local err = errors.config("the store is gone (simulated)", "StoreError")
  err.retryable = true
  return nil, err
end

local function guarded(self, way, call)
  local world = self.world
  world.scheduler:check()
  if world:is_database_gone() then
    world.trace:note(world.scheduler.current and world.scheduler.current.name or "?", "finds no database")
    return gone()
  end
  return self.real[way](self.real, call)
end

--- As glacier.Database.transaction. Now and then it is run again after it has
--- been committed, as after a connection that was lost in the middle of the
--- commit, or fails though it has been committed.
function Database:transaction(call)
  local world = self.world
  local chance = world.scheduler.current and world.random() or 1
  if chance < world.faults.commit_twice then
    local first, err = guarded(self, "transaction", call)
    if first == nil and err ~= nil then
      return nil, err
    end
    world.trace:note("database", "runs a transaction again")
  elseif chance < world.faults.commit_twice + world.faults.commit_unknown then
    local first, err = guarded(self, "transaction", call)
    if first == nil and err ~= nil then
      return nil, err
    end
    world.trace:note("database", "loses the answer of a commit")
    return gone()
  end
  return guarded(self, "transaction", call)
end

--- As glacier.Database.read.
function Database:read(call)
  return guarded(self, "read", call)
end

--- As glacier.Database.rows.
function Database:rows(sql, ...)
  self.world.scheduler:check()
  if self.world:is_database_gone() then
    return gone()
  end
  return self.real:rows(sql, ...)
end

--- As glacier.Database.row.
function Database:row(sql, ...)
  self.world.scheduler:check()
  if self.world:is_database_gone() then
    return gone()
  end
  return self.real:row(sql, ...)
end

--- The connection is everybody's.
function Database.close()
end

return simulated
