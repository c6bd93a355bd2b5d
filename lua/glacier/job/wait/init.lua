--- client:wait_job: until a job has ended.

local options_of = require("glacier.config").options
local pace = require("glacier.job.wait.pace")
local watch = require("glacier.job.wait.watch")

local floor = math.floor
local type = type

local wait = {}

-- What on_progress is told of one job.
local function show(self, job, step)
  local description = job.description
  if description then
    local age = self:age(job)
    self.meter:set({
      status = description.StatusCode, age = floor(age), eta = pace.eta(description, age),
      next_look = self.options.interval or step,
    })
  else
    self.meter:set({ next_look = self.options.interval })
  end
end

--- Waits until a job has ended. Looks at it at once, then as it is due: every
--- 30 seconds for Expedited, else every 15 minutes, every 5 after its first 3.5
--- hours (by its CreationDate). Throttling, lost connections, a name that cannot
--- be looked up, answers of 5xx end no wait; nor does, for three hours, what had
--- been right before, such as credentials that have expired. Between two looks
--- it holds no connection, and the host goes on.
---
--- What `on_progress` raises ends the wait, and is raised: nothing is left behind.
--- So may a worker of nginx leave a wait of hours that is told to end: it raises
--- where ngx.worker.exiting().
---@param client glacier.Client
---@param params {accountId: string?, vaultName: string, jobId: string}  which job
---@param given table?  interval: seconds between two looks, in place of those;
--- timeout: seconds for all of it, 0 is none; on_progress: a function of one
--- glacier.Progress of phase "waiting", with status, age, eta and next_look
--- (seconds), told at each look and every minute; expires, once it has succeeded
---@return table? description  of the job that has succeeded, as describe_job's
---@return glacier.Error? err  kind "service", code "JobFailed", with the job's
--- StatusMessage; "ResourceNotFoundException": there is no such job, or vault;
--- kind "timeout", code "DeadlineExceededError": its time is over; kind
--- "cancelled": the client was closed; other errors of describe_job as they are.
--- err.description: the job, where that is known
function wait.wait_job(client, params, given)
  local options, problem = options_of.judge(given, watch.KNOWN, "#2 to 'wait_job'", 2)
  if not options then
    return nil, problem
  end
  local self = watch.new(client, options)
  local job = { id = type(params) == "table" and params.jobId }
  local result, err, looks
  repeat
    local description
    description, err = self:ask("describe_job", params)
    if description then
      self:succeed()
      self:note(job, description)
      result, err = watch.judge(job)
    end
    if not result and not err then
      local step = job.description and pace.step(job.description, self:age(job))
      show(self, job, step)
      looks, err = self:pause(step)
      err = err or not looks and self:out_of_time(job) or nil
    end
  until result or err
  if result then
    self.meter:set({ status = result.StatusCode, age = floor(self:age(job)), eta = 0,
      expires = pace.expires(result) })
  end
  self.meter:finish(err)
  return result, err
end

return wait
