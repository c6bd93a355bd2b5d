--- What programs in other hosts share: calls against the endpoint that the spec
-- started, and a report of what came of them.

require "spec.coverage.hook" -- does nothing but while lines are counted

local glacier = require "glacier"
local http = require "glacier.core.http"

local hosted = { report = {} }

local report = hosted.report

--- A client of the spec's endpoint.
---@param more table?  further options
function hosted.client(more)
  local options = {
    region = "us-west-2",
    endpoint_url = os.getenv("GLACIER_URL"),
    credentials = {
      access_key_id = "AKIDEXAMPLE",
      secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    },
    max_attempts = 1,
  }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return assert(glacier.client(options))
end

--- Starts a job in a vault; its name says how the endpoint answers.
---@return boolean|string  true, or the error's kind and code
function hosted.call(client, vault)
  local result, err = client:initiate_job({
    accountId = "-",
    vaultName = vault,
    jobParameters = { Type = "inventory-retrieval" },
  })
  return result and type(result.jobId) == "string" or err.kind .. " " .. err.code
end

-- How many bytes of an output a sink got, which waits now and then; nil and the
-- error's code where they were others.
local function read_output(client)
  local size = 0
  local result, err = client:get_job_output({ vaultName = "output", jobId = "job" }, {
    sink = function(piece)
      if piece:sub(1, 1) ~= ("%x"):format(size % 16) then
        return nil, "the bytes are not in order"
      end
      size = size + #piece
      client:sleep(0.001)
    end,
  })
  return result and size, err and err.code
end

--- Reads two outputs at once, each in a task.
---@return integer|string bytes  of both, or the code of an error
function hosted.outputs(client)
  local first = glacier.spawn(read_output, client)
  local second, err = glacier.spawn(read_output, client):wait()
  local size, other_err = first:wait()
  return size and second and size + second or err or other_err
end

--- Several calls one after the other: seconds for each, and how many succeeded.
---@return number seconds
---@return integer succeeded
function hosted.sequence(client, vault, count)
  local succeeded = 0
  local clock = hosted.clock or http.monotonic
  local began = clock()
  for _ = 1, count do
    if hosted.call(client, vault) == true then
      succeeded = succeeded + 1
    end
  end
  return (clock() - began) / count, succeeded
end

--- Starts that many calls at once.
---@return glacier.Task[]
function hosted.spawn_calls(client, vault, count)
  local tasks = {}
  for i = 1, count do
    tasks[i] = glacier.spawn(hosted.call, client, vault)
  end
  return tasks
end

--- Waits for calls; how many succeeded.
---@param tasks glacier.Task[]
---@return integer
function hosted.count_succeeded(tasks)
  local succeeded = 0
  for _, task in ipairs(tasks) do
    if task:wait() == true then
      succeeded = succeeded + 1
    end
  end
  return succeeded
end

--- Notes the longest time between two ticks.
---@return { tick: fun(), longest: number }
function hosted.new_gap(clock)
  local gap = { longest = 0, ticks = 0 }
  function gap.tick()
    local now = clock()
    gap.longest = math.max(gap.longest, now - (gap.last or now))
    gap.last, gap.ticks = now, gap.ticks + 1
  end
  return gap
end

--- Writes the report, all at once.
function hosted.finish()
  local path = os.getenv("GLACIER_REPORT")
  local file = assert(io.open(path .. ".new", "wb"))
  for name, value in pairs(report) do
    file:write(name, "=", tostring(value), "\n")
  end
  file:close()
  assert(os.rename(path .. ".new", path))
end

return hosted
