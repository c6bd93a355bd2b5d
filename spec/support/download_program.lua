--- A program that downloads one job's output, for specs that end it amid that:
-- `lua spec/support/download_program.lua URL JOB PATH PART_SIZE`. It prints its
-- process's number where the system tells it, then how it ended.

local ROOT = arg[0]:match "^(.*)spec/support/download_program%.lua$"
package.path = ROOT .. "?.lua;" .. ROOT .. "lua/?.lua;" .. ROOT .. "lua/?/init.lua;" .. package.path

local glacier = require "glacier"

local url, job, path, part_size = arg[1], arg[2], arg[3], tonumber(arg[4])
local stat = io.open "/proc/self/stat"
if stat then
  print(stat:read "*n")
  stat:close()
end
io.stdout:flush()

local client = assert(glacier.client {
  region = "us-west-2", endpoint_url = url, max_attempts = 1,
  credentials = { access_key_id = "AKIDEXAMPLE",
    secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
})
local result, err = client:download_job_output({ vaultName = "examplevault", jobId = job },
  { path = path, part_size = part_size })
print(result and result.verified or err.code, result and ("%.0f"):format(result.resumed))
