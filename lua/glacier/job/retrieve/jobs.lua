--- The jobs of a retrieval: the one that an earlier run has left, one of somebody
-- else's, or a new one.

local admission = require("glacier.job.retrieve.admission")
local choose = require("glacier.job.retrieve.choose")
local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local job_description = require("glacier.job_description")
local job_listing = require("glacier.job_listing")
local text = require("glacier.text")
local timestamp = require("glacier.timestamp")

local format = string.format
local max = math.max
local next, pairs, select = next, pairs, select
local time = os.time

local jobs_of = {}

-- Pauses before the looks for a job that an ended run may have started, seconds.
-- A list may lag behind, and what that run had given to the system may arrive a
-- moment later; whoever has it sent is no more, as his lock is ours. After the
-- last look, 15 s after the lock was taken, there is no such job.
local PAUSES = { 0, 1, 2, 4, 8 }

-- How often an InitiateJob that has made no job is sent, and the first pause.
local TRIES, FIRST_PAUSE = 3, 1

-- A job that was never seen may not be known everywhere yet, seconds.
local YOUNG = 15
local LOOK_AGAIN = 1

local GONE = "ResourceNotFoundException"

--- The parameters of an operation on a job.
---@param self table  a retrieval
---@param job glacier.RetrievedJob
---@return {accountId: string?, vaultName: string, jobId: string}
function jobs_of.params(self, job)
  return { accountId = self.params.accountId, vaultName = self.params.vaultName, jobId = job.id }
end

-- By the service's clock, as far as its answers told that.
local function now(self)
  return time() + (self.clock_offset or 0)
end

local function note_date(self, response)
  local headers = response.ResponseMetadata and response.ResponseMetadata.HTTPHeaders
  local date = timestamp.parse_http(headers and headers.date)
  self.clock_offset = date and date - time() or self.clock_offset
end

