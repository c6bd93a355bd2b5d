--- What a client can do beyond single calls: the life of a job, and what its
-- outputs hold. All of it goes by a client's public methods.

local archive_name = require("glacier.job.archive_name")
local download = require("glacier.job.download")
local hashes = require("glacier.job.hashes")
local inventory = require("glacier.job.inventory")
local notification = require("glacier.job.notification")
local progress = require("glacier.job.progress")
local retrieve = require("glacier.job.retrieve")
local wait = require("glacier.job.wait")
local wait_jobs = require("glacier.job.wait.jobs")

return {
  --- Methods of a client, by name.
  methods = {
    download_job_output = download.download_job_output,
    retrieve = retrieve.retrieve,
    wait_job = wait.wait_job,
    wait_jobs = wait_jobs.wait_jobs,
  },
  --- Functions of the module, which need no client, by name.
  functions = {
    archive_name = archive_name.archive_name,
    inventory = inventory.inventory,
    job_from_notification = notification.job_from_notification,
    tree_hash = hashes.tree_hash,
    tree_hash_file = hashes.tree_hash_file,
    tree_hasher = hashes.tree_hasher,
  },
  --- Ready-made ones for the option on_progress.
  progress = progress,
}
