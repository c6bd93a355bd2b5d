--- The signature alone, and a call without the network.

local harness = require "bench.harness"
local machine = require "bench.machine"

local PROGRAMS = machine.build .. "/bench/"
local AWS4 = "node bench/programs/peers/aws4_sign.js 20000"

return function()
  local signing, pipelines = {}, {}
  for i, lua in ipairs(machine.luas) do
    signing[i] = { work = "sign, key cached, " .. lua.name, bar = 2,
      command = lua.run .. "bench/programs/sign.lua 100000" }
    pipelines[i] = { work = "pipeline without network, " .. lua.name, bar = 0.35,
      command = lua.run .. "bench/programs/pipeline.lua 10000" }
  end
  harness.group { no_server = true, rows = signing, floor = {
    name = "two SHA-256, one HMAC", command = PROGRAMS .. "floor_sign 200000" } }
  harness.group { no_server = true, rows = pipelines, floor = {
    name = "npm's aws4, signing alone", command = AWS4 } }
end
