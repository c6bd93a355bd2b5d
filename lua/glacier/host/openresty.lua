--- The host for nginx and OpenResty: calls wait in light threads, and one
-- pump a worker and engine moves what they wait for. The pump is a timer that
-- lives while somebody waits; nothing else here outlives a request.

local ffi = require("ffi")
local semaphores = require("ngx.semaphore")

local collectgarbage, error, next, pairs, pcall, setmetatable, tonumber =
  collectgarbage, error, next, pairs, pcall, setmetatable, tonumber
local format = string.format
local max, min = math.max, math.min
local ngx = _G.ngx

-- Seconds: nginx's timers have no finer grain than the first.
local FIRST_DELAY, GROWTH, LONGEST_DELAY = 0.001, 1.3, 0.01

-- Seconds from a request on for which its answer is looked for in every turn of
-- the worker's loop: nginx's timers would make a millisecond of every moment.
-- After so many in a row that came later only each so-manieth is looked for.
local NEAR_SECONDS, MOST_LATE, LATE_LOOKS = 0.001, 4, 16

-- What nginx's timers count at the most, in seconds: some weeks.
local LONGEST_SLEEP = 2 ^ 21

-- Seconds without a sign of the pump, after which a waiter starts another:
-- nginx drops a timer where too many are running, and tells nobody.
local PATIENCE = 1

-- Seconds for which waiters look for themselves where that has come about.
local UNPUMPED_SECONDS = 10

local YIELDING = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true,
  preread = true, ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true,
}

-- Seconds that may pass in a row before the worker's loop has its turn.
local LONGEST_TURN = 0.004

-- The clock that nginx's timers go by, read anew: were it nginx that did that,
-- timers would come due that were set a moment ago, amid the running of those
-- that are, and sockets would have no turn. Names of our own, as others may have
-- declared them with other types.
ffi.cdef([[
typedef struct { long seconds; long nanoseconds; } glacier_timespec;
int glacier_clock_gettime(int clock, glacier_timespec *now) __asm__("clock_gettime");
]])
local CLOCK_MONOTONIC = ({ Linux = 1, BSD = 4, OSX = 6 })[ffi.os] or 1
local timespec = ffi.new("glacier_timespec")

local host = { name = "openresty" }

-- When the worker's loop had its turn the last time that it is known of.
local turned_at = 0

-- Engine -> pump. A pump must not hold its engine, or neither would ever go.
local pumps = setmetatable({}, { __mode = "k" })

-- Those that wait until something is so -> {is_ready=, semaphore=}.
local awaiting = {}

-- Task -> what only its light thread or timer holds, and so goes with it.
local lives = setmetatable({}, { __mode = "k" })

-- How much of the garbage is looked through each time that a waiter wonders
-- whether the task it waits for is gone.
local COLLECTED_KILOBYTES = 1000

--- A semaphore of nginx's, with nothing in it.
function host.new_semaphore()
  local semaphore, err = semaphores.new(0)
  if not semaphore then
    error(err, 0)
  end
  return semaphore
end

--- Seconds of a clock that only goes forward.
function host.now()
  ffi.C.glacier_clock_gettime(CLOCK_MONOTONIC, timespec)
  return tonumber(timespec.seconds) + tonumber(timespec.nanoseconds) / 1e9
end

-- Semaphores wake each other without the loop, but a timer comes by it.
local function take_turn(seconds)
  ngx.sleep(max(seconds, FIRST_DELAY))
  turned_at = host.now()
end

--- Lets the loop have its turn, unless it had it just now: for who could go on
--- and on, because what he reads is always there.
function host.breathe()
  if host.now() - turned_at > LONGEST_TURN then
    take_turn(FIRST_DELAY)
  end
end

--- Lets the worker go on with others for a time, which may take more than one
-- of nginx's timers. A time that is no number is none.
---@param seconds number
function host.sleep(seconds)
  local due = host.now() + seconds
  while seconds > 0 do
    take_turn(min(seconds, LONGEST_SLEEP))
    seconds = due - host.now()
  end
end

--- Why no call can wait in this phase.
---@return string? obstacle  names the phase
function host.check()
  local phase = ngx.get_phase()
  if not YIELDING[phase] then
    return format("no call can wait in nginx's phase '%s': make it in rewrite, access, content " ..
      "or a timer, or give the client host = \"blocking\", which holds up the whole worker", phase)
  end
