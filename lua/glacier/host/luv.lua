--- The host for loops of libuv: Neovim, and programs that have loaded luv. In
-- a coroutine it waits with the loop's handles; elsewhere it blocks.

local http = require("glacier.core.http")
local scheduler = require("glacier.host.scheduler")

local ceil, max, min = math.ceil, math.max, math.min
local remove = table.remove
local error, ipairs, package, pcall, rawget, setmetatable =
  error, ipairs, package, pcall, rawget, setmetatable

local vim = rawget(_G, "vim")
local uv -- from attach on

-- A timer may not run for ever.
local LONGEST_SECONDS = 1e9

-- Looked at this often where a descriptor cannot be watched.
local UNWATCHED_SECONDS = 0.01

-- How long Neovim may leave a join unlooked at; events end it sooner.
local JOIN_MILLISECONDS = 60000

local function attach()
  uv = vim and (vim.uv or vim.loop) or package.loaded.luv
end

local waiters
local watches = {} -- engine -> {timer=, pollers={...}}
local watch

-- Handles are stopped and used again, never closed: luv breaks where a program
-- ends before its loop has let go of what was closed.
local pollers = {} -- descriptor -> its handle, running or not
local spare = { timer = {}, idle = {} } -- stopped handles, by their kind

-- At the end of a Lua state finalizers run from the newest object to the oldest:
-- behind each handle stands one of these, which tells before the handle is gone
-- that it may not be touched any more.
local is_ending = false
local sentinels = {}
local SENTINEL = { __gc = function() is_ending = true end }

