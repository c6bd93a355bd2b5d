--- Virtual time, and processes that may be killed or stand still at any boundary.
--
-- A process is a group of coroutines. Nothing runs at the same time: what a
-- coroutine does between two waits happens in no time at all. A process that
-- was killed is never resumed, and whatever it still tries raises.

local error, setmetatable, tostring = error, setmetatable, tostring
local create, resume, status, yield = coroutine.create, coroutine.resume, coroutine.status,
  coroutine.yield
local traceback = debug.traceback
local floor = math.floor

local scheduler = {}

-- Raised in a process that is killed; nothing may catch it and go on.
local KILLED = setmetatable({}, { __tostring = function() return "killed" end })

---@class spec.Process
---@field name string
---@field dead boolean
---@field paused_until number  it stands still till then

---@class spec.Scheduler
---@field now number         epoch seconds, by the service's clock
---@field current spec.Process?  whose coroutine runs
---@field boundaries integer how many there were
---@field on_boundary fun(process: spec.Process, where: string)?  decides the process's fate
---@field on_wake fun(process: spec.Process)?  called before a process's coroutine goes on
local Scheduler = {}
Scheduler.__index = Scheduler

--- A scheduler with nothing to do.
---@param start number  epoch seconds
---@return spec.Scheduler
function scheduler.new(start)
  return setmetatable({ now = start, heap = {}, count = 0, boundaries = 0 }, Scheduler)
end

local function is_before(a, b)
  return a.time < b.time or a.time == b.time and a.number < b.number
end

local function push(self, entry)
  local heap = self.heap
  local i = #heap + 1
  while i > 1 do
    local parent = floor(i / 2)
    if not is_before(entry, heap[parent]) then
      break
    end
    heap[i] = heap[parent]
    i = parent
  end
  heap[i] = entry
end

local function pop(self)
  local heap = self.heap
  local top, size = heap[1], #heap
  local last = heap[size]
  heap[size] = nil
  size = size - 1
  if size > 0 then
    local i = 1
    while 2 * i <= size do
      local child = 2 * i
      if child < size and is_before(heap[child + 1], heap[child]) then
        child = child + 1
      end
      if not is_before(heap[child], last) then
        break
      end
      heap[i] = heap[child]
      i = child
    end
    heap[i] = last
  end
  return top
end

--- Does something later. Of the same time the first told is the first done.
---@param time number  epoch seconds
---@param act fun()
function Scheduler:at(time, act)
  self.count = self.count + 1
  push(self, { time = time, number = self.count, act = act })
end

-- Goes on with a coroutine, unless its process is dead or stands still.
local function go_on(self, process, co, ...)
  if process.dead then
    return
  elseif process.paused_until > self.now then
    return self:at(process.paused_until, function()
      go_on(self, process, co)
    end)
  end
  local before_process, before_co = self.current, self.co
  self.current, self.co = process, co
  if self.on_wake then
    self.on_wake(process)
  end
  local ok, wait = resume(co, ...)
  self.current, self.co = before_process, before_co
  if not ok then
    if not process.dead then
      error(traceback(co, process.name .. ": " .. tostring(wait)), 0)
    end
  elseif status(co) ~= "dead" and type(wait) == "number" then
    self:at(self.now + wait, function()
      go_on(self, process, co)
    end)
  end
end

--- A new process, which runs nothing yet.
---@param name string
---@return spec.Process
function scheduler.process(name)
  return { name = name, dead = false, paused_until = 0 }
end

--- Starts a coroutine of a process.
---@param process spec.Process
---@param act fun()
function Scheduler:spawn(process, act)
  local co = create(act)
  self:at(self.now, function()
    go_on(self, process, co)
  end)
end

--- Raises in a process that was killed.
function Scheduler:check()
  if self.current and self.current.dead then
    error(KILLED, 0)
  end
end

--- Waits in the running coroutine.
---@param seconds number
function Scheduler:sleep(seconds)
  self:check()
  yield(seconds)
end

--- Waits in the running coroutine until `wake` is called.
---@param arrange fun(wake: fun())
function Scheduler:park(arrange)
  self:check()
  local process, co, is_woken = self.current, self.co, false
  arrange(function()
    if not is_woken then
      is_woken = true
      self:at(self.now, function()
        go_on(self, process, co)
      end)
    end
  end)
  yield("parked")
end

--- Kills the running process here and now.
function Scheduler:kill()
  self.current.dead = true
  error(KILLED, 0)
end

--- A point at which the running process may be killed or begin to stand still.
---@param where string
function Scheduler:boundary(where)
  self:check()
  self.boundaries = self.boundaries + 1
  if self.on_boundary and self.current then
    self.on_boundary(self.current, where)
    self:check()
  end
end

--- Lets time pass.
---@param is_over fun(): boolean
---@param horizon number  epoch seconds at which it must be over
---@return boolean over  false: there is nothing to do any more, or the horizon is reached
function Scheduler:run(is_over, horizon)
  while not is_over() do
    local entry = self.heap[1] and pop(self)
    if not entry or entry.time > horizon then
      return false
    end
    if entry.time > self.now then
      self.now = entry.time
    end
    entry.act()
  end
  return true
end

return scheduler
