--- The host for LOVE and other programs that live in frames: in a coroutine it
-- waits until client:update(), called in each frame, lets it go on; elsewhere
-- it blocks.

local http = require("glacier.core.http")
local scheduler = require("glacier.host.scheduler")

local error, pairs = error, pairs

-- How often a join outside a coroutine looks.
local JOIN_SECONDS = 0.001

-- All of this Lua state: any client's update() drives them.
local waiters = scheduler.new(function() end)

local function update()
  if waiters:is_idle() then
    return
  end
  for engine in pairs(waiters.waiting) do
    engine:wait(0)
  end
  waiters:resume_all(waiters:take_ready())
end

local function await(is_ready, deadline)
  if not scheduler.can_yield() then
    return nil
  end
  waiters:park(function()
    return is_ready() or deadline ~= nil and http.monotonic() >= deadline
  end)
  return is_ready()
end

---@type glacier.Host
return {
  name = "love",
  await = await,
  now = http.monotonic,
  update = update,
  wait = function(engine, timeout, transfer)
    if timeout or not transfer or not scheduler.can_yield() then
      return engine:wait(timeout)
    end
    -- What can be sent now need not wait for the next frame.
    local ok, failure = engine:wait(0)
    if ok and not transfer:done() then
      waiters:wait(engine, transfer)
    end
    return ok, failure
  end,
  sleep = function(seconds)
    if not scheduler.can_yield() then
      http.sleep(seconds)
    elseif seconds > 0 then
      local due = http.monotonic() + seconds
      waiters:park(function()
        return http.monotonic() >= due
      end)
    end
  end,
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
    if scheduler.can_yield() then
      waiters:park(function()
        return task.done
      end)
    end
    while not task.done do
      if waiters:is_idle() then
        error("the task waits for nothing that update() knows of", 0)
      end
      update()
      http.sleep(task.done and 0 or JOIN_SECONDS)
    end
  end,
  closing = function(engine)
    waiters:forget(engine)
  end,
}