end

local function pump_of(engine)
  local pump = pumps[engine]
  if not pump then
    pump = {
      waiters = {}, -- transfer -> {semaphore=, since=}
      transfers = {}, count = 0, -- number -> transfer: of those; how many
      looks = 0, -- since all were looked through
      sleeper = host.new_semaphore(), turn = 0, delay = FIRST_DELAY, late = 0,
      near_until = 0,
    }
    pumps[engine] = pump
  end
  return pump
end

local function add_waiter(pump, transfer)
  local waiter = { semaphore = host.new_semaphore(), since = host.now() }
  pump.waiters[transfer], pump.transfers[transfer:number()] = waiter, transfer
  pump.count = pump.count + 1
  return waiter
end

local function remove_waiter(pump, transfer)
  if pump.waiters[transfer] then
    pump.waiters[transfer], pump.transfers[transfer:number()] = nil, nil
    pump.count = pump.count - 1
  end
end

-- Who does not wait on its semaphore although it never was woken is gone, with
-- its request.
---@return boolean  whether it was woken
local function settle_one(pump, transfer)
  local waiter = pump.waiters[transfer]
  local is_done = transfer:done()
  if is_done then
    remove_waiter(pump, transfer)
    pump.late = host.now() - waiter.since > NEAR_SECONDS and pump.late + 1 or 0
    waiter.semaphore:post()
  elseif waiter.semaphore:count() >= 0 then
    remove_waiter(pump, transfer)
    transfer:cancel()
  end
  return is_done
end

-- Wakes those whose transfer has ended, as the engine tells. All are looked
-- through where it is closed, and for those who are gone: so seldom that it
-- costs each look as much as one of those who wait.
---@return boolean  whether there was any
local function settle(pump, engine)
  local settled = false
  pump.looks = pump.looks + 1
  if pump.is_closed or pump.looks >= pump.count then
    pump.looks = 0
    for transfer in pairs(pump.waiters) do
      settled = settle_one(pump, transfer) or settled
    end
  end
  local news = pump.is_closed and {} or engine:news()
  for i = 1, #news do
    local transfer = pump.transfers[news[i]]
    settled = transfer and settle_one(pump, transfer) or settled
  end
  return settled
end

-- Lets the worker's loop have one turn, and no more. The timer, of no time, is
-- run in the next one, and the semaphore comes behind all timers of that: one
-- set amid their running would be run among them, and sockets had no turn.
local function turn_once(pump)
  local turned = pump.turned or host.new_semaphore()
  pump.turned = turned
  if not (ngx.timer.at(0, function()
    turned:post()
  end) and turned:wait(PATIENCE)) then
    pump.near_until, pump.turned = 0, nil
  end
end

local function rest(pump, is_busy)
  if host.now() < pump.near_until then
    pump.delay = FIRST_DELAY
    turn_once(pump)
  else
    pump.delay = is_busy and FIRST_DELAY or min(pump.delay * GROWTH, LONGEST_DELAY)
    if pump.sleeper:wait(pump.delay) then
      take_turn(FIRST_DELAY) -- it was woken, perhaps by one whom it has just woken
    end
  end
  turned_at = host.now()
end

-- A closed engine has no transfer that has not ended: it is never touched,
-- because those are settled first.
local function run_pump(_, pump, engine, turn)
  pump.begun = turn
  repeat
    pump.seen = host.now()
    local settled = settle(pump, engine)
    if next(pump.waiters) then
      engine:wait(0)
      settled = settle(pump, engine) or settled
    end
    if next(pump.waiters) then
      rest(pump, settled or engine:timeout() == 0)
    end
  until not next(pump.waiters) or pump.turn ~= turn
  if pump.turn == turn then
    pump.seen = nil
  end
end

-- Makes sure that a pump is at work, and soon; false where no timer is to be had.
local function start_pump(pump, engine)
  pump.delay = FIRST_DELAY
  pump.near_until = (pump.late < MOST_LATE or pump.late % LATE_LOOKS == 0) and
    host.now() + NEAR_SECONDS or 0
  if pump.unpumped_until and host.now() < pump.unpumped_until then
    return false
  elseif pump.seen and host.now() - pump.seen <= PATIENCE then
    if pump.sleeper:count() < 0 then
      pump.sleeper:post()
    end
    return true
  end
  pump.turn = pump.turn + 1
  pump.seen = host.now()
  if ngx.timer.at(0, run_pump, pump, engine, pump.turn) then
    return true
  end
  pump.seen = nil
  return false
