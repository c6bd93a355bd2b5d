--- What the programs that are timed share: the specification's example of a
-- call, clients, and how turns are counted.

local glacier = require "glacier"
local http = require "glacier.core.http"

local common = {
  CREDENTIALS = {
    access_key_id = "AKIDEXAMPLE",
    secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  },
  PARAMS = {
    accountId = "-",
    vaultName = "examplevault",
    jobParameters = {
      Type = "inventory-retrieval", Format = "CSV", Description = "My inventory job",
      SNSTopic = "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example",
    },
  },
}

--- A client that asks a server of the bench.
---@param url string
---@param more table?  further options
function common.client(url, more)
  local options = { region = "us-west-2", credentials = common.CREDENTIALS, endpoint_url = url,
    max_attempts = 1 }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return assert(glacier.client(options))
end

--- A transport that answers at once: what goes past it would reach nobody.
function common.answer_at_once(client)
  local response = { status = 202, reason = "Accepted", body = "", headers = {
    ["x-amz-job-id"] = "J", location = "/1/vaults/v/jobs/J", ["x-amzn-requestid"] = "R" } }
  local exchange = {
    done = function()
      return true
    end,
    response = function()
      return response
    end,
  }
  client.transport.begin = function()
    return exchange
  end
  return client
end

--- Runs the turns, and a tenth of them before that do not count.
---@param count integer
---@param turn fun()
---@return number nanoseconds  a turn
function common.time(count, turn)
  for _ = 1, count / 10 + 1 do
    turn()
  end
  collectgarbage()
  local start = http.monotonic()
  for _ = 1, count do
    turn()
  end
  return (http.monotonic() - start) / count * 1e9
end

--- The peak of this process's memory, KiB.
---@return integer
function common.peak()
  local file = io.open "/proc/self/status"
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return tonumber(text:match "VmHWM:%s*(%d+)") or 0
end

return common
