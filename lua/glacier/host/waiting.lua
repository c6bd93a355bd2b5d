--- Waiting for something that others bring about: the one place that knows
-- whether anybody else can go on meanwhile.

local scheduler = require("glacier.host.scheduler")

local min = math.min
local running, setmetatable = coroutine.running, setmetatable

local waiting = {}

-- Coroutine -> the group that it is a member of: see together.lua.
local groups = setmetatable({}, { __mode = "k" })

--- Makes a coroutine a member of a group, whose ways of waiting are its own.
---@param thread thread
---@param group glacier.Group
function waiting.join(thread, group)
  groups[thread] = group
end

--- The group of the code that runs now, if it waits in this host.
---@param host glacier.Host
---@return glacier.Group?
function waiting.group_of(host)
  local thread = running()
  local group = thread and groups[thread]
  return group and group.host == host and group or nil
end

--- As host.wait.
---@param host glacier.Host
---@param engine any
---@param limit number?  seconds
---@param transfer any
---@return true|nil
---@return table? failure
function waiting.wait(host, engine, limit, transfer)
  local group = waiting.group_of(host)
  if group then
    return group:wait(engine, limit, transfer)
  end
  return host.wait(engine, limit, transfer)
end

-- Seconds between two looks, growing, in a host that can only sleep.
local FIRST_STEP, LONGEST_STEP = 0.005, 0.1

-- What is left of a wait when a clock of floating point is as good as there.
local NOTHING = 1e-4

-- In a host that is a table of the user's: sleeps and looks.
local function look(host, is_ready, deadline)
  local step = FIRST_STEP
  while not is_ready() do
    local left = deadline and deadline - host.now() or step
    if left <= NOTHING then
      return false
    end
    host.sleep(min(step, left))
    step = min(2 * step, LONGEST_STEP)
  end
  return true
end

--- Waits until something is so, and lets the host go on meanwhile.
---@param host glacier.Host
---@param is_ready fun(): boolean  cheap; asked whenever anything has happened
---@param deadline number?  by the host's clock; nil: there is none
---@return boolean? ready  false: the deadline has passed; nil: nobody else can
--- go on while this one waits, so waiting is useless
function waiting.await(host, is_ready, deadline)
  if is_ready() then
    return true
  end
  local group = waiting.group_of(host)
  if group then
    return group:await(is_ready, deadline)
  elseif host.await then
    return host.await(is_ready, deadline)
  elseif scheduler.can_yield() then
    return look(host, is_ready, deadline)
  end
  return nil
end

--- Tells those who wait in a host that something has changed.
---@param host glacier.Host
function waiting.notify(host)
  if host.notify then
    host.notify()
  end
end

--- Tells those who wait that an engine is about to be closed, which ends its
-- transfers: from here on nobody may ask it anything.
---@param host glacier.Host
---@param engine any
function waiting.closing(host, engine)
  if host.closing then
    host.closing(engine)
  end
  scheduler.forget(engine)
end

--- Sleeps, unless something becomes so before.
---@param host glacier.Host
---@param seconds number
---@param is_over fun(): boolean
function waiting.sleep(host, seconds, is_over)
  if waiting.await(host, is_over, host.now() + seconds) == nil then
    host.sleep(seconds)
  end
end

return waiting
