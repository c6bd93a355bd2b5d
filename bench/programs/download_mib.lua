-- Downloads so many MiB in one stream: download_mib.lua BASE-URL MIB PATH.

local common = require "bench.programs.common"

local size, path = tonumber(arg[2]) * 2 ^ 20, arg[3]
os.remove(path)
local client = common.client(arg[1])
assert(client:download_job_output({ vaultName = "v", jobId = ("%.0f"):format(size) }, {
  path = path, concurrency = 1, overwrite = true,
}))
os.remove(path)
