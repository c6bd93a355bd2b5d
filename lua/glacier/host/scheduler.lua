--- Coroutines that wait until something is so, for hosts that resume them from
-- a loop of their own.

local coroutine, debug = coroutine, debug
local running, status, yield = coroutine.running, coroutine.status, coroutine.yield
local error, next, pairs, setmetatable, tostring, type =
  error, next, pairs, setmetatable, tostring, type
local sort = table.sort

---@class glacier.Scheduler
---@field parked table<thread, table>  those that wait and are asked whether they can go on
---@field expected table<any, table<number, table>>  engine -> number of a transfer -> who
--- waits for it: the engine tells which of them can go on, and the others are not asked
---@field told table[]  those of whom an engine has told since take_ready
---@field waiting table<any, integer>  engine -> how many wait for one of its transfers
---@field ended table<thread, function>  those begun here, and whom their end is told
---@field nudge fun()  has the host look soon for those that can go on
local Scheduler = {}
Scheduler.__index = Scheduler

local scheduler = {}

-- All there are: an engine tells but once that a transfer has ended, and whoever
-- asks it first is to pass that on.
local schedulers = setmetatable({}, { __mode = "k" })

--- Whether the code that runs now can be suspended. A program may run its main
-- coroutine as one that could yield, but nobody would resume that.
---@return boolean
function scheduler.can_yield()
  local thread, is_main = running()
  if not thread or is_main then
    return false
  end
  return not coroutine.isyieldable or coroutine.isyieldable()
end

---@param nudge fun()
---@return glacier.Scheduler
function scheduler.new(nudge)
  local self = setmetatable({
    parked = {},
    expected = {},
    told = {},
    expectations = 0, -- how many those are
    looks = 0, -- since they were last looked through for the dead
    waiting = {},
    ended = setmetatable({}, { __mode = "k" }),
    nudge = nudge,
    count = 0,
  }, Scheduler)
  schedulers[self] = true
  return self
end

-- False where somebody else is told of that transfer, or the engine tells of none.
local function expect(self, entry)
  local engine, number = entry.engine, entry.transfer
  local numbers = self.expected[engine] or {}
  if not number or numbers[number] then
    return false
  end
  self.expected[engine] = numbers
  numbers[number] = entry
  self.expectations = self.expectations + 1
  return true
end

local function is_expected(self, entry)
  local numbers = entry.transfer and self.expected[entry.engine]
  return numbers and numbers[entry.transfer] == entry
end

local function enter(self, entry)
  local waiting, engine = self.waiting, entry.engine
  entry.waits = true
  if engine then
    waiting[engine] = (waiting[engine] or 0) + 1
  end
  if not expect(self, entry) then
    self.parked[entry.thread] = entry
  end
end

local function leave(self, entry)
  local waiting, engine = self.waiting, entry.engine
  if not entry.waits then
    return
  end
  entry.waits = false
  if is_expected(self, entry) then
    local numbers = self.expected[engine]
    numbers[entry.transfer] = nil
    self.expectations = self.expectations - 1
    if next(numbers) == nil then
      self.expected[engine] = nil
    end
  else
    self.parked[entry.thread] = nil
  end
  if engine and waiting[engine] then
    waiting[engine] = waiting[engine] > 1 and waiting[engine] - 1 or nil
  end
end

local function can_go_on(entry)
  return entry.broken ~= nil or entry.is_ready(entry)
end

-- Anybody may resume a coroutine too early, and of two that can go on the first
-- may take what the second was to go on with: it waits on.
local function suspend(self, entry)
  self.count = self.count + 1
  entry.number = self.count
  entry.thread = running()
  entry.suspended = true
  repeat
    if not entry.waits then
      enter(self, entry)
    end
    yield()
  until can_go_on(entry)
  entry.suspended = false
  leave(self, entry)
  return entry.broken
end

--- Suspends this coroutine until something is so.
---@param is_ready fun(): boolean
---@param deadline number?  when that comes to be so by itself, at the latest: by
--- a clock of the caller's
---@param engine any?  the one for whose sake this waits
---@return any broken  why it was ended before, see break_off
function Scheduler:park(is_ready, deadline, engine)
  return suspend(self, { is_ready = is_ready, deadline = deadline, engine = engine })
end

local function has_ended(entry)
  return entry.object:done()
end

--- Suspends this coroutine until a transfer has ended.
---@param engine any
---@param transfer any
---@param armed? fun(engine: any)  called before it waits
---@return any broken  why it was ended before, see break_off
function Scheduler:wait(engine, transfer, armed)
  if armed then
    armed(engine)
  end
  -- Of one that is done already the engine may have told before.
  local is_told = type(transfer) == "userdata" and not transfer:done()
  return suspend(self, { engine = engine, transfer = is_told and transfer:number(),
    object = transfer, is_ready = has_ended })
end

