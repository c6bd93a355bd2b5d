-- Measures; `make bench` calls it. Every figure is the median of ROUNDS, in
-- which ours and what it is compared with take turns; ratios hold where the
-- machine is noisy, digits do not.
--
--   lua bench/bench.lua BASELINE-PROGRAM SERVER-URL

local glacier = require("glacier")
local http = require("glacier.core.http")
local sigv4 = require("glacier.core.sigv4")

local BASELINE, URL = arg[1], arg[2]
local ROUNDS = 7
local CREDENTIALS = {
  access_key_id = "AKIDEXAMPLE",
  secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
}
local PARAMS = {
  accountId = "-",
  vaultName = "examplevault",
  jobParameters = {
    Type = "inventory-retrieval", Format = "CSV", Description = "My inventory job",
    SNSTopic = "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example",
  },
}

local function median(numbers)
  table.sort(numbers)
  return numbers[math.ceil(#numbers / 2)]
end

-- Nanoseconds a turn.
local function time(count, work)
  local start = http.monotonic()
  for _ = 1, count do
    work()
  end
  return (http.monotonic() - start) / count * 1e9
end

local function baseline(...)
  local pipe = assert(io.popen(table.concat({ BASELINE, ... }, " ")))
  local figure = pipe:read("*n")
  pipe:close()
  return assert(figure, "the baseline failed")
end

local function compare(name, count, ours, theirs)
  local mine, others = {}, {}
  for round = 1, ROUNDS do
    mine[round] = time(count, ours)
    others[round] = theirs and theirs(count)
  end
  local figure = median(mine)
  if theirs then
    local other = median(others)
    print(("%-46s %9.2f us   bare %8.2f us   ratio %.2f"):format(
      name, figure / 1000, other / 1000, figure / other))
  else
    print(("%-46s %9.2f us"):format(name, figure / 1000))
  end
end

local function new_client(options)
  options.region, options.credentials = "us-west-2", CREDENTIALS
  return assert(glacier.client(options))
end

local signer = assert(sigv4.signer())
local request = {
  method = "POST", path = "/-/vaults/examplevault/jobs", query = "",
  headers = {
    "Host", "glacier.us-west-2.amazonaws.com", "Content-Type", "application/json",
    "x-amz-glacier-version", "2012-06-01",
  },
  body = ("x"):rep(160), region = "us-west-2", service = "glacier", time = os.time(),
  credentials = assert(sigv4.credentials(CREDENTIALS.access_key_id,
    CREDENTIALS.secret_access_key)),
}

compare("sign from Lua, key cached", 50000, function()
  signer:sign(request)
end, function(count)
  return baseline("sign", count)
end)

-- Its transport answers at once. Whatever went past that would not be answered
-- at all: nobody listens at this endpoint.
local unsent = new_client({ endpoint_url = "http://127.0.0.1:1", max_attempts = 1 })
local RESPONSE = { status = 202, reason = "Accepted", body = "", headers = {
  ["x-amz-job-id"] = "J", location = "/1/vaults/v/jobs/J", ["x-amzn-requestid"] = "R" } }
local ANSWERED = {
  done = function()
    return true
  end,
  response = function()
    return RESPONSE
  end,
}
unsent.transport.begin = function()
  return ANSWERED
end
compare("pipeline without network", 20000, function()
  assert(unsent:initiate_job(PARAMS))
end)

local client = new_client({ endpoint_url = URL })
compare("call, kept alive, loopback", 4000, function()
  assert(client:initiate_job(PARAMS))
end, function(count)
  return baseline("call", count, URL .. "/-/vaults/examplevault/jobs")
end)

compare("a new client", 200, function()
  new_client({ endpoint_url = URL }):close()
end)