end

--- Waits in the light thread that called, until the transfer has ended or
-- sooner.
---@param engine any
---@param timeout number?  seconds
---@param transfer any
---@return true
function host.wait(engine, timeout, transfer)
  local limit = min(timeout or PATIENCE, PATIENCE)
  local pump = pump_of(engine)
  engine:step() -- what can be sent is sent at once
  if transfer and transfer:done() then
    host.breathe() -- the engine may be closed meanwhile
    return true
  end
  if transfer and start_pump(pump, engine) then
    local waiter = add_waiter(pump, transfer)
    waiter.semaphore:wait(limit)
    remove_waiter(pump, transfer)
    if pump.seen and pump.begun ~= pump.turn and host.now() - pump.seen >= PATIENCE then
      pump.seen, pump.unpumped_until = nil, host.now() + UNPUMPED_SECONDS
    end
  else
    host.sleep(max(min(limit, LONGEST_DELAY), FIRST_DELAY))
    if not (transfer and transfer:done()) then
      engine:wait(0)
    end
  end
  return true
end

--- An engine is about to be closed: its transfers end then.
---@param engine any
function host.closing(engine)
  local pump = pumps[engine]
  if pump then
    pump.is_closed = true
  end
end

--- Wakes those that wait for what has come about. Who does not wait on its
--- semaphore although it never was woken is gone, with its request.
function host.notify()
  for waiter in pairs(awaiting) do
    local is_gone = waiter.semaphore:count() >= 0
    if is_gone or waiter.is_ready() then
      awaiting[waiter] = nil
      waiter.semaphore:post(1)
    end
  end
end

--- Waits until something is so.
---@param is_ready fun(): boolean
---@param deadline number?
---@return boolean
function host.await(is_ready, deadline)
  local waiter = { is_ready = is_ready, semaphore = host.new_semaphore() }
  while not is_ready() do
    local left = min(PATIENCE, deadline and deadline - host.now() or PATIENCE)
    if left <= 0 then
      return false
    end
    awaiting[waiter] = true
    waiter.semaphore:wait(max(left, FIRST_DELAY))
    awaiting[waiter] = nil
  end
  return true
end

--- Runs it in a timer, which outlives the request.
---@param run fun()
---@param failed fun(err: any)  told what it raised
---@return boolean  false where there is no timer
function host.background(run, failed)
  return (ngx.timer.at(0, function()
    local ok, err = pcall(run)
    if not ok then
      failed(err)
    end
  end)) and true or false
end

-- A coroutine belongs to the request that made it: no other may resume it.
host.pins_coroutines = true

-- A light thread that has ended is kept until its parent waits for it or has
-- ended itself. So the parent is another one, which ends at once.
local function spawn_thread(work, life)
  ngx.thread.wait(ngx.thread.spawn(function(held)
    ngx.thread.spawn(work, held)
  end, life))
end

--- Runs it in a light thread, which ends with its request; in phases that have
-- none, in a timer; where there is no timer either, at once.
---@param run fun(): ...
---@param ended fun(ok: boolean, ...)
---@param task glacier.Task
function host.spawn(run, ended, task)
  local life = {}
  lives[task] = setmetatable({ life }, { __mode = "v" })
  local function work(held)
    ended(pcall(run))
    host.notify()
    return held
  end
  if YIELDING[ngx.get_phase()] then
    spawn_thread(work, life)
  elseif ngx.get_phase() == "init" or not ngx.timer.at(0, function(_, held)
    work(held)
  end, life) then
    ended(pcall(run))
  end
end

-- Whether a task's light thread has ended with its request, amid its work.
local function is_lost(task)
  collectgarbage("step", COLLECTED_KILOBYTES)
  local life = lives[task]
  -- Counted, not looked at: this stack might go on holding it.
  return life ~= nil and #life == 0 and not task.done
end

--- Waits for a task's end, or until it is gone with its request.
---@param task glacier.Task
function host.join(task)
  local obstacle = host.check()
  if obstacle then
    error(obstacle, 3)
  end
  local function is_done()
    return task.done
  end
  while not host.await(is_done, host.now() + PATIENCE) do
    if is_lost(task) then
      return
    end
  end
end

return host