-- Reads the list of jobs: those about the same archive, or of inventories.
local function list(self)
  local jobs, client = {}, self.client
  local response, err = job_listing.read(function(params)
    local page, problem = client:list_jobs(params)
    problem = problem or job_listing.check(page)
    if problem then
      return nil, problem
    end
    return page
  end, self.params, function(page)
    for i = 1, #page.JobList do
      local job = page.JobList[i]
      if job.JobId and job_description.is_about(self.asked, job) then
        jobs[#jobs + 1] = job
      end
    end
  end)
  if not response then
    return nil, err
  end
  note_date(self, response)
  self.jobs = jobs
  return jobs
end

--- What is known of the output before there is a job.
---@param self table
---@return glacier.KnownOutput?
---@return glacier.Error? err  of the listing
function jobs_of.known(self)
  local jobs, err = self.jobs, nil
  if not jobs then
    jobs, err = list(self)
  end
  return jobs and admission.known(self.asked, jobs, self.params.vaultName), err
end

local function tell(self, event)
  if self.on_progress then
    self.on_progress(event)
  end
end

-- Ids that are another intent's, or of jobs that are no more.
local function known_ids(self)
  local known = {}
  for id in pairs(self.state.ended) do
    known[id] = true
  end
  return known
end

-- Notes a job of ours as the one that is waited for. It is billed: who watches
-- is told.
local function adopt(self, id, n, at)
  local state = self.state
  local ok, err = state:note("job", { n = n, id = id, at = at or now(self) }, true)
  if ok then
    tell(self, { phase = "started", job = id, jobs = state:count(), max_jobs = self.max_jobs })
  end
  return ok, err
end

-- What became of an InitiateJob of which a run has left nothing but the intent.
local function look_for_lost(self)
  local state = self.state
  local intent = state.open
  for i = 1, #PAUSES do
    local jobs
    local ok, err = self.client:sleep(PAUSES[i])
    if ok then
      jobs, err = list(self)
    end
    if not jobs then
      return nil, err
    end
    local job = choose.lost(jobs, intent, self.asked, known_ids(self))
    if job then
      return adopt(self, job.JobId, intent.n, timestamp.parse(job.CreationDate))
    end
  end
  -- Of an old one the job may have gone already.
  local is_old = now(self) - intent.at > job_description.OUTPUT_KEPT
  return state:note(is_old and "lost" or "void", { n = intent.n }, true)
end

-- A job of which a torn state knows nothing.
local function look_for_forgotten(self)
  local jobs, err = list(self)
  if not jobs then
    return nil, err
  end
  local job = choose.forgotten(jobs, self.asked, self.prefix, now(self), self.state.ended)
  if job then
    return adopt(self, job.JobId, self.state.last + 1, timestamp.parse(job.CreationDate))
  end
  self.state.was_torn = false
  return true
end

local function take_over(self)
  local jobs, err = list(self)
  if not jobs then
    return nil, err
  end
  local job = choose.living(jobs, self.asked, now(self), self.state.ended)
  if not job then
    return true
  end
  local ok
  ok, err = self.state:note("reused", { id = job.JobId })
  if ok then
    tell(self, { phase = "reused", job = job.JobId, expires = nil })
  end
  return ok, err
end

-- Why no other job is started, in the words of what ended the last one.
local function refuse(self, reason)
  local last = self.state.last_end or {}
  local why = last.why == "failed" and (last.message or "the job failed") or last.id and
    "the job " .. text.line(last.id, 300) .. " is gone" or "jobs were started"
  return errors.new("service", last.why == "failed" and "JobFailed" or GONE,
    format("%s; %s; what was fetched of it is kept", why, reason),
    { operation = "InitiateJob", sent = false, in_doubt = false, cause = self.cause,
      description = self.cause and self.cause.description })
end

-- Whether another job may be started at all.
local function check_count(self)
  local count = self.state:count()
  if self.state.last_end and self.renew == "never" then
    return refuse(self, "renew = \"never\" starts no other")
  elseif count >= self.max_jobs then
    return refuse(self, format("%d of max_jobs = %d were started for this target, as its state " ..
      "'%s' says", count, self.max_jobs, text.line(self.state.path, 500)))
  end
end

-- What has to be right before a job is billed.
local function admit(self)
  local err = check_count(self)
  if err then
    return nil, err
  end
  local known = admission.known(self.asked, self.jobs or {}, self.params.vaultName)
  if self.options.require == "tree_hash" and not self.wanted then
    err = admission.check_proof(self.asked, known)
    if err then
      return nil, err
    end
  end
  -- What was fetched has its place already.
  if known.size and not self.state.has_fetched then
    return admission.check_room(self.client, self.options.path, known.size)
  end
  return true
end

-- What is sent. The token is the job's name for us, where it needs none of the
-- caller's.
local function request_of(self)
  local asked, request = {}, {}
  for name, value in next, self.asked do
    asked[name] = value
  end
  local has_description = (asked.Description or "") ~= ""
  if not has_description then
    asked.Description = self.prefix .. digest.uuid()
  end
  for name, value in next, self.params do
    request[name] = value
  end
  request.jobParameters = asked
  return request, {
    at = now(self), Description = asked.Description, SNSTopic = asked.SNSTopic, Tier = asked.Tier,
    token = not has_description and "1" or nil,
  }
end

-- What an InitiateJob that failed has come to: true where it has made a job all
-- the same, false where it may be sent again.
local function recover(self, err, try)
  local state = self.state
  local ok, problem
  if err.in_doubt and err.sent then
    ok = look_for_lost(self)
    if not ok then
      return nil, err -- the next run looks for it
    end
  else
    ok, problem = state:note("void", { n = state.open.n })
  end
  if ok and not state.job then
    if not err.retryable or try == TRIES then
      return nil, err
    end
    ok, problem = self.client:sleep(FIRST_PAUSE * 2 ^ (try - 1) * (0.5 + 0.5 * digest.random()))
  end
  return ok and state.job ~= nil, problem
end

local function start(self)
  local state = self.state
  local ok, err = admit(self)
  if not ok then
    return nil, err
  end
  local request, intent = request_of(self)
  local try, made = 0, false
  repeat
    local n, response
    try = try + 1
    n, err = state:intend(intent)
    if n then
      -- What is sent again within a call is so after one look at the list of
      -- jobs, which may lag behind: here it is looked at for longer.
      response, err = self.client:initiate_job(request, { max_attempts = 1, reconcile = false })
    end
    if response then
      made, err = adopt(self, response.jobId, n)
    elseif n then
      made, err = recover(self, err, try)
    end
  until made or err
  return made, err
end

--- The job whose output is to be fetched.
---@param self table
---@return glacier.RetrievedJob?
---@return glacier.Error? err
function jobs_of.next(self)
  local state = self.state
  local ok, err = true, nil
  if state.open then
    ok, err = look_for_lost(self)
  end
  if ok and not state.job and state.was_torn then
    ok, err = look_for_forgotten(self)
  end
  if ok and not state.job and self.reuse then
    ok, err = take_over(self)
  end
  if ok and not state.job then
    ok, err = start(self)
  end
  return ok and state.job or nil, err
end

local function is_young(self, job)
  local age = job.at and now(self) - job.at
  return age and not job.was_seen and age >= 0 and age < YOUNG
end

-- Waits once. That the service knows the job is noted when it first says so.
local function wait_once(self, job)
  local client, failed = self.client, nil
  local description, err = client:wait_job(jobs_of.params(self, job), {
    interval = self.options.interval,
    timeout = self.deadline and max(self.deadline - client:now(), 0.001) or nil,
    on_progress = function(event)
      if event.status and not job.was_seen then
        job.was_seen = true
        failed = select(2, self.state:note("seen", { id = job.id }))
      end
      tell(self, event)
    end,
  })
  return not failed and description or nil, failed or err
end

--- Waits for a job.
---@param self table
---@param job glacier.RetrievedJob
---@return table? description
---@return glacier.Error? err
function jobs_of.wait(self, job)
  local description, err, slept
  repeat
    slept = true
    description, err = wait_once(self, job)
    local again = err and err.code == GONE and is_young(self, job)
    if again then
      slept, err = self.client:sleep(LOOK_AGAIN)
    end
  until not again or not slept
  return description, err
end

--- What an error of waiting for a job, or of fetching its output, leads to.
---@param self table
---@param job glacier.RetrievedJob
---@param err glacier.Error
---@return boolean goes_on
---@return glacier.Error? err
function jobs_of.ended(self, job, err)
  local has_failed = err.code == "JobFailed"
  if not has_failed and err.code ~= GONE then
    return false, err
  end
  local ok, problem = self.state:note("ended",
    { id = job.id, why = has_failed and "failed" or "gone", message = err.message })
  self.cause = err
  if not ok then
    return false, problem
  elseif has_failed and not job.is_reused then
    return false, err
  end
  -- It is read again: it may still tell of the job.
  self.jobs = nil
  return true
end

return jobs_of
