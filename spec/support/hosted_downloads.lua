--- Downloads in other hosts: what a program there does, and what came of it. It
-- requires nothing of libcurl's.

local glacier = require "glacier"

local hosted_downloads = {}

local MIB = 2 ^ 20

--- The jobs that the vault server has, and their sizes.
hosted_downloads.BIG = { id = "JOBBIG", size = 64 * MIB + 5 }
hosted_downloads.SMALL = { id = "JOBSMALL", size = 3 * MIB + 1 }
hosted_downloads.VAULT = "examplevault"

-- Bytes a second of a download that is closed amid its way, and when that is.
local SLOW, ENOUGH = 32 * MIB, 12 * MIB

-- Seconds that a loop may be held up by a write or by hashing.
local LONG = 0.01

--- Options of a client of the vault server.
---@param url string
---@return table
function hosted_downloads.options(url)
  return {
    region = "us-west-2", endpoint_url = url, max_attempts = 1,
    credentials = { access_key_id = "AKIDEXAMPLE",
      secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  }
end

--- Downloads the output of a job.
---@param client glacier.Client
---@param job {id: string, size: number}
---@param options table
---@return string outcome  "tree_hash 4" (what is proved, and the parts), or the
--- error's kind and code
---@return table? result
function hosted_downloads.fetch(client, job, options)
  local result, err = client:download_job_output(
    { vaultName = hosted_downloads.VAULT, jobId = job.id }, options)
  if not result then
    return err.kind .. " " .. err.code .. " " .. err.message
  end
  return result.verified .. " " .. result.parts, result
end

-- Seconds that this thread was ready to run and another had its core; 0 where
-- the system does not tell.
local function read_delay()
  local file = io.open "/proc/thread-self/schedstat"
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return tonumber(text and text:match "^%d+ (%d+)" or 0) / 1e9
end

--- Notes the gaps between the ticks of a host while a function runs.
---@param host table  see run
---@param report table  gets of NAME: _gap, the longest in seconds; _held, the longest
--- without what others had of the core; _late, how many were longer than 10 ms so;
--- _ticks; _seconds, of all
---@param name string
---@param call fun(): ...
---@return any ...  what it returned
local function watched(host, report, name, call)
  local began, last, last_delay = host.clock(), nil, nil
  local longest, longest_held, late, ticks = 0, 0, 0, 0
  local stop = host.ticker(function()
    local now, delay = host.clock(), read_delay()
    local gap = now - (last or now)
    local held = math.max(0, gap - (delay - (last_delay or delay)))
    last, last_delay, ticks = now, delay, ticks + 1
    longest, longest_held = math.max(longest, gap), math.max(longest_held, held)
    late = late + (held > LONG and 1 or 0)
  end)
  local first, second = call()
  stop()
  report[name .. "_gap"], report[name .. "_held"] = longest, longest_held
  report[name .. "_late"], report[name .. "_ticks"] = late, ticks
  report[name .. "_seconds"] = host.clock() - began
  return first, second
end

local function path_of(host, name)
  return host.folder .. "/" .. name
end

-- In four streams of parts that are small, and what its file comes to.
local function run_small_parts(host, report, client)
  local path = path_of(host, "parts")
  report.parts = watched(host, report, "parts", function()
    return (hosted_downloads.fetch(client, hosted_downloads.BIG,
      { path = path, part_size = 2 * MIB }))
  end)
  report.hashed = watched(host, report, "hashed", function()
    return glacier.tree_hash_file(path)
  end)
end

-- Two at the same time, by run_together inside a task.
local function run_two(host, report, client)
  local function fetching(name)
    return function()
      report[name] = hosted_downloads.fetch(client, hosted_downloads.BIG,
        { path = path_of(host, name), part_size = 16 * MIB })
    end
  end
  watched(host, report, "two", function()
    client:run_together({ fetching "first", fetching "second" })
  end)
end

-- One in each of two tasks, for one target: one of them has it.
local function run_contest(host, report, client)
  local tasks, outcomes = {}, {}
  for i = 1, 2 do
    tasks[i] = glacier.spawn(hosted_downloads.fetch, client, hosted_downloads.SMALL,
      { path = path_of(host, "contest"), part_size = MIB, max_rate = 8 * MIB })
  end
  for i = 1, 2 do
    outcomes[i] = tasks[i]:wait()
    outcomes[i] = outcomes[i]:match "^config Locked" or outcomes[i]
  end
  table.sort(outcomes)
  report.contest = table.concat(outcomes, ", ")
end

-- A client that is closed amid a download; another one goes on with it.
local function run_closed(host, report, client)
  local closing = host.client()
  local path = path_of(host, "closed")
  local outcome = watched(host, report, "closed", function()
    return (hosted_downloads.fetch(closing, hosted_downloads.BIG, {
      path = path, part_size = 4 * MIB, max_rate = SLOW,
      on_progress = function(progress)
        if progress.bytes and progress.bytes > ENOUGH then
          closing:close()
        end
      end,
    }))
  end)
  report.closed = outcome:match "^%S+ %S+"
  local again, result = watched(host, report, "resumed", function()
    return hosted_downloads.fetch(client, hosted_downloads.BIG, { path = path })
  end)
  report.resumed, report.resumed_bytes = again, result and result.resumed
end

-- As fast as it may be, and no faster.
local function run_limited(host, report, client)
  report.limited = watched(host, report, "limited", function()
    return (hosted_downloads.fetch(client, hosted_downloads.SMALL,
      { path = path_of(host, "limited"), part_size = MIB, max_rate = 4 * MIB }))
  end)
end

--- Downloads in several ways. To be called in a task of the host's.
---@param host { client: (fun(): glacier.Client), clock: (fun(): number), folder: string,
--- ticker: (fun(tick: fun()): fun()) }  ticker: calls tick each millisecond or so,
--- from the host's loop, until what it returns is called
---@param report table  gets what came of it
function hosted_downloads.run(host, report)
  local client = host.client()
  watched(host, report, "idle", function()
    client:sleep(1)
  end)
  run_small_parts(host, report, client)
  run_two(host, report, client)
  run_contest(host, report, client)
  run_closed(host, report, client)
  run_limited(host, report, client)
  client:close()
end

return hosted_downloads
