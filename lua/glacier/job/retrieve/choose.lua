--- Of the jobs of a vault: which one was made by an InitiateJob whose answer
-- nobody has noted, and which living one may be taken over. Pure.

local job_description = require("glacier.job_description")
local pace = require("glacier.job.wait.pace")
local timestamp = require("glacier.timestamp")

local next = next
local sort = table.sort
local sub = string.sub

local choose = {}

-- How far our clock may be ahead of the service's, seconds: requests that are
-- signed by a clock farther off are refused.
local LARGEST_SKEW = 900

-- An output that is kept for less than this is not taken over, seconds.
local SHORTEST_LIFE = 3600

local function created_of(job)
  return timestamp.parse(job.CreationDate)
end

--- Whether a job is there, or will be.
---@param job table  description
---@param now number  epoch seconds
---@param life number?  for which it is to be kept at least, seconds
---@return boolean
function choose.is_living(job, now, life)
  if job.StatusCode == "InProgress" then
    return true
  end
  local expires = pace.expires(job)
  return job.StatusCode == "Succeeded" and (not expires or expires > now + (life or 0))
end

-- Of what is alike, what was surely made since comes first, the earliest of it;
-- then what may be older, the latest first.
local function by_nearness(since)
  return function(a, b)
    local x, y = created_of(a), created_of(b)
    if (x >= since) ~= (y >= since) then
      return x >= since
    elseif x >= since then
      return x < y
    end
    return x > y
  end
end

--- The job that an intent has made, if it is among these.
---@param jobs table[]
---@param intent table   at, and Description, SNSTopic, Tier as they were sent;
--- token: the description is ours alone
---@param params table   jobParameters
---@param known table<string, any>  ids of jobs that are not to be taken
---@return table? job
function choose.lost(jobs, intent, params, known)
  local asked, found = {}, {}
  for name, value in next, params do
    asked[name] = value
  end
  asked.Description, asked.SNSTopic, asked.Tier =
    intent.Description, intent.SNSTopic, intent.Tier
  for i = 1, #jobs do
    local job = jobs[i]
    if intent.token and job.JobDescription == intent.Description then
      return job
    elseif not intent.token and not known[job.JobId] and created_of(job) and
        created_of(job) > intent.at - LARGEST_SKEW and job_description.matches(asked, job) then
      found[#found + 1] = job
    end
  end
  sort(found, by_nearness(intent.at - 1))
  return found[1]
end

-- The jobs that pass, what is there already first, of that what is kept the
-- longest; then the oldest.
local function best(jobs)
  sort(jobs, function(a, b)
    local a_done, b_done = a.StatusCode == "Succeeded", b.StatusCode == "Succeeded"
    if a_done ~= b_done then
      return a_done
    elseif a_done then
      return (pace.expires(a) or 0) > (pace.expires(b) or 0)
    end
    return (created_of(a) or 0) < (created_of(b) or 0)
  end)
  return jobs[1]
end

--- A living job whose output is what is asked for, whoever made it.
---@param jobs table[]
---@param params table  jobParameters
---@param now number    epoch seconds
---@param ended table<string, any>  ids of jobs that are known to be no more
---@return table? job
function choose.living(jobs, params, now, ended)
  local found = {}
  for i = 1, #jobs do
    local job = jobs[i]
    if not ended[job.JobId] and choose.is_living(job, now, SHORTEST_LIFE) and
        job_description.serves(params, job) then
      found[#found + 1] = job
    end
  end
  return best(found)
end

--- A living job of this very retrieval, of which its state has lost all.
---@param jobs table[]
---@param params table   jobParameters, with a Description of the caller's or none
---@param prefix string  with which our own descriptions begin
---@param now number     epoch seconds
---@param ended table<string, any>
---@return table? job
function choose.forgotten(jobs, params, prefix, now, ended)
  local found = {}
  for i = 1, #jobs do
    local job = jobs[i]
    local is_ours = params.Description and job_description.matches(params, job) or
      sub(job.JobDescription or "", 1, #prefix) == prefix
    if is_ours and not ended[job.JobId] and choose.is_living(job, now) then
      found[#found + 1] = job
    end
  end
  return best(found)
end

return choose
