--- Waits until something is so, for every waiter of the model. Knows a client
-- by its public methods only.

local call_options = require("glacier.config").call_options
local errors = require("glacier.errors")
local model = require("glacier.model")
local options_of = require("glacier.config").options
local text = require("glacier.text")

local concat = table.concat
local error, next, tostring = error, next, tostring
local format = string.format
local huge = math.huge

local waiter = {}

local KNOWN = { delay = { type = "number", minimum = 0 } }
for name, known in next, call_options.KNOWN do
  KNOWN[name] = known
end

local function entry_of(name)
  local entry = model.waiters[name]
  if not entry then
    local names = {}
    for known in next, model.waiters do
      names[#names + 1] = known
    end
    error(format("bad argument #1 to 'wait_until' (%s expected, got %s)",
      concat(text.sort(names), " or "), tostring(name)), 3)
  end
  return entry
end

-- Whether an outcome is the one that a waiter's entry names: a status, or the
-- code of an error.
local function is_outcome(wanted, response, err)
  if response then
    return response.ResponseMetadata.HTTPStatusCode == wanted
  end
  return err.kind == "service" and err.code == wanted
end

local function given_up(entry, reason, response, err)
  local said = err and "Matched expected service error code: " .. err.code or
    response and format('Matched expected HTTP status code: %d',
      response.ResponseMetadata.HTTPStatusCode)
  return errors.new("timeout", "WaiterError", format("Waiter %s failed: %s%s", entry.name, reason,
    said and ". Previously accepted state: " .. said or ""), {
    operation = model.operations[entry.operation].name, cause = err,
    sent = response ~= nil or err ~= nil and err.sent == true, in_doubt = false,
  })
end

-- Sleeps until the next call, and says how long that may take; nil and the
-- error that ends the wait, or nil alone where the time for it is over.
local function pause(client, delay, deadline)
  local slept, problem = true, nil
  if deadline and client:now() + delay >= deadline then
    return nil
  elseif delay > 0 then
    slept, problem = client:sleep(delay)
  end
  local left = deadline and deadline - client:now() or huge
  return slept and left > 0 and left or nil, problem
end

-- Whether it was the time for the wait that ended a call. A call gives up ahead of
-- it where it would have to pause for longer.
local function is_over(err, deadline)
  return err.code == "DeadlineExceededError" and deadline ~= nil and not err.too_late_to_sign
end

--- Calls an operation again and again until a waiter's outcome is there:
--- "vault_exists", "vault_not_exists". Source: the waiters of boto3.
---@param client glacier.Client
---@param name string  the waiter's, "vault_exists"
---@param params table?  the operation's
---@param given table?   delay: seconds between two calls, 3; max_attempts: how
--- many calls, 15; timeout: seconds for all of it; reconcile and sign_before as
--- for each call
---@return table|true|nil result  the last response, true where the outcome is
--- an error
---@return glacier.Error? err  kind "timeout", code "WaiterError": given up; any
--- other error of the operation as it is
function waiter.wait_until(client, name, params, given)
  local entry = entry_of(name)
  local options, problem = options_of.judge(given, KNOWN, "#3 to 'wait_until'", 2)
  if not options then
    return nil, problem
  end
  -- 0 is none, as for a client.
  local deadline = options.timeout and options.timeout > 0 and
    client:now() + options.timeout or nil
  local response, err, left
  for attempt = 1, options.max_attempts or entry.max_attempts do
    left, problem = pause(client, attempt > 1 and (options.delay or entry.delay) or 0, deadline)
    if not left then
      return nil, problem or given_up(entry, "The time for it is over", response, err)
    end
    local answer, failure = client[entry.operation](client, params, {
      timeout = deadline and left,
      reconcile = options.reconcile, sign_before = options.sign_before,
    })
    if is_outcome(entry.success, answer, failure) then
      return answer or true
    elseif failure and is_over(failure, deadline) then
      return nil, given_up(entry, "The time for it is over", response, err)
    elseif failure and not is_outcome(entry.retry, answer, failure) then
      return nil, failure
    end
    response, err = answer, failure
  end
  return nil, given_up(entry, "Max attempts exceeded", response, err)
end

return waiter
