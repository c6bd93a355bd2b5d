--- A host for programs that run on cqueues, as an example of the three
-- functions that a host must have, and of `closing`, which a loop needs that
-- watches descriptors. Calls in a cqueues coroutine let the others run;
-- elsewhere they block.
--
--   local client = assert(glacier.client{ host = require "cqueues_host" })
--   queue:wrap(function()
--     local response, err = client:initiate_job{ ... }
--   end)

local condition = require("cqueues.condition")
local cqueues = require("cqueues")
local http = require("glacier.core.http")

local min = math.min
local unpack = table.unpack or unpack -- luacheck: ignore 113 143

-- The coroutine that polls for all may be given up by its program: the others
-- look for themselves this often.
local LOOK_SECONDS = 0.1

-- Of the calls that share an engine one polls for all. When anything has
-- happened it wakes the others (moved); they wake it for theirs (joined).
local engines = setmetatable({}, { __mode = "k" })

local function state_of(engine)
  engines[engine] = engines[engine] or {
    joined = condition.new(),
    moved = condition.new(),
    known = setmetatable({}, { __mode = "k" }),
  }
  return engines[engine]
end

local function poll(engine, joined, limit)
  local watched, polled = engine:fds(), { joined, min(limit, engine:timeout() or limit) }
  for _, each in ipairs(watched) do
    polled[#polled + 1] = {
      pollfd = each.fd,
      events = (each.read and "r" or "") .. (each.write and "w" or ""),
    }
  end
  cqueues.poll(unpack(polled))
  -- The next step may close descriptors, and their numbers are given anew.
  for _, each in ipairs(watched) do
    cqueues.cancel(each.fd)
  end
end

local function wait(engine, timeout, transfer)
  local limit = min(timeout or LOOK_SECONDS, LOOK_SECONDS)
  if not cqueues.running() then
    return engine:wait(timeout)
  end
  local state = state_of(engine)
  if state.polling then
    if not state.known[transfer] then
      state.known[transfer] = true
      state.joined:signal()
    end
    if state.moved:wait(limit) then
      return true
    end
  else
    state.polling = true
    state.known[transfer] = true
    poll(engine, state.joined, limit)
    state.polling = false
  end
  -- The engine may have been closed: then the transfer has ended.
  local ok, failure = true, nil
  if not transfer:done() then
    ok, failure = engine:wait(0)
  end
  state.moved:signal()
  return ok, failure
end

---@type glacier.Host
return {
  name = "cqueues",
  wait = wait,
  sleep = function(seconds)
    if cqueues.running() then
      cqueues.sleep(seconds)
    else
      http.sleep(seconds)
    end
  end,
  now = cqueues.monotime,
  -- A descriptor may not be closed while cqueues watches it.
  closing = function(engine)
    for _, each in ipairs(engine:fds()) do
      cqueues.cancel(each.fd)
    end
    state_of(engine).moved:signal()
  end,
}
