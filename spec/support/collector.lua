-- Calls under a collector that never rests: collector.lua MODE COUNT. The
-- service stands in the variables of the AWS tools. Prints what came of it.

local at_collections = require "spec.support.at_collections"
local digest = require "glacier.core.digest"
local file = require "glacier.core.file"
local glacier = require "glacier"
local http = require "glacier.core.http"
local lfs = require "lfs"
local process = require "glacier.core.process"
local sigv4 = require "glacier.core.sigv4"

local mode, count = arg[1], tonumber(arg[2])

local PARAMS = { vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" } }

-- Without a pause LuaJIT's collector has a step to take at each allocation, and
-- a trace that leaves for it, or for a finalizer, may begin with that allocation
-- again, for ever. The other modes run compiled code.
local function interpret()
  if rawget(_G, "jit") then
    rawget(_G, "jit").off()
  end
end

-- How the collector is set; false where this Lua has no such mode.
local MODES = {
  generational = function()
    return pcall(collectgarbage, "generational") and collectgarbage "count" > 0
  end,
  eager = function()
    interpret()
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
  -- What is public is called in a finalizer after each collection.
  finalizers = function()
    interpret()
    return true
  end,
}

local finalizers, problems = 0, {}

local seen = { done = 0, failed = 0, cancelled = 0, abandoned = 0, closed = 0 }

local function collect()
  collectgarbage((mode ~= "eager" and mode ~= "slow") and "collect" or "step")
end

-- A pause between two attempts takes no time: the clock is set forward by it.
local skipped = 0

local host = {
  now = function()
    return http.monotonic() + skipped
  end,
  sleep = function(seconds)
    collect()
    skipped = skipped + seconds
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

-- All that is public, called on the objects of the call under way.
---@param ours glacier.Client  the finalizers' own, which blocks
local function uses(ours)
  local path = os.tmpname()
  local identity = assert(sigv4.credentials("AKIDEXAMPLE", "secret", "token"))
  local request = { method = "POST", path = "/", query = "", body = "", headers = { "Host", "a" },
    region = "us-east-1", service = "glacier", time = 0, credentials = identity }
  local theirs, transfer, hasher, handle
  return function(client)
    theirs = client or theirs
  end, {
    function() theirs.signer:sign(request) end,
    function()
      local headers = theirs.signer:headers(sigv4.common(request), identity, 0, "POST", "/", "", "",
        {}, "a", "b")
      return headers[#headers]
    end,
    function() theirs.signer:explain() end,
    function() tostring(theirs) tostring(identity) identity:access_key_id() end,
    function() theirs:update() end,
    function() theirs.transport.engine:fds() end,
    function() theirs.transport.engine:timeout() end,
    function() theirs.transport.engine:active() theirs.transport.engine:forked() end,
    function() theirs.transport.engine:step {} end,
    function() theirs.transport.engine:wait(0) end,
    function()
      transfer = theirs.transport.engine:start { method = "GET", url = os.getenv "AWS_ENDPOINT_URL" }
    end,
    function() transfer:done() transfer:sent() end,
    function() transfer:cancel() end,
    function() transfer:response() end,
    function() ours:initiate_job(PARAMS) end,
    function() ours:list_jobs { vaultName = "examplevault" } end,
    function() glacier.client { region = "us-west-2" }:close() end,
    function() digest.sha256 "x" digest.sha1 "x" digest.hmac_sha256("x", "y") digest.uuid() end,
    function() digest.tree_hash "x" digest.random() end,
    function() hasher = digest.tree_hasher() hasher:update "x" end,
    function() hasher:finish() end,
    function() handle = process.start "echo text" end,
    function() handle:read() end,
    function() handle:close() end,
    function() file.replace(path, "text") file.is_special(path) os.remove(path) end,
    function() http.engine():close() http.monotonic() http.sleep(0) end,
    function() sigv4.signer():sign(request) end,
  }
end

-- Calls one of `uses` after each collection. What is closed says so.
---@return function note  is told of the client in use
---@return function stop
local function call_in_finalizers(ours)
  local note_client, list = uses(ours)
  local stop = at_collections(function()
    finalizers = finalizers + 1
    local ok, message = pcall(list[finalizers % #list + 1])
    if not ok and not tostring(message):find("it is closed", 1, true) then
      problems[#problems + 1] = tostring(message)
    end
  end)
  return note_client, stop
end

local function run()
  local client = new_client()
  local note_client, stop
  local ours = assert(glacier.client { host = "blocking" })
  if mode == "finalizers" then
    note_client, stop = call_in_finalizers(ours)
    note_client(client)
  end
  for i = 1, count do
    client = ways[ORDER[i % #ORDER + 1]](client) or client
    if note_client then
      note_client(client)
    end
    if i % 10 == 0 then
      ask_engine()
    end
  end
  if stop then
    stop()
  end
  local engine = client.transport.engine
  collectgarbage()
  collectgarbage()
  seen.active = engine:active()
  client:close()
  ours:close()
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
for i = 1, math.min(#problems, 5) do
  print(problems[i])
end
print(("done=%d failed=%d cancelled=%d abandoned=%d closed=%d active=%d descriptors=%d "
  .. "finalizers=%d problems=%d"):format(seen.done, seen.failed, seen.cancelled, seen.abandoned,
  seen.closed, seen.active or -1, descriptors() - before, finalizers, #problems))
