-- Calls in a loop of libuv, such as block it and such as do not: hosted_luv.lua
-- BASE-URL COUNT. Prints nanoseconds a turn of both.

local uv = require "luv"
local common = require "bench.programs.common"
local glacier = require "glacier"

local client = common.client(arg[1])
local count = tonumber(arg[2])
local function turn()
  assert(client:initiate_job(common.PARAMS))
end

local blocking = common.time(count, turn)
local yielding
glacier.spawn(function()
  yielding = common.time(count, turn)
end)
uv.run()
if not yielding then
  error "the loop has ended before the calls"
end
print(blocking, yielding)
