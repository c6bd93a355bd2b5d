--- After an attempt that leaves open whether a job was started: which job of
-- the service is this call's, if any. Several calls may ask for the same thing
-- at once, and each is to be given a job of its own.

local errors = require("glacier.errors")
local job_listing = require("glacier.job_listing")
local model = require("glacier.model")
local reconcile = require("glacier.call.reconcile")
local waiting = require("glacier.host").waiting

local max, min = math.max, math.min
local tostring = tostring

local lost = {}

-- Before a job may be sent again, ListJobs is worth these attempts at least.
local LISTING_ATTEMPTS = 3

-- Between two looks at whether whoever waits for another answer is gone.
local LOOK_SECONDS = 0.25

local function list_jobs(call)
  local operation = model.operations[call.operation.reconcile]
  return function(params)
    local response, err = call:run(operation, params, max(LISTING_ATTEMPTS, call.max_attempts))
    local problem = response and job_listing.check(response)
    if problem then
      return nil, problem
    end
    return response, err
  end
end

-- Waits until no answer to another call for the same thing is to come; nil
-- where none can come while this call waits, false where its time is over.
local function await_twins(call, listed_at)
  local shared = call.shared
  local host = shared.host
  local function is_settled()
    return shared.is_closed() or not shared.ledger:awaits_twin(call, listed_at, host.now())
  end
  local settled
  repeat
    local now = host.now()
    if call.deadline and now >= call.deadline then
      return false
    end
    settled = waiting.await(host, is_settled, min(call.deadline or now + LOOK_SECONDS,
      now + LOOK_SECONDS))
  until settled ~= false
  return settled
end

-- Of jobs that look like a call's, one that is no other call's: of several
-- calls in doubt each takes the earliest. Where the answer to another call for
-- the same thing is still to come, it may name one of these: this is settled
-- first. It cannot come while this call blocks the program; but then the other
-- was sent before, and the latest job is ours.
local function choose(call, jobs)
  local shared = call.shared
  local settled = true
  if shared.ledger:first_free(jobs) then
    settled = await_twins(call, shared.host.now())
  end
  if settled == false then
    return nil, call:out_of_time()
  end
  if not settled then
    jobs = reconcile.latest_first(jobs)
  elseif not shared.ledger:has_twin(call, shared.host.now()) then
    jobs = reconcile.by_likelihood(jobs)
  end
  local job = shared.ledger:first_free(jobs)
  if job then
    shared.ledger:give(job.JobId, shared.host.now())
  end
  return job
end

-- The job, if there is one; else an error of the listing, or where the time
-- does not last to find out.
local function look(call)
  local shared = call.shared
  local jobs, response, job, err, asked_at
  repeat
    asked_at = shared.host.now()
    jobs, response = reconcile.find({
      params = call.params,
      elapsed = function()
        return call:elapsed()
      end,
      now = shared.clock:now(),
    }, list_jobs(call))
    if not jobs then
      return nil, nil, response
    end
    job, err = choose(call, jobs)
    -- What has been taken meanwhile may have been taken in place of a job
    -- that this list does not tell yet.
  until job or err or not shared.ledger:taken_since(jobs, asked_at)
  return job, err, response
end

--- Asks the service for the job of a call that is in doubt.
---@param call glacier.Call
---@return table? result  what the call would have given
---@return glacier.Error? err  that ends the call; nil, too, where there is no
--- such job, or where this cannot be known and the call goes on all the same
function lost.find(call)
  local job, err, response = look(call)
  local failed = errors.is_error(response)
  call:log("reconcile", {
    found = job ~= nil, failed = failed, reason = failed and tostring(response) or nil,
    job_id = job and job.JobId,
  })
  if failed and call.reconcile == "strict" then
    return nil, call.cause
  elseif not job then
    return nil, err
  end
  local result = reconcile.result(job)
  result.ResponseMetadata = response.ResponseMetadata
  result.ResponseMetadata.Reconciled = true
  return result
end

return lost
