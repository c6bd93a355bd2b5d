--- What glacier.spawn gives: a function that runs without blocking the host,
-- and what came of it.

local errors = require("glacier.errors")
local hosts = require("glacier.host.choice")
local protected = require("glacier.host.protected")

local error, select, setmetatable = error, select, setmetatable
local unpack = table.unpack or unpack -- luacheck: ignore 113 143

---@class glacier.Task
---@field done boolean
local Task = {}
Task.__index = Task

local function pack(...)
  return { n = select("#", ...), ... }
end

--- Waits for the function's end, without blocking where that can be done.
---@return any ...  what it returned; what it raised is raised here, and an
--- error of kind "cancelled" where the task's host has ended it amid its work
function Task:wait()
  if not self.done then
    self.host.join(self)
  end
  if not self.done then
    error(errors.new("cancelled", "CancelledError", "the task is gone: its host has ended it"), 0)
  end
  if not self.outcome[1] then
    error(self.outcome[2], 0)
  end
  return unpack(self.outcome, 2, self.outcome.n)
end

local task = {}

-- A coroutine's wrapper rather than pcall around it: in Lua 5.1 nothing may
-- yield inside pcall, so a raise is caught by whoever resumes.
local function finish(self, ...)
  self.outcome = pack(...)
  self.done = true
end

--- Runs a function in the host of this program. Where that cannot begin a
--- coroutine the function runs at once; in a coroutine of plain Lua 5.1 what it
--- raises then is raised here.
---@param run fun(...): ...  called once, with what follows
---@param ... any  its arguments
---@return glacier.Task task  whose wait() gives what the function returns
function task.spawn(run, ...)
  local host = hosts.choose("auto") or {}
  local self = setmetatable({ done = false, host = host }, Task)
  local arguments = pack(...)
  local function call()
    return run(unpack(arguments, 1, arguments.n))
  end
  if host.spawn then
    host.spawn(call, function(...)
      finish(self, ...)
    end, self)
  else
    finish(self, protected.call(call))
  end
  return self
end

return task
