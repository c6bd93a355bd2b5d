-- Signs from Lua, its key cached: sign.lua COUNT. Prints nanoseconds a turn.

local common = require "bench.programs.common"
local sigv4 = require "glacier.core.sigv4"

local signer = assert(sigv4.signer())
local request = {
  method = "POST", path = "/-/vaults/examplevault/jobs", query = "",
  headers = {
    "Host", "glacier.us-west-2.amazonaws.com", "Content-Type", "application/json",
    "x-amz-glacier-version", "2012-06-01",
  },
  body = ("x"):rep(160), region = "us-west-2", service = "glacier", time = 1380000000,
  credentials = assert(sigv4.credentials(common.CREDENTIALS.access_key_id,
    common.CREDENTIALS.secret_access_key)),
}

print(common.time(tonumber(arg[1]), function()
  assert(signer:sign(request))
end))
