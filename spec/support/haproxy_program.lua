--- Loaded by HAProxy (lua-load): tasks, an action and a service that call, and
-- a report of the tasks.

local glacier = require "glacier"
local hosted = require "spec.support.hosted"
local hosted_waits = require "spec.support.hosted_waits"

local core = rawget(_G, "core")
local now = core.now
local report = hosted.report

local CALLS = 5
local SEQUENCE = 30

local client = hosted.client()
report.host = client.transport.host.name

local function clock()
  local time = now()
  return time.sec + time.usec / 1e6
end

-- Here nothing else runs yet: calls block.
report.configuration_seconds, report.configuration =
  hosted.sequence(client, "fast_blocking", SEQUENCE)
report.configuration_retried = hosted.call(hosted.client({ max_attempts = 3 }), "retried")

local early = glacier.spawn(hosted.call, client, "fast")
local waited, why = pcall(early.wait, early)
report.configuration_join = not waited and why

core.register_init(function()
  report.initialisation = hosted.call(client, "fast")
end)

local gap

core.register_task(function()
  while true do
    core.msleep(5)
    if gap then
      gap.tick()
    end
  end
end)

local function run_calls_at_once()
  local http = require "glacier.core.http"
  gap = hosted.new_gap(http.monotonic)
  local began = http.monotonic()
  report.at_once = hosted.count_succeeded(hosted.spawn_calls(client, "slow", CALLS))
  report.at_once_seconds = http.monotonic() - began
  report.gap, report.ticks = gap.longest, gap.ticks
  gap = nil
end

local function close_during_call()
  local other = hosted.client()
  local tasks = hosted.spawn_calls(other, "slow", 3)
  local began = clock()
  core.msleep(50)
  other:close()
  for i, task in ipairs(tasks) do
    report["closed_" .. i] = task:wait()
  end
  report.closed_seconds = clock() - began
end

local function fail()
  report.refused = hosted.call(hosted.client({ endpoint_url = "http://127.0.0.1:1" }), "fast")
  report.retried = hosted.call(hosted.client({ max_attempts = 3 }), "retried")
  local task = glacier.spawn(function()
    hosted.call(client, "fast")
    error("later", 0)
  end)
  local ok, err = pcall(task.wait, task)
  report.raised_later = not ok and err
  -- HAProxy does not switch in coroutines that are not its own.
  report.own = coroutine.wrap(hosted.call)(client, "fast")
end

core.register_task(function()
  report.early = early:wait()
  report.yielding_seconds, report.yielding =
    hosted.sequence(client, "fast_yielding", SEQUENCE)
  run_calls_at_once()
  report.outputs = hosted.outputs(client)
  report.waits = hosted_waits.run(hosted.client)
  close_during_call()
  fail()
  hosted.finish()
end)

core.register_action("glacier_call", { "http-req" }, function(transaction)
  transaction:set_var("txn.glacier", tostring(hosted.call(client, "slow")))
end)

core.register_service("glacier_call", "http", function(applet)
  local body = tostring(hosted.call(client, "slow"))
  applet:set_status(200)
  applet:add_header("content-length", tostring(#body))
  applet:start_response()
  applet:send(body)
end)
