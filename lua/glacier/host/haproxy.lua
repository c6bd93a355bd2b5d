--- The host for HAProxy: in tasks, actions and services it sleeps between
-- looks. Where core.msleep returns at once, as it does while HAProxy reads its
-- configuration and in coroutines that are not its own, it blocks.

local http = require("glacier.core.http")

local ceil, min = math.ceil, math.min
local error, pcall = error, pcall
local now = http.monotonic

-- `core` belongs to HAProxy.
local core = core -- luacheck: ignore 113

-- Milliseconds between looks: at first, growing by, at the most.
local FIRST, FACTOR, LAST = 1, 1.3, 10

-- What HAProxy's timers count at the most.
local LONGEST = 2 ^ 30

local JOIN_MILLISECONDS = 5

-- Sleeps that may be over at once where HAProxy does switch: one that began late,
-- and one of a millisecond that ends with the one that is under way.
local MOST_TRIES = 4

-- Whether time has passed: where it has not, HAProxy does not switch. It counts
-- from the time of its last round: where that was long ago a sleep is over at
-- once although others had their turn, and only the next ones take their time.
local function slept(milliseconds)
  local began = now()
  local tries = 0
  repeat
    core.msleep(ceil(min(milliseconds, LONGEST)))
    tries = tries + 1
  until now() > began or tries == MOST_TRIES
  return now() > began
end

local function wait(engine, timeout, transfer)
  local delay = FIRST
  if timeout or not transfer then
    return engine:wait(timeout)
  end
  local ok, failure = engine:wait(0)
  while ok and not transfer:done() do
    local passed = slept(delay)
    -- Another task may have closed the engine, which ends the transfer.
    if not transfer:done() then
      ok, failure = engine:wait(passed and 0 or delay / 1000)
    end
    delay = min(delay * FACTOR, LAST)
  end
  return ok, failure
end

local function join(task)
  while not task.done do
    if not slept(JOIN_MILLISECONDS) and not task.done then
      error("HAProxy runs no task while this waits for one", 0)
    end
  end
end

local function await(is_ready, deadline)
  while not is_ready() do
    local left = deadline and deadline - now() or 1
    if left <= 0 then
      return false
    elseif not slept(min(LAST, 1000 * left)) and not is_ready() then
      return nil
    end
  end
  return true
end

---@type glacier.Host
return {
  name = "haproxy",
  now = now,
  wait = wait,
  await = await,
  join = join,
  sleep = function(seconds)
    local due = now() + seconds
    -- One of HAProxy's timers may be too short for it. A time that is no number
    -- is over at once.
    while now() < due do
      if not slept(1000 * (due - now())) and now() < due then
        http.sleep(due - now())
      end
    end
  end,
  spawn = function(run, ended)
    core.register_task(function()
      ended(pcall(run))
    end)
  end,
  background = function(run, failed)
    core.register_task(function()
      local ok, err = pcall(run)
      if not ok then
        failed(err)
      end
    end)
    return true
  end,
}
