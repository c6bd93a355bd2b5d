--- Several functions at a time, each of which may wait as a call does. Hosts
-- with a loop have tasks for that. Elsewhere they are coroutines of ours, a
-- group: while all of them wait, one wait of the host serves them all.

local frame = require("glacier.host.frame")
local protected = require("glacier.host.protected")
local scheduler = require("glacier.host.scheduler")
local waiting = require("glacier.host.waiting")

local error, pairs, running, setmetatable = error, pairs, coroutine.running, setmetatable
local max, min = math.max, math.min

local together = {}

-- Seconds between two calls of `tick`, at the most.
local TICK_SECONDS = 0.5

-- Seconds until those are looked at that the one wait does not serve: who
-- waits for another engine, and who waits for what is no transfer at all.
local OTHER_ENGINE_SECONDS, GLANCE_SECONDS = 0.02, 0.1

---@class glacier.Group
---@field host glacier.Host
---@field scheduler glacier.Scheduler  of its members
---@field served table<any, integer>  engine -> the turn in which it was waited for last
---@field left integer  how many have not ended
---@field raised table?  {what} one of them, or what serves them, raised first
local Group = {}
Group.__index = Group

local function remember(self, err)
  self.raised = self.raised or { err }
end

-- Once one has raised all others do.
local function go_on(self, broken)
  if self.raised then
    error(self.raised[1], 0)
  end
  return broken
end

--- As host.await, for a member.
---@param is_ready fun(): boolean
---@param deadline number?
---@return boolean
function Group:await(is_ready, deadline)
  local now = self.host.now
  go_on(self, self.scheduler:park(function()
    return is_ready() or deadline ~= nil and now() >= deadline
  end, deadline))
  return is_ready()
end

--- As host.wait, for a member.
---@param engine any
---@param limit number?
---@param transfer any
---@return true|nil
---@return table? failure
function Group:wait(engine, limit, transfer)
  local now = self.host.now
  local deadline = limit and now() + limit
  local failure
  if deadline then
    failure = self.scheduler:park(function()
      return transfer:done() or now() >= deadline
    end, deadline, engine)
  else
    failure = self.scheduler:wait(engine, transfer)
  end
  failure = go_on(self, failure)
  if failure then
    return nil, failure
  end
  return true
end

-- The engine that was not waited for the longest, of those some wait for.
local function next_engine(self)
  local served, engine, count = self.served, nil, 0
  for each in pairs(self.scheduler.waiting) do
    count = count + 1
    if not engine or (served[each] or 0) < (served[engine] or 0) then
      engine = each
    end
  end
  if count > 1 then
    self.turn = self.turn + 1
    served[engine] = self.turn
  end
  return engine, count
end

-- What the one wait is for: an engine some wait for, and until when. Of
-- transfers the engine knows the time-outs; those that wait for what is no
-- transfer are few.
local function next_wait(self)
  local now = self.host.now()
  local limit = max(self.ticks_at - now, 0)
  local engine, count = next_engine(self)
  if count > 1 then
    limit = min(limit, OTHER_ENGINE_SECONDS)
  end
  for _, entry in pairs(self.scheduler.parked) do
    if not entry.engine then
      limit = min(limit, GLANCE_SECONDS)
    end
    if entry.deadline then
      limit = min(limit, max(entry.deadline - now, 0))
    end
  end
  return engine, limit
end

-- Waits for all of them at once; the caller may be a member of another group.
local function serve(self)
  local engine, limit = next_wait(self)
  if not engine then
    waiting.sleep(self.host, limit, function()
      return false
    end)
    return
  end
  local ok, failure = waiting.wait(self.host, engine, limit, self)
  if not ok then
    self.scheduler:break_off(failure, engine)
  end
end

--- Hosts ask this of what they wait for.
---@return boolean
function Group:done()
  return self.scheduler:has_ready()
end

local function tick(self)
  local now = self.host.now()
  if now >= self.ticks_at then
    self.ticks_at = now + TICK_SECONDS
    local ok, err = protected.call(self.tick)
    if not ok then
      remember(self, err)
    end
  end
end

local function drive(self)
  while self.left > 0 do
    if self.raised then
      self.scheduler:break_off(self.raised)
    end
    local ready = self.scheduler:take_ready()
    for i = 1, #ready do
      self.scheduler:resume(ready[i])
    end
    if #ready == 0 then
      local ok, err = protected.call(serve, self)
      if not ok then
        remember(self, err)
      end
    end
    if not self.raised then
      tick(self)
    end
  end
end

local function as_group(host, functions, ticking)
  local self = setmetatable({
    host = host, left = #functions, tick = ticking,
    ticks_at = host.now() + TICK_SECONDS,
    served = {}, turn = 0,
    scheduler = scheduler.new(function() end),
  }, Group)
  local function is_stopped()
    return self.raised ~= nil
  end
  for i = 1, #functions do
    self.scheduler:spawn(function()
      waiting.join(running(), self)
      if not self.raised then
        return functions[i](is_stopped)
      end
    end, function(ok, err)
      self.left = self.left - 1
      if not ok then
        remember(self, err)
      end
    end)
  end
  drive(self)
  return self.raised
end

local function as_tasks(host, functions, ticking, at)
  local left, raised = #functions, nil
  local function is_ended()
    return left == 0
  end
  local function is_stopped()
    return raised ~= nil or frame.is_gone(at)
  end
  for i = 1, #functions do
    host.spawn(function()
      return functions[i](is_stopped)
    end, function(ok, err)
      left = left - 1
      if not ok then
        raised = raised or { err }
      end
      waiting.notify(host)
    end, { done = false })
  end
  while not waiting.await(host, is_ended, host.now() + TICK_SECONDS) do
    local ok, err = true, nil
    if not raised then
      ok, err = protected.call(ticking)
    end
    if not ok then
      raised = { err }
    end
  end
  return raised
end

local function do_nothing()
end

--- Runs functions at the same time and returns when all have ended. What the
--- first of them raises, or `ticking`, is raised after.
---@param host glacier.Host
---@param functions (fun(is_stopped: fun(): boolean))[]  is_stopped: whether one
--- has raised, or the caller is gone: then it is to end soon
---@param ticking? fun()  called about twice a second meanwhile
function together.run(host, functions, ticking)
  ticking = ticking or do_nothing
  local has_tasks = host.spawn and (host.pins_coroutines or scheduler.can_yield()) and
    not waiting.group_of(host)
  local raised
  if has_tasks then
    local at
    raised = frame.run(function(own)
      at = own
    end, function()
      return as_tasks(host, functions, ticking, at)
    end)
  else
    raised = as_group(host, functions, ticking)
  end
  if raised then
    error(raised[1], 0)
  end
end

return together