--- Whether nobody waits.
---@return boolean
function Scheduler:is_idle()
  return next(self.parked) == nil and self.expectations == 0
end

-- From now on an entry is asked itself.
local function ask(self, entry)
  self.parked[entry.thread] = entry
  self.expectations = self.expectations - 1
end

--- Forgets an engine that is about to be closed: its transfers have ended then.
---@param engine any
---@return boolean  whether anybody waited for it
function Scheduler:forget(engine)
  local waited = self.waiting[engine] ~= nil
  self.waiting[engine] = nil
  for _, entry in pairs(self.expected[engine] or {}) do
    ask(self, entry)
  end
  self.expected[engine] = nil
  return waited
end

--- As Scheduler:forget, for all schedulers there are.
---@param engine any
function scheduler.forget(engine)
  for each in pairs(schedulers) do
    each:forget(engine)
  end
end

--- Ends waits before their time: those for an engine, or all.
---@param reason any  what they return
---@param engine any?
function Scheduler:break_off(reason, engine)
  for each, numbers in pairs(self.expected) do
    if engine == nil or each == engine then
      for _, entry in pairs(numbers) do
        ask(self, entry)
      end
      self.expected[each] = nil
    end
  end
  for _, entry in pairs(self.parked) do
    if engine == nil or entry.engine == engine then
      entry.broken = reason
    end
  end
end

local function by_number(a, b)
  return a.number < b.number
end

local function is_dead(entry)
  return status(entry.thread) == "dead"
end

local function tell(self, engine, number)
  local numbers = self.expected[engine]
  local entry = numbers and numbers[number]
  if entry then
    self.told[#self.told + 1] = entry
  end
end

-- Has the engines tell, and passes on what concerns others, too.
local function listen(self)
  for engine in pairs(self.expected) do
    local news = engine:news()
    for i = 1, #news do
      for each in pairs(schedulers) do
        tell(each, engine, news[i])
      end
    end
  end
end

-- Those whose transfers the engines told of.
local function add_told(self, ready)
  local told = self.told
  if #told > 0 then
    self.told = {}
    for i = 1, #told do
      if is_expected(self, told[i]) and can_go_on(told[i]) then
        ready[#ready + 1] = told[i]
      end
    end
  end
end

-- Those whose coroutine is no more: looked for so seldom that it costs each
-- look as much as one of those who wait.
local function add_dead(self, ready)
  self.looks = self.looks + 1
  if self.looks >= self.expectations then
    self.looks = 0
    for _, numbers in pairs(self.expected) do
      for _, entry in pairs(numbers) do
        if is_dead(entry) then
          ready[#ready + 1] = entry
        end
      end
    end
  end
end

--- Whether there is anybody to be taken out.
---@return boolean
function Scheduler:has_ready()
  listen(self)
  for i = 1, #self.told do
    if can_go_on(self.told[i]) then
      return true
    end
  end
  for _, entry in pairs(self.parked) do
    if can_go_on(entry) then
      return true
    end
  end
  return false
end

--- Takes out those that can go on, in the order in which they came.
---@return table[]  for resume
function Scheduler:take_ready()
  local ready = {}
  for _, entry in pairs(self.parked) do
    if is_dead(entry) or can_go_on(entry) then
      ready[#ready + 1] = entry
    end
  end
  listen(self)
  add_told(self, ready)
  add_dead(self, ready)
  for i = 1, #ready do
    leave(self, ready[i])
  end
  sort(ready, by_number)
  return ready
end

-- Lua 5.1 cannot yield inside pcall, so what a coroutine raises is caught here.
local function continue(self, thread)
  local ok, err = coroutine.resume(thread)
  if ok then
    return nil
  end
  local ended = self.ended[thread]
  if not ended then
    return debug and debug.traceback(thread, tostring(err)) or tostring(err)
  end
  self.ended[thread] = nil
  ended(false, err)
  self.nudge()
end

--- Resumes one of those taken, unless somebody else did so meanwhile.
---@param entry table
---@return string? err  what it raised, if there is nobody to be told
function Scheduler:resume(entry)
  if entry.suspended and status(entry.thread) == "suspended" then
    return continue(self, entry.thread)
  end
end

--- Resumes all of those taken. What the first of them raised is raised after.
---@param ready table[]
function Scheduler:resume_all(ready)
  local raised
  for i = 1, #ready do
    local err = self:resume(ready[i])
    raised = raised or err
  end
  if raised then
    error(raised, 0)
  end
end

--- Runs a function in a coroutine, at once, until it waits for the first time.
---@param run fun(): ...
---@param ended fun(ok: boolean, ...)  told as pcall would tell
function Scheduler:spawn(run, ended)
  local thread
  local function finish(...)
    self.ended[thread] = nil
    ended(true, ...)
    self.nudge()
  end
  thread = coroutine.create(function()
    finish(run())
  end)
  self.ended[thread] = ended
  continue(self, thread)
end

return scheduler
