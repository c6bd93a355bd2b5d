-- Downloads a job's output of SIZE bytes to PATH, hashed as it arrives:
-- download.lua BASE-URL SIZE PATH STREAMS. Prints the milliseconds until all of
-- it is in the file, those until it is on the disk and has its name, and the
-- peak of the process's memory in KiB.

local common = require "bench.programs.common"
local http = require "glacier.core.http"

local size, path = tonumber(arg[2]), arg[3]
local client = common.client(arg[1])
local received

os.remove(path)
local start = http.monotonic()
local job = { vaultName = "v", jobId = ("%.0f"):format(size) }
local result = assert(client:download_job_output(job, {
  path = path, concurrency = tonumber(arg[4]),
  on_progress = function(progress)
    if progress.phase == "saving" then
      received = received or http.monotonic() - start
    end
  end,
}))
local published = http.monotonic() - start
assert(result.size == size)
print((received or published) * 1000, published * 1000, common.peak())
