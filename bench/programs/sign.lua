-- Signs as a call does, its key cached: sign.lua COUNT. Prints nanoseconds a turn.

local common = require "bench.programs.common"
local sigv4 = require "glacier.core.sigv4"

local signer = assert(sigv4.signer())
local credentials = assert(sigv4.credentials(common.CREDENTIALS.access_key_id,
  common.CREDENTIALS.secret_access_key))
local of_client = sigv4.common {
  region = "us-west-2", service = "glacier",
  headers = { "Host", "glacier.us-west-2.amazonaws.com", "x-amz-glacier-version", "2012-06-01" },
  unsigned = { "User-Agent", "bench", "Accept-Encoding", "identity" },
}
local headers, body = { "Content-Type", "application/json" }, ("x"):rep(160)

print(common.time(tonumber(arg[1]), function()
  assert(signer:headers(of_client, credentials, 1380000000, "POST", "/-/vaults/examplevault/jobs",
    "", body, headers, "amz-sdk-invocation-id", "11111111-2222-4333-8444-555555555555",
    "amz-sdk-request", "attempt=1; max=3"))
end))
