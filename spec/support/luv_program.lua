--- Runs in programs with a loop of libuv, Neovim among them: what a user would
-- do there, and a report of it.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"
local hosted_waits = require "spec.support.hosted_waits"

local CALLS = 20
local SEQUENCE = 100
local SHORT = 50 -- milliseconds

local vim = rawget(_G, "vim")
if vim and os.getenv("GLACIER_UV") then
  vim.uv, vim.loop = vim.loop, nil -- as later versions name it
end
local uv = vim and (vim.uv or vim.loop) or require "luv"
local report = hosted.report

local function clock()
  return uv.hrtime() / 1e9
end

local function after(milliseconds, call)
  local timer = uv.new_timer()
  timer:start(milliseconds, 0, function()
    timer:close()
    call()
  end)
end

-- All handles made, but for this program's own: Neovim's loop has others too,
-- so it cannot be walked.
local function watch_handles()
  local handles = {}
  for _, name in ipairs({ "new_timer", "new_idle", "new_poll" }) do
    local make = uv[name]
    uv[name] = function(...)
      local handle, err, code = make(...)
      handles[#handles + 1] = handle
      return handle, err, code
    end
  end
  return handles
end

-- What is stopped is used again, and holds nothing up.
local function count_active(handles)
  local count = 0
  for _, handle in ipairs(handles) do
    count = count + (handle:is_active() and 1 or 0)
  end
  return count
end

-- Collects all garbage whenever a coroutine goes on or stops.
local function collect_always()
  local library = rawget(_G, "coroutine")
  for _, name in ipairs({ "resume", "yield" }) do
    local call = library[name]
    library[name] = function(...)
      collectgarbage()
      return call(...)
    end
  end
  local idle = uv.new_prepare()
  idle:start(collectgarbage)
  idle:unref()
end

local function run_calls_at_once(client)
  local gap = hosted.new_gap(clock)
  local ticker = uv.new_timer()
  ticker:start(5, 5, gap.tick)
  local began = clock()
  report.at_once = hosted.count_succeeded(hosted.spawn_calls(client, "slow", CALLS))
  report.at_once_seconds = clock() - began
  ticker:close()
  report.gap, report.ticks = gap.longest, gap.ticks
end

local function run_sequence(client)
  report.blocking_seconds, report.blocking = hosted.sequence(client, "fast_blocking", SEQUENCE)
  glacier.spawn(function()
    report.yielding_seconds, report.yielding = hosted.sequence(client, "fast_yielding", SEQUENCE)
  end):wait()
end

-- A call outside a coroutine blocks, while others wait for the same engine.
local function run_mixed(client)
  local task = glacier.spawn(hosted.call, client, "fast")
  report.mixed_first = task.done
  report.mixed_blocking = hosted.call(client, "late")
  report.mixed_still = task.done
  report.mixed_yielding = task:wait()
end

local function close_during_call()
  local client = hosted.client()
  local began = clock()
  local tasks = hosted.spawn_calls(client, "slow", 3)
  after(SHORT, function()
    client:close()
  end)
  for i, task in ipairs(tasks) do
    report["closed_" .. i] = task:wait()
  end
  report.closed_seconds = clock() - began
end

local function refused()
  local client = hosted.client({ endpoint_url = "http://127.0.0.1:1" })
  report.refused = glacier.spawn(hosted.call, client, "fast"):wait()
  client:close()
end

local function retried()
  local client = hosted.client({ max_attempts = 3 })
  report.retried = glacier.spawn(hosted.call, client, "retried"):wait()
  client:close()
end

local function raise(client)
  local at_once = glacier.spawn(error, "at once", 0)
  local ok, err = pcall(at_once.wait, at_once)
  report.raised_at_once = not ok and err
  local later = glacier.spawn(function()
    hosted.call(client, "fast")
    error("later", 0)
  end)
  ok, err = pcall(later.wait, later)
  report.raised_later = not ok and err
  report.nested = glacier.spawn(function()
    return glacier.spawn(hosted.call, client, "fast"):wait()
  end):wait()
end

-- Waits for jobs, while the loop goes on.
local function run_waits()
  local ticks = 0
  local ticker = uv.new_timer()
  ticker:start(10, 10, function()
    ticks = ticks + 1
  end)
  report.waits = glacier.spawn(hosted_waits.run, hosted.client):wait()
  ticker:close()
  report.wait_ticks = ticks
end

-- The user's own coroutine, and whether the user's code may do there what the
-- editor allows outside of its fast events.
local function own_coroutine(client)
  local task = { done = false }
  coroutine.wrap(function()
    task.outcome = hosted.call(client, "fast")
    task.fast = vim ~= nil and vim.in_fast_event()
    task.done = true
  end)()
  while not task.done do
    if vim then
      vim.wait(10)
    else
      uv.run("once")
    end
  end
  report.own, report.own_fast = task.outcome, task.fast
end

-- The program's end: the loop has nothing more to do.
local function leave(client, handles)
  client:close()
  if vim then
    vim.wait(SHORT)
  else
    uv.run()
  end
  report.handles = #handles
  report.handles_left = count_active(handles)
  if not vim then
    report.walked = 0
    uv.walk(function(handle)
      report.walked = report.walked + (handle:has_ref() and handle:is_active() and 1 or 0)
    end)
  end
end

local function run()
  local handles = watch_handles()
  if os.getenv("GLACIER_COLLECT") then
    collect_always()
  end
  local client = hosted.client()
  report.host = client.transport.host.name
  run_sequence(client)
  run_calls_at_once(client)
  run_mixed(client)
  report.outputs = hosted.outputs(client)
  run_waits()
  own_coroutine(client)
  close_during_call()
  refused()
  retried()
  raise(client)
  leave(client, handles)
  hosted.finish()
end

hosted.clock = clock
local ok, err = xpcall(run, debug.traceback)
if not ok then
  io.stderr:write(err, "\n")
end
os.exit(ok and 0 or 1)
