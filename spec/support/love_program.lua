--- Runs in LOVE as its main.lua: what a game would do in its frames, and a
-- report of it.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"
local hosted_waits = require "spec.support.hosted_waits"

local love = rawget(_G, "love")
local report = hosted.report
local clock = love.timer.getTime

local CALLS = 5
local SEQUENCE = 30
local UPDATES = 10000
local SHORT = 0.05 -- seconds

local client = hosted.client()
local updates = {} -- the seconds of each update() while calls of 1 s wait
local gap
local on_frame

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

-- Runs in love.load, outside of any coroutine.
local function block()
  report.host = client.transport.host.name
  report.blocking_seconds, report.blocking = hosted.sequence(client, "fast_blocking", SEQUENCE)
  report.joined_outside = glacier.spawn(hosted.call, client, "fast"):wait()
  local began = clock()
  for _ = 1, UPDATES do
    client:update()
  end
  report.idle_seconds = (clock() - began) / UPDATES
end

local function run_calls_at_once()
  local began = clock()
  gap, updates = hosted.new_gap(clock), {}
  report.at_once = hosted.count_succeeded(hosted.spawn_calls(client, "slow", CALLS))
  report.at_once_seconds = clock() - began
  report.gap, report.frames = gap.longest, gap.ticks
  report.waiting_seconds = median(updates)
  gap = nil
end

local function run_sequence()
  report.yielding_seconds, report.yielding =
    hosted.sequence(client, "fast_yielding", SEQUENCE)
end

-- The closed client's own update() ends it: there need be no other.
local function close_during_call()
  local other = hosted.client()
  local began = clock()
  local tasks = hosted.spawn_calls(other, "slow", 3)
  on_frame = function()
    if clock() - began > SHORT then
      other:close()
      on_frame = nil
    end
  end
  for i, task in ipairs(tasks) do
    report["closed_" .. i] = task:wait()
  end
  report.closed_seconds = clock() - began
end

local function fail()
  local other = hosted.client({ endpoint_url = "http://127.0.0.1:1" })
  report.refused = hosted.call(other, "fast")
  other:close()
  other = hosted.client({ max_attempts = 3 })
  report.retried = hosted.call(other, "retried")
  other:close()
end

local function raise_later()
  hosted.call(client, "fast")
  error("later", 0)
end

local function run()
  run_sequence()
  run_calls_at_once()
  report.outputs = hosted.outputs(client)
  report.waits = hosted_waits.run(hosted.client)
  close_during_call()
  fail()
  report.main_finished = true
end

local main, raising

function love.load()
  block()
  main = glacier.spawn(run)
end

function love.update()
  local began = clock()
  client:update()
  if gap then
    updates[#updates + 1] = clock() - began
    gap.tick()
  end
  if on_frame then
    on_frame()
  end
  if main.done and not raising then
    main:wait()
    raising = glacier.spawn(raise_later)
  elseif raising and raising.done then
    local ok, err = pcall(raising.wait, raising)
    report.raised_later = not ok and err
    client:close()
    hosted.finish()
    love.event.quit(0)
  end
end

-- Without a display nobody could read what LOVE shows of an error.
function love.errorhandler(message)
  io.stderr:write(debug.traceback(tostring(message)), "\n")
  return function()
    return 1
  end
end
