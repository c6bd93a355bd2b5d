--- client:retrieve: from the parameters of a job to its output on disk, whatever
-- ends the program in between. A state beside the target says how far it is:
-- what was asked for is on the disk before a job may be billed.

local admission = require("glacier.job.retrieve.admission")
local download = require("glacier.job.download")
local errors = require("glacier.errors")
local jobs_of = require("glacier.job.retrieve.jobs")
local options_of = require("glacier.config").options
local part_store = require("glacier.job.download.store")
local protected = require("glacier.host").protected
local state_of = require("glacier.job.retrieve.state")
local target_of = require("glacier.job.target")
local text = require("glacier.text")
local watch = require("glacier.job.wait.watch")

local error, next, setmetatable = error, next, setmetatable
local time = os.time

local retrieve = {}

local DOWNLOAD = { "path", "part_size", "concurrency", "tree_hash", "require", "overwrite",
  "max_rate" }
local WAIT = { "interval", "timeout", "on_progress" }
local USUAL_JOBS = 2

local KNOWN = {
  state = { type = "string", filled = true },
  renew = { type = "string", choices = { "when_gone", "never" } },
  max_jobs = { type = "number", minimum = 1, whole = true },
  reuse = { type = "boolean" },
}
for i = 1, #DOWNLOAD do
  KNOWN[DOWNLOAD[i]] = download.KNOWN[DOWNLOAD[i]]
end
for i = 1, #WAIT do
  KNOWN[WAIT[i]] = watch.KNOWN[WAIT[i]]
end

local function nothing()
end

-- Who watches is told when the output will be gone before it is there.
local function teller(on_progress)
  return on_progress and function(event)
    if event.eta and event.expires and not event.done then
      event.late = time() + event.eta > event.expires
    end
    on_progress(event)
  end
end

local function check_options(options)
  local ok, err = download.check_options(options)
  if ok and options.state == options.path then
    err = errors.config("Option 'state' names the target itself")
    err.sent, err.in_doubt, ok = false, false, nil
  end
  return ok, err
end

-- Only these have an output that can be fetched.
local RETRIEVALS = { ["archive-retrieval"] = true, ["inventory-retrieval"] = true }

-- Judged as a call of initiate_job, and by what a retrieval needs besides.
local function check_params(client, params)
  local ok, err = client:check_params("initiate_job", params)
  if not ok then
    return nil, err
  elseif not RETRIEVALS[(params.jobParameters or {}).Type] then
    err = errors.validation({ { path = "jobParameters.Type", message =
      "Invalid value for parameter jobParameters.Type, valid values: archive-retrieval, " ..
      "inventory-retrieval (the output of others is none to be fetched)" } })
    err.operation, err.sent, err.in_doubt = "InitiateJob", false, false
    return nil, err
  end
  return true
end

-- What is retrieved, and to which name: not how (tier, topic, description).
local function identity_of(client, params, path)
  local job = params.jobParameters
  local inventory = job.InventoryRetrievalParameters or {}
  local _, name = target_of.split(path)
  local account = params.accountId or ""
  return {
    target = name, region = client.meta.region_name, vault = params.vaultName,
    account = account ~= "" and account or "-", type = job.Type, archive = job.ArchiveId,
    range = job.RetrievalByteRange,
    format = job.Type == "inventory-retrieval" and (job.Format or "JSON") or nil,
    start_date = inventory.StartDate, end_date = inventory.EndDate, limit = inventory.Limit,
    marker = inventory.Marker,
  }
end

-- The result of a retrieval whose file is there already.
local function found(self, size, hash, verified)
  return { path = self.options.path, size = size, tree_hash = hash, verified = verified,
    parts = 0, resumed = size }
end

local function is_right(self, length, size, hash)
  return target_of.is_right(self.client, self.options.path, length, size, hash, nothing)
end

-- The file that is there, if it provably is what is asked for: by the caller's
-- hash, by what the state says that was about to get its name, by a living job.
local function existing(self, length)
  local options, proved = self.options, self.state.proved
  local hash = self.wanted
  local right, err = is_right(self, length, length, hash)
  if right then
    return found(self, length, hash, "tree_hash")
  elseif err == nil and proved and not hash then
    hash = proved.tree_hash
    right, err = is_right(self, length, proved.size, hash)
    if right then
      return found(self, length, hash, proved.verified)
    end
  end
  if err == nil and not self.wanted then
    local known
    known, err = jobs_of.known(self)
    if known and known.tree_hash and known.tree_hash ~= hash then
      hash = known.tree_hash
      right, err = is_right(self, length, known.size or length, hash)
      if right then
        return found(self, length, hash, "tree_hash")
      end
    end
  end
  if err or options.overwrite then
    return nil, err
  end
  return nil, target_of.in_the_way(options.path, hash)
end

