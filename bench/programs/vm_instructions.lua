-- Instructions of Lua's own machine that a call's pipeline takes without the
-- network, by function: vm_instructions.lua. Prints lines "COUNT NAME" for a
-- turn.

local common = require "bench.programs.common"

local TURNS = 200

local client = common.answer_at_once(common.client "http://127.0.0.1:1")
local counts, infos = {}, {}

local function count()
  local info = debug.getinfo(2, "f")
  local called = info and info.func
  if called then
    infos[called] = infos[called] or debug.getinfo(2, "Sn")
    counts[called] = (counts[called] or 0) + 1
  end
end

for i = 1, 2 * TURNS do
  if i == TURNS + 1 then
    debug.sethook(count, "", 1)
  end
  assert(client:initiate_job(common.PARAMS))
end
debug.sethook()

local lines = {}
for called, value in pairs(counts) do
  local info = infos[called]
  local name = info.short_src .. ":" .. (info.name or "?")
  lines[name] = (lines[name] or 0) + value
end
for name, value in pairs(lines) do
  print(("%.0f %s"):format(value / TURNS, name))
end
