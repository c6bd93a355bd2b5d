--- Waits for jobs in other hosts: what the endpoint answers, and what a program
-- there does. It requires nothing of libcurl's.

local glacier = require "glacier"

local hosted_waits = {}

--- What hosted_waits.run returns where all is well.
hosted_waits.EXPECTED = "Succeeded Succeeded JobFailed cancelled DeadlineExceededError"

local INTERVAL = 0.1 -- seconds
local LOOKS = 3

local function description(id, status)
  return ('{"JobId":"%s","Action":"ArchiveRetrieval","StatusCode":"%s","Tier":"Standard",'
    .. '"CreationDate":"2012-05-15T17:19:46.700Z","Completed":%s}')
    :format(id, status, tostring(status ~= "InProgress"))
end

local function answer(path, body, times)
  return { status = 200, body = body, times = times, match = { path = path } }
end

--- Entries for the endpoint's play list.
---@return table[]
function hosted_waits.entries()
  local list = '{"Marker":null,"JobList":[%s]}'
  return {
    { recording = "initiate_job/throttling", times = 1, match = { path = "/vaults/waited/jobs/slow$" } },
    answer("/vaults/waited/jobs/slow$", description("slow", "InProgress"), LOOKS),
    answer("/vaults/waited/jobs/slow$", description("slow", "Succeeded")),
    answer("/vaults/waited/jobs/never$", description("never", "InProgress"), 1000),
    answer("/vaults/listed/jobs", list:format(description("a", "InProgress") .. ","
      .. description("b", "Failed")), LOOKS),
    answer("/vaults/listed/jobs", list:format(description("a", "Succeeded"))),
  }
end

local function code_of(result, err)
  return result and result.StatusCode or err and (err.kind == "cancelled" and err.kind or err.code)
    or "nothing"
end

local function wait(client, job, options)
  return code_of(client:wait_job({ vaultName = "waited", jobId = job }, options))
end

--- Waits for jobs, several at once, in a task of the host's.
---@param make fun(): glacier.Client  a client of the endpoint, made anew
---@return string outcome
function hosted_waits.run(make)
  local client, closing = make(), make()
  local slow = glacier.spawn(wait, client, "slow", { interval = INTERVAL })
  -- At the pace of its own, that is for minutes.
  local cancelled = glacier.spawn(wait, closing, "never")
  local late = glacier.spawn(wait, client, "never", { interval = INTERVAL, timeout = 1 })
  local results, err = client:wait_jobs({ vaultName = "listed", jobIds = { "a", "b", "a" } },
    { interval = INTERVAL })
  closing:close()
  local outcome = slow:wait() .. " " .. (results and code_of(results.a) .. " " .. results.b.code
    or tostring(err)) .. " " .. cancelled:wait() .. " " .. late:wait()
  client:close()
  return outcome
end

return hosted_waits