local function fetch(self, job)
  local state, options = self.state, self.options
  if not state.has_fetched then
    local ok, err = state:note("fetching", { id = job.id })
    if not ok then
      return nil, err
    end
  end
  local given = {
    on_progress = self.on_progress,
    on_proved = function(proved)
      return state:note("proved", proved)
    end,
  }
  for i = 1, #DOWNLOAD do
    given[DOWNLOAD[i]] = options[DOWNLOAD[i]]
  end
  return self.client:download_job_output(jobs_of.params(self, job), given)
end

-- Job after job, as far as that is allowed, until one has brought the file.
local function pursue(self)
  local result, job, description, err
  repeat
    job, err = jobs_of.next(self)
    if job then
      description, err = jobs_of.wait(self, job)
    end
    if job and description then
      result, err = fetch(self, job)
    end
    local goes_on
    if job and not result then
      goes_on, err = jobs_of.ended(self, job, err)
    end
  until result or not goes_on
  return result, err
end

local function run(self)
  local length, result, err
  length, err = target_of.check(self.options.path)
  if length then
    result, err = existing(self, length)
  end
  if not result and not err and self.options.require == "tree_hash" and not self.wanted then
    err = admission.check_proof(self.asked,
      admission.known(self.asked, {}, self.params.vaultName))
  end
  if not result and not err then
    result, err = pursue(self)
  end
  local proved = self.state.proved
  if result and proved and proved.key then
    part_store.clean(self.options.path, proved.key)
  end
  if result or self.state:is_new() then
    self.state:remove()
  end
  return result, err
end

-- With a state elsewhere the target has to be locked all the same.
local function open(self, params)
  local options = self.options
  local identity = identity_of(self.client, params, options.path)
  local usual = state_of.path(options.path)
  local lock, err
  self.prefix = "lua-glacier:" .. state_of.key(identity) .. "-"
  if options.state and options.state ~= usual then
    lock, err = state_of.open(self.client, usual, identity)
    if not lock then
      return nil, err
    end
  end
  self.state, err = state_of.open(self.client, options.state or usual, identity)
  if not self.state and lock then
    lock:close()
  end
  self.lock = lock
  return self.state, err
end

local function close(self)
  if self.lock then
    if self.lock:is_new() then
      self.lock:remove()
    end
    self.lock:close()
  end
  self.state:close()
end

local function copy_of(given)
  local copy = {}
  for name, value in next, given do
    copy[name] = value
  end
  return copy
end

local function new(client, params, options)
  return setmetatable({
    client = client, options = options, params = params, asked = copy_of(params.jobParameters),
    wanted = options.tree_hash and text.lower(options.tree_hash),
    on_progress = teller(options.on_progress),
    max_jobs = options.max_jobs or USUAL_JOBS, reuse = options.reuse ~= false,
    renew = options.renew or "when_gone",
    deadline = options.timeout and options.timeout > 0 and client:now() + options.timeout or nil,
  }, nil)
end

--- Retrieves an archive, a range of it, or an inventory to a file: starts a job,
--- waits for it, downloads its output. Run again after whatever ended it, it goes
--- on where it was, with the job that it has started; it starts one only where
--- none lives that it may use, and another one where that has gone.
---
--- Before a job is billed the file's place is judged: that nothing else is there,
--- that the folder can be written to, that there is room, as far as the size is
--- known, and that nobody else is at it. A job that may have been made by a run
--- that ended before it could note that is looked for by its Description,
--- "lua-glacier:TOKEN"; where the caller has given a Description, by all of its
--- parameters and its CreationDate.
---@param client glacier.Client
---@param params table  as of initiate_job
---@param given table  path and the other options of download_job_output; interval
--- and timeout of wait_job (seconds for the waiting, in all); state: the path of
--- the state (beside the target); renew: "when_gone" (default) or "never", whether
--- a job that has gone is started again; max_jobs: InitiateJobs for this target
--- in all, counted in the state (2); reuse: whether jobs that others have started
--- may be used (true); on_progress: told of the phases of wait_job and
--- download_job_output, with late = true where the end is expected after the
--- output has expired, and of each job at once: phase "started" with job (its
--- id), jobs (how many that were) and max_jobs, or "reused" with job
---@return {path: string, size: number, tree_hash: string, verified: string,
--- parts: integer, resumed: number}?  as of download_job_output
---@return glacier.Error? err  as of initiate_job, wait_job and
--- download_job_output; code "ResourceNotFoundException" or "JobFailed" where the
--- job has gone or failed and no other may be started; "StateMismatch": the state
--- is of another retrieval; "Locked": another process is at it
function retrieve.retrieve(client, params, given)
  local options, err = options_of.judge(given, KNOWN, "#2 to 'retrieve'", 2)
  if not options then
    return nil, err
  end
  local ok
  ok, err = check_options(options)
  if ok then
    ok, err = check_params(client, params)
  end
  if ok then
    ok, err = target_of.check(options.path)
  end
  if ok == nil then
    return nil, err
  end
  local self = new(client, params, options)
  ok, err = open(self, params)
  if not ok then
    return nil, err
  end
  local done, result
  done, result, err = protected.call(run, self)
  close(self)
  if not done then
    error(result, 0)
  end
  return result, err
end

return retrieve
