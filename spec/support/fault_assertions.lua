--- What must hold after any fault; the specs' own `assert` is busted's.

local assert = require "luassert"
local fault_call = require "spec.support.fault_call"
local faults = require "spec.support.faults"

local fault_assertions = {}

--- The client works on, and nothing is left of it.
---@param outcome FaultOutcome
function fault_assertions.recovered(outcome)
  assert.is_true(outcome.seconds < fault_call.SECONDS, "the call took too long")
  assert.is_truthy(outcome.next, tostring(outcome.next_err))
  assert.are.equal(fault_call.JOB_ID, outcome.next.jobId)
  assert.are.equal(0, outcome.left, "descriptors are left")
end

--- How a call ended.
---@param outcome FaultOutcome
---@param expected { kind: string, code: string, attempts: integer, sent: boolean,
--- retryable: boolean }
function fault_assertions.failed(outcome, expected)
  local err = outcome.err
  assert.is_nil(outcome.response)
  assert.are.same(expected, {
    kind = err.kind, code = err.code, attempts = err.attempts, sent = err.sent,
    retryable = err.retryable,
  })
end

local function count_requests(entry, attempts)
  return entry.at == "accept" and 0 or attempts
end

--- A fault that is tried again: fails where it comes twice, and where it
-- comes `once`, as it does unless that is false, succeeds.
---@param server table
---@param case { fault: table, kind: string, code: string, sent: boolean?,
--- once: boolean?, params: table?, options: table? }
function fault_assertions.tried_again(server, case)
  local outcome = fault_call.make(server, faults.times(2, case.fault), case)
  fault_assertions.failed(outcome, {
    kind = case.kind, code = case.code, attempts = 2, sent = case.sent ~= false,
    retryable = true,
  })
  assert.are.equal(count_requests(case.fault, 2), #outcome.journal.requests)
  fault_assertions.recovered(outcome)
  if case.once == false then
    return
  end
  outcome = fault_call.make(server, { case.fault }, case)
  assert.is_truthy(outcome.response, tostring(outcome.err))
  assert.are.equal(1, outcome.response.ResponseMetadata.RetryAttempts)
  assert.are.equal(count_requests(case.fault, 1) + 1, #outcome.journal.requests)
  fault_assertions.recovered(outcome)
end

--- A fault that ends the call at once.
---@param server table
---@param case { fault: table, kind: string, code: string, sent: boolean?,
--- params: table?, options: table? }
function fault_assertions.final(server, case)
  local outcome = fault_call.make(server, { case.fault }, case)
  fault_assertions.failed(outcome, {
    kind = case.kind, code = case.code, attempts = 1, sent = case.sent ~= false,
    retryable = false,
  })
  assert.are.equal(count_requests(case.fault, 1), #outcome.journal.requests)
  fault_assertions.recovered(outcome)
end

--- What looks odd and is none: the call succeeds at once.
---@param server table
---@param case { fault: table, params: table?, options: table? }
---@param job_id string
---@return FaultOutcome
function fault_assertions.harmless(server, case, job_id)
  local outcome = fault_call.make(server, { case.fault }, case)
  assert.is_truthy(outcome.response, tostring(outcome.err))
  assert.are.equal(job_id, outcome.response.jobId)
  assert.are.equal(0, outcome.response.ResponseMetadata.RetryAttempts)
  assert.are.equal(1, #outcome.journal.requests)
  assert.are.equal("ok", outcome.journal.requests[1].signature)
  fault_assertions.recovered(outcome)
  return outcome
end

return fault_assertions
