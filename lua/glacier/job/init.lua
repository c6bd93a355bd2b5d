--- What a client can do beyond single calls: the life of a job. All of it goes
-- by a client's public methods.

local download = require("glacier.job.download")
local wait = require("glacier.job.wait")
local wait_jobs = require("glacier.job.wait_jobs")

local job = {
  --- Methods of a client, by name.
  methods = {
    download_job_output = download.download_job_output,
    wait_job = wait.wait_job,
    wait_jobs = wait_jobs.wait_jobs,
  },
}

return job
