-- A call without the network, validated, serialized, signed and parsed:
-- pipeline.lua COUNT. Prints nanoseconds a turn.

local common = require "bench.programs.common"

local client = common.answer_at_once(common.client "http://127.0.0.1:1")
print(common.time(tonumber(arg[1]), function()
  assert(client:initiate_job(common.PARAMS))
end))
