--- A program with luv's loop that downloads one job's output in a task, and tells
-- for how long others had to wait at the most:
-- `lua spec/support/download_luv_program.lua URL JOB PATH PART_SIZE`.

local ROOT = arg[0]:match "^(.*)spec/support/download_luv_program%.lua$"
package.path = ROOT .. "?.lua;" .. ROOT .. "lua/?.lua;" .. ROOT .. "lua/?/init.lua;" .. package.path

local glacier = require "glacier"
local uv = require "luv"

local STEP = 5 -- milliseconds

local longest, last, outcome = 0, nil, nil
local timer = uv.new_timer()
timer:start(STEP, STEP, function()
  local now = uv.hrtime() / 1e9
  longest = math.max(longest, last and now - last - STEP / 1000 or 0)
  last = now
end)

glacier.spawn(function()
  local client = assert(glacier.client {
    region = "us-west-2", endpoint_url = arg[1], max_attempts = 1, host = "luv",
    credentials = { access_key_id = "AKIDEXAMPLE",
      secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  })
  local result, err = client:download_job_output({ vaultName = "examplevault", jobId = arg[2] },
    { path = arg[3], part_size = tonumber(arg[4]) })
  outcome = result and result.verified or err.code .. ": " .. err.message
  client:close()
  timer:close()
end)
assert(not outcome, "it blocked")
uv.run()
print(("%.4f %s"):format(longest, outcome))
