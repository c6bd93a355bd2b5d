--- Waiting for what a thread of C's does, while the host goes on.

local errors = require("glacier.errors")

local waiting = require("glacier.host").waiting

local find = string.find
local min = math.min

local task = {}

-- Seconds between two looks: the first, by how much longer each is, the longest.
local FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.001, 1.5, 0.05

-- How C says that a file is locked by this very process.
local OURS = "this process has it already"

-- How much of the garbage is looked through between two tries at a lock, how
-- often at the most, and in how many rounds, where this Lua tells of their end.
local COLLECTED_KILOBYTES, MOST_STEPS, ROUNDS = 1000, 100, 3

--- A failure of C's as an error.
---@param failure {kind: string, code: string, message: string}
---@return glacier.Error
function task.error(failure)
  return errors.new(failure.kind, failure.code, failure.message,
    { sent = false, in_doubt = false, pid = failure.pid })
end

-- Looks until something is so, with pauses that grow, as long as the pauses
-- succeed.
local function look(is_ready, sleep)
  local pause = FIRST_PAUSE
  while not is_ready() do
    local slept, err = sleep(pause)
    if not slept then
      return nil, err
    end
    pause = min(GROWTH * pause, LONGEST_PAUSE)
  end
  return true
end

--- Waits until something is so, by a client's sleep.
---@param client glacier.Client
---@param is_ready fun(): boolean
---@param looked? fun()  called at each look
---@return true|nil
---@return glacier.Error? err  kind "cancelled": the client is closed
function task.await(client, is_ready, looked)
  return look(is_ready, function(pause)
    local slept, err = client:sleep(pause)
    if slept and looked then
      looked()
    end
    return slept, err
  end)
end

--- Waits until something is so that C's threads bring about soon, even where the
--- client is closed.
---@param client glacier.Client
---@param is_ready fun(): boolean
function task.settle(client, is_ready)
  look(is_ready, function(pause)
    client:settle(pause, is_ready)
    return true
  end)
end

--- Waits until something is so where there is no client, as long as somebody
--- else can go on meanwhile.
---@param host glacier.Host
---@param is_ready fun(): boolean
function task.await_in(host, is_ready)
  look(is_ready, function(pause)
    return waiting.await(host, is_ready, host.now() + pause) ~= nil
  end)
end

--- Opens a file that is locked from then. Where this process has it, that may be
--- for somebody who is gone without a word, as requests of nginx go that are
--- aborted: then it is garbage, and is looked for piece by piece.
---@param client glacier.Client
---@param open fun(path: string): any?, table?
---@param path string
---@return any? file
---@return table? failure  C's
function task.lock(client, open, path)
  local file, failure = open(path)
  local steps, rounds = 0, 0
  while failure and failure.code == "Locked" and find(failure.message, OURS, 1, true) and
    steps < MOST_STEPS and rounds < ROUNDS and client:sleep(FIRST_PAUSE) do
    steps = steps + 1
    local is_over = client:find_abandoned(COLLECTED_KILOBYTES)
    if is_over == nil then
      break
    end
    file, failure = open(path)
    rounds = is_over and rounds + 1 or rounds
  end
  return file, failure
end

--- Waits for the end of a task; the client's closing cancels it.
---@param client glacier.Client
---@param begun any?      the task, or nil where it could not begin
---@param failure table?  why not
---@param looked? fun()
---@return any? result
---@return glacier.Error? err
function task.run(client, begun, failure, looked)
  if not begun then
    return nil, task.error(failure)
  end
  local ok, err = task.await(client, function()
    return begun:done()
  end, looked)
  local result
  if ok then
    result, failure = begun:result()
    err = result == nil and task.error(failure) or nil
  end
  begun:close()
  return result, err
end

return task
