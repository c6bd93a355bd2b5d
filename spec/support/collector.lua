-- Calls under a collector that never rests: collector.lua MODE COUNT. The
-- service stands in the variables of the AWS tools. Prints what came of it.

local glacier = require "glacier"
local http = require "glacier.core.http"
local lfs = require "lfs"

local mode, count = arg[1], tonumber(arg[2])

local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }

-- How the collector is set; false where this Lua has no such mode.
local MODES = {
  generational = function()
    return pcall(collectgarbage, "generational") and collectgarbage "count" > 0
  end,
  eager = function()
    -- Without a pause LuaJIT's collector has a step to take at each allocation,
    -- and a trace that leaves for it may begin with that allocation again, for
    -- ever. The other modes run compiled code.
    if rawget(_G, "jit") then
      rawget(_G, "jit").off()
    end
    collectgarbage("setpause", 0)
    collectgarbage("setstepmul", 10000)
    return true
  end,
  slow = function()
    collectgarbage("setpause", 100)
    collectgarbage("setstepmul", 1)
    return true
  end,
  full = function()
    return true
  end,
}

local seen = { done = 0, failed = 0, cancelled = 0, abandoned = 0, closed = 0 }

local function collect()
  collectgarbage((mode == "full" or mode == "generational") and "collect" or "step")
end

local host = {
  now = http.monotonic,
  sleep = function(seconds)
    collect()
    http.sleep(seconds < 0.001 and seconds or 0.001)
  end,
  wait = function(engine, _, transfer)
    collect()
    coroutine.yield()
    return transfer:done() or engine:wait(0.01)
  end,
}

local function new_client()
  return assert(glacier.client { host = host, max_attempts = 2 })
end

local function note(response, err)
  collect()
  if response then
    assert(#response.jobId > 10)
    seen.done = seen.done + 1
  else
    assert(#tostring(err) > 10)
    local name = err:is "cancelled" and "cancelled" or "failed"
    seen[name] = seen[name] + 1
  end
end

local function begin(client)
  return coroutine.create(function()
    note(client:initiate_job(PARAMS))
  end)
end

local function resume(co)
  local ok, message = coroutine.resume(co)
  assert(ok, message)
  return coroutine.status(co) ~= "dead"
end

local ways = {}

function ways.whole(client)
  local co = begin(client)
  repeat until not resume(co)
end

-- A few at once, in turn.
function ways.together(client)
  local list = { begin(client), begin(client), begin(client) }
  while #list > 0 do
    for i = #list, 1, -1 do
      if not resume(list[i]) then
        table.remove(list, i)
      end
    end
  end
end

-- Left before its first step, or after it.
function ways.abandoned(client)
  local co = begin(client)
  if resume(co) and (seen.abandoned % 2 == 0 or resume(co)) then
    seen.abandoned = seen.abandoned + 1
  end
end

-- Closed by another coroutine in the middle of a call.
function ways.closed(client)
  local co = begin(client)
  local alive = resume(co)
  client:close()
  seen.closed = seen.closed + 1
  while alive do
    alive = resume(co)
  end
  return new_client()
end

local ORDER = { "whole", "whole", "abandoned", "together", "closed" }

-- What a raw engine is asked while the objects around it go away.
local function ask_engine()
  local engine = assert(http.engine())
  for _ = 1, 3 do
    engine:start { method = "GET", url = os.getenv "AWS_ENDPOINT_URL", headers = { "a", "b" } }
    engine:step(engine:fds())
    collect()
  end
  return engine:active()
end

local function run()
  local client = new_client()
  for i = 1, count do
    client = ways[ORDER[i % #ORDER + 1]](client) or client
    if i % 10 == 0 then
      ask_engine()
    end
  end
  local engine = client.transport.engine
  collectgarbage()
  collectgarbage()
  seen.active = engine:active()
  client:close()
end

local function descriptors()
  local open = 0
  for _ in lfs.dir "/proc/self/fd" do
    open = open + 1
  end
  return open
end

-- Set up once before the count, as libraries keep some descriptors for good.
ways.whole(new_client())
collectgarbage()
collectgarbage()
local before = descriptors()
seen.done = 0
if MODES[mode]() then
  run()
end
collectgarbage()
collectgarbage()
print(("done=%d failed=%d cancelled=%d abandoned=%d closed=%d active=%d descriptors=%d"):format(
  seen.done, seen.failed, seen.cancelled, seen.abandoned, seen.closed, seen.active or -1,
  descriptors() - before))