local function watched_over(handle)
  if handle then
    sentinels[#sentinels + 1] = setmetatable({}, SENTINEL)
  end
  return handle
end

-- A program may close all handles of its loop, those here too.
local function is_usable(handle)
  local ok, is_closing = pcall(uv.is_closing, handle)
  return ok and not is_closing
end

local function stop(handle)
  if not is_ending and is_usable(handle) then
    handle:stop()
  end
end

local function new_handle(kind)
  local handle
  repeat
    handle = remove(spare[kind])
  until not handle or is_usable(handle)
  return handle or watched_over(kind == "idle" and uv.new_idle() or uv.new_timer())
end

local function stop_timer(timer)
  if timer.is_running then
    local handles = spare[timer.kind]
    timer.is_running = false
    stop(timer.handle)
    handles[#handles + 1] = timer.handle
  end
end

-- Descriptors are closed and their numbers given anew inside a step: none may
-- be watched then.
local function disarm(engine)
  local armed = watches[engine]
  if armed then
    watches[engine] = nil
    for _, poller in ipairs(armed) do
      stop(poller)
    end
    if armed.timer then
      stop_timer(armed.timer)
    end
  end
end

-- Callbacks of Neovim's loop may not use most of the editor: the user's code
-- goes on outside them.
local function resume_all(ready)
  if not vim then
    waiters:resume_all(ready)
    return
  end
  for _, entry in ipairs(ready) do
    vim.schedule(function()
      waiters:resume_all({ entry })
    end)
  end
end

local function wake()
  resume_all(waiters:take_ready())
end

local function step(engine)
  disarm(engine)
  engine:wait(0)
  local ready = waiters:take_ready()
  if waiters.waiting[engine] then
    watch(engine)
  end
  resume_all(ready)
end

-- At once means in the next round of the loop: libuv runs timers until none is
-- due, so that one of no time that is begun anew each time would let nothing
-- else have its turn.
local function after(seconds, call)
  local kind = seconds > 0 and "timer" or "idle"
  -- A new table each time: who holds an old one is not to stop a later use.
  local timer = { kind = kind, handle = new_handle(kind), is_running = true }
  local function run()
    stop_timer(timer)
    call()
  end
  if kind == "idle" then
    timer.handle:start(run)
  else
    timer.handle:start(ceil(min(seconds, LONGEST_SECONDS) * 1000), 0, run)
  end
  return timer
end

-- Nil where the loop cannot watch it.
local function new_poller(item, call)
  local poller = pollers[item.fd]
  if not poller or not is_usable(poller) then
    poller = watched_over(uv.new_poll(item.fd))
    pollers[item.fd] = poller
  end
  if poller and poller:start((item.read and "r" or "") .. (item.write and "w" or ""), call) then
    return poller
  end
end

-- Calls step when there is something to do, `limit` seconds from now at the
-- latest. Which descriptors are ready, and which are closed (EBADF), step
-- finds out by itself.
function watch(engine, limit)
  local armed = {}
  local delay = engine:timeout() or limit
  local function call()
    if watches[engine] == armed then
      step(engine)
    end
  end
  watches[engine] = armed
  for _, item in ipairs(engine:fds()) do
    if item.read or item.write then
      local poller = new_poller(item, call)
      armed[#armed + 1] = poller
      if not poller then
        delay = min(delay or UNWATCHED_SECONDS, UNWATCHED_SECONDS)
      end
    end
  end
  if delay then
    armed.timer = after(limit and min(delay, limit) or delay, call)
  end
end

local function rewatch(engine, limit)
  disarm(engine)
  watch(engine, limit)
end

-- Once for all that ask before the loop goes on.
local nudged = false

local function nudge()
  if not is_ending and not nudged and not waiters:is_idle() then
    nudged = true
    after(0, function()
      nudged = false
      wake()
    end)
  end
end

waiters = scheduler.new(nudge)

-- Nobody else goes on meanwhile; what has ended for others is theirs when the
-- loop runs again.
local function block(engine, timeout)
  disarm(engine)
  local ok, failure = engine:wait(timeout)
  if waiters.waiting[engine] then
    watch(engine, 0)
  end
  return ok, failure
end

local function wait(engine, timeout, transfer)
  if timeout or not transfer or not scheduler.can_yield() then
    return block(engine, timeout)
  end
  waiters:wait(engine, transfer, rewatch)
  return true
end

local function sleep(seconds)
  local over = false
  if not scheduler.can_yield() then
    http.sleep(seconds)
  elseif seconds > 0 then
    uv.update_time()
    after(seconds, function()
      over = true
      wake()
    end)
    waiters:park(function()
      return over
    end)
  end
end

local function await(is_ready, deadline)
  local over = false
  local timer
  if not scheduler.can_yield() then
    return nil
  end
  if deadline then
    uv.update_time()
    timer = after(max(0, deadline - http.monotonic()), function()
      over = true
      wake()
    end)
  end
  waiters:park(function()
    return over or is_ready()
  end)
  if timer then
    stop_timer(timer)
  end
  return is_ready()
end

-- Outside a coroutine: the loop goes on until the task has ended.
local function run_until(is_done)
  while not is_done() do
    if vim then
      local _, code = vim.wait(JOIN_MILLISECONDS, is_done, 10)
      if code == -2 then
        error("the wait for the task was interrupted", 0)
      end
    elseif not uv.run("once") and not is_done() then
      error("the task waits for nothing that the loop knows of", 0)
    end
  end
  if not vim then
    -- What was closed is let go now: luv breaks where the program ends before.
    uv.run("nowait")
  end
end

---@type glacier.Host
return {
  name = "luv",
  attach = attach,
  wait = wait,
  await = await,
  notify = nudge,
  sleep = sleep,
  now = http.monotonic,
  spawn = function(run, ended)
    waiters:spawn(run, ended)
  end,
  background = function(run, failed)
    waiters:spawn(run, function(ok, err)
      if not ok then
        failed(err)
      end
    end)
    return true
  end,
  join = function(task)
    local function is_done()
      return task.done
    end
    if scheduler.can_yield() then
      waiters:park(is_done)
    else
      if vim and vim.in_fast_event() then
        error("no task can be waited for in a callback of the loop: wait in a coroutine", 3)
      end
      run_until(is_done)
    end
  end,
  closing = function(engine)
    disarm(engine)
    if waiters:forget(engine) then
      nudge()
    end
  end,
}
