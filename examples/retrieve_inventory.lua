-- Lists the archives of a vault by its inventory: starts an inventory job or goes
-- on with the one that it started before, waits for it (hours), saves its output
-- and prints a line an archive: its id, its size and the name that its
-- description keeps. A file that is there already is only read.
--
--   AWS_REGION=us-west-2 AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... \
--     lua examples/retrieve_inventory.lua VAULT [FILE [SECONDS]]
--
-- FILE: VAULT.inventory.json. SECONDS: between two looks at the job; without
-- them it is looked at as often as such a job needs. Its progress is shown on a
-- terminal; with PROGRESS=json in the environment it is lines of JSON.

local glacier = require("glacier")

-- By this the job of an earlier run is known.
local DESCRIPTION = "lua-glacier examples/retrieve_inventory.lua"

local function check(result, err)
  if not result then
    error(err, 0)
  end
  return result
end

local function exists(path)
  local file = io.open(path, "rb")
  return file and file:close()
end

local function progress()
  return glacier.progress[os.getenv("PROGRESS") or "terminal"]()
end

local function find_job(client, vault)
  for job in client:each("list_jobs", { vaultName = vault }) do
    if job.JobDescription == DESCRIPTION and job.StatusCode ~= "Failed" then
      return job.JobId
    end
  end
end

local function start_job(client, vault)
  local response = check(client:initiate_job({
    vaultName = vault,
    jobParameters = {
      Type = "inventory-retrieval", Format = "JSON", Description = DESCRIPTION,
    },
  }))
  return response.jobId
end

local function save_inventory(client, vault, path, interval)
  local found = find_job(client, vault)
  local id = found or start_job(client, vault)
  print((found and "going on with job " or "started job ") .. id)
  local job = { vaultName = vault, jobId = id }
  check(client:wait_job(job, { interval = interval, on_progress = progress() }))
  local saved = check(client:download_job_output(job, {
    path = path, on_progress = progress(),
  }))
  print(("%s: %d bytes, verified: %s"):format(saved.path, saved.size, saved.verified))
end

local function print_archives(path)
  local count, size = 0, 0
  for archive in glacier.inventory(path, {
    on_bad = function(row)
      io.stderr:write("left out: ", row.reason, "\n")
    end,
  }) do
    local name = glacier.archive_name(archive.ArchiveDescription) or "-"
    print(archive.ArchiveId, ("%.0f"):format(archive.Size), (name:gsub("%c", "?")))
    count, size = count + 1, size + archive.Size
  end
  print(("%d archives, %.0f bytes"):format(count, size))
end

local function main(vault, path, seconds)
  if not vault then
    error("usage: retrieve_inventory.lua VAULT [FILE [SECONDS]]", 0)
  end
  path = path or vault .. ".inventory.json"
  if not exists(path) then
    local client = check(glacier.client())
    save_inventory(client, vault, path, tonumber(seconds))
    client:close()
  end
  print_archives(path)
end

local ok, err = pcall(main, ...)
if not ok then
  io.stderr:write(tostring(err), "\n")
  os.exit(1)
end
