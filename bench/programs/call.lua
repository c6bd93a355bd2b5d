-- Full calls, one after the other on a connection that is kept alive:
-- call.lua BASE-URL COUNT [CA-FILE]. Prints nanoseconds a turn.

local common = require "bench.programs.common"

local client = common.client(arg[1], { ca_bundle = arg[3] })
print(common.time(tonumber(arg[2]), function()
  assert(client:initiate_job(common.PARAMS))
end))
