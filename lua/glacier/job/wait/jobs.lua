--- client:wait_jobs: until many jobs of a vault have ended, by their list.

local errors = require("glacier.errors")
local options_of = require("glacier.config").options
local pace = require("glacier.job.wait.pace")
local validate = require("glacier.call").validate
local watch = require("glacier.job.wait.watch")

local ipairs = ipairs
local max, min = math.max, math.min

local wait_jobs = {}

local PAGE = "50"

-- Looks at single jobs that may fail before the rest of them is left for the
-- next time.
local MOST_FAILURES = 3

-- The pause is that many times as long as the look before it took, at the least:
-- the list of a vault with many jobs is long.
local PAUSES = 4

-- The parameters of wait_jobs, as those of an operation.
local TEXT = { type = "string" }
local INPUT = {
  input = {
    type = "structure",
    required = { "vaultName", "jobIds" },
    members = {
      { "accountId", TEXT }, { "vaultName", TEXT },
      { "jobIds", { type = "list", member = TEXT } },
    },
  },
}

---@class glacier.WatchedJobs
---@field watch glacier.Watch
---@field params table
---@field jobs glacier.WatchedJob[]  that have not ended
---@field by_id table<string, glacier.WatchedJob>  the same
---@field count integer              of all
---@field results table<string, table|glacier.Error>

local function new_jobs(client, params, options)
  local self = {
    watch = watch.new(client, options), params = params, jobs = {}, by_id = {}, results = {},
  }
  for _, id in ipairs(params.jobIds) do
    if not self.by_id[id] then
      local job = { id = id }
      self.by_id[id] = job
      self.jobs[#self.jobs + 1] = job
    end
  end
  self.count = #self.jobs
  return self
end

local function settle(self, job, result)
  self.results[job.id], self.by_id[job.id] = result, nil
end

local function take(self, job, description)
  self.watch:note(job, description)
  local result, err = watch.judge(job)
  if result or err then
    settle(self, job, result or err)
  end
end

-- Drops from the list what has ended, and puts those at its end that failed.
local function sweep(self, failed)
  local left, is_failed = {}, {}
  for _, job in ipairs(failed) do
    is_failed[job] = true
  end
  for _, job in ipairs(self.jobs) do
    if self.by_id[job.id] and not is_failed[job] then
      left[#left + 1] = job
    end
  end
  for _, job in ipairs(failed) do
    left[#left + 1] = job
  end
  self.jobs = left
end

local function take_page(self, page, is_listed)
  local found = 0
  for _, description in ipairs(page.JobList or {}) do
    local job = description.JobId and self.by_id[description.JobId]
    if job and not is_listed[job] then
      is_listed[job], found = true, found + 1
      take(self, job, description)
    end
  end
  return found
end

local function repeated()
  return errors.new("protocol", "PaginationError",
    "the list of jobs comes to a page again that was read",
    { operation = "ListJobs", sent = true, in_doubt = false })
end

-- A page that was promised and is refused: the list has changed, or its marker
-- has aged. It is read anew at the next time.
local function is_stale(err, marker)
  return err ~= nil and marker ~= nil and err.kind == "service" and err.status == 400 and
    err.code == "InvalidParameterValueException"
end

local function stale(err)
  return errors.new("protocol", "PaginationError",
    "the next page of the list of jobs is refused: " .. err.message,
    { operation = "ListJobs", sent = true, in_doubt = false, cause = err })
end

-- Reads the list of jobs, page by page, until all that are waited for were seen:
-- those that were, and whether it was read as far as it matters.
local function list(self)
  local params = {
    accountId = self.params.accountId, vaultName = self.params.vaultName, limit = PAGE,
  }
  local is_listed, seen, missing = {}, {}, #self.jobs
  repeat
    local page, err = self.watch:ask("list_jobs", params)
    if not page then
      if is_stale(err, params.marker) then
        err = self.watch:fail(stale(err))
      end
      return is_listed, false, err
    end
    missing = missing - take_page(self, page, is_listed)
    local marker = page.Marker ~= "" and page.Marker or nil
    if marker and seen[marker] then
      return is_listed, false, self.watch:fail(repeated())
    end
    params.marker, seen[marker or ""] = marker, true
  until not marker or missing == 0
  self.watch:succeed()
  return is_listed, true
end

-- What is wrong with one job is its result, what is wrong with all ends the wait.
local function is_own(err)
  return err.kind == "service" or err.kind == "validation"
end

-- Looks at each of those that a whole list does not show: one that was just made
-- may not be in it yet, and one that is gone is told by ResourceNotFoundException.
-- Those that could not be seen come last at the next time.
local function describe(self, is_listed)
  local failed = {}
  for _, job in ipairs(self.jobs) do
    if not is_listed[job] and #failed < MOST_FAILURES and not self.watch:is_over() then
      local description, err = self.watch:ask("describe_job", {
        accountId = self.params.accountId, vaultName = self.params.vaultName, jobId = job.id,
      })
      if description then
        take(self, job, description)
      elseif not err then
        failed[#failed + 1] = job
      elseif is_own(err) then
        settle(self, job, err)
      else
        return err
      end
    end
  end
  sweep(self, failed)
end

-- One look at all of them; the error that ends the wait.
local function look(self)
  local is_listed, is_whole, err = list(self)
  sweep(self, {})
  if err or not is_whole then
    return err
  end
  return describe(self, is_listed)
end

-- Seconds until the next look: as it is due for the job that is looked at most.
local function step_of(self, took)
  local shortest
  for _, job in ipairs(self.jobs) do
    local step = job.description and pace.step(job.description, self.watch:age(job))
    shortest = step and min(step, shortest or step) or shortest
  end
  return shortest and max(shortest, PAUSES * took)
end

local function show(self, step)
  self.watch.meter:set({
    jobs = self.count, finished = self.count - #self.jobs,
    next_look = self.watch.options.interval or step,
  })
end

--- Waits until jobs of a vault have ended, by ListJobs: one call for 50 of them.
--- Only those that a whole list does not show are looked at one by one. When, and
--- what does not end the wait: as for wait_job, by the job that is due first. A
--- list that cannot be had is read at the next time.
---@param client glacier.Client
---@param params {accountId: string?, vaultName: string, jobIds: string[]}  which jobs
---@param given table?  interval, timeout, on_progress: as for wait_job; an event
--- has jobs and finished, how many there are and how many have ended
---@return table<string, table|glacier.Error>? results  job id -> its description
--- where it has succeeded, else the error that wait_job would return: where the
--- time is over, that for each that has not ended
---@return glacier.Error? err  what is wrong with more than one job: kind
--- "validation", "ResourceNotFoundException" of the vault, access denied to
--- ListJobs, "cancelled", ...
function wait_jobs.wait_jobs(client, params, given)
  local options, err = options_of.judge(given, watch.KNOWN, "#2 to 'wait_jobs'", 2)
  if not options then
    return nil, err
  end
  local ok, problems = validate(params == nil and {} or params, INPUT, "shape")
  if not ok then
    return nil, errors.validation(problems)
  end
  local self = new_jobs(client, params, options)
  local looks = true
  while #self.jobs > 0 and looks and not err do
    local began = client:now()
    err = look(self)
    if #self.jobs > 0 and not err then
      local step = step_of(self, client:now() - began)
      show(self, step)
      looks, err = self.watch:pause(step)
    end
  end
  for _, job in ipairs(err and {} or self.jobs) do
    self.results[job.id] = self.watch:out_of_time(job)
  end
  show(self)
  self.watch.meter:finish(err)
  return not err and self.results or nil, err
end

return wait_jobs
