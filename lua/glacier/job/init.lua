--- What a client can do beyond single calls: the life of a job. All of it goes
-- by a client's public methods.

local wait = require("glacier.job.wait")
local wait_jobs = require("glacier.job.wait_jobs")

local job = {
  --- Methods of a client, by name.
  methods = {
    wait_job = wait.wait_job,
    wait_jobs = wait_jobs.wait_jobs,
  },
}

return job
