--- Waiting for what a thread of C's does, while the host goes on.

local errors = require("glacier.errors")

local min = math.min

local task = {}

-- Seconds between two looks: the first, by how much longer each is, the longest.
local FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.001, 1.5, 0.05

--- A failure of C's as an error.
---@param failure {kind: string, code: string, message: string}
---@return glacier.Error
function task.error(failure)
  return errors.new(failure.kind, failure.code, failure.message,
    { sent = false, in_doubt = false, pid = failure.pid })
end

--- Waits until something is so, by a client's sleep.
---@param client glacier.Client
---@param is_ready fun(): boolean
---@param looked? fun()  called at each look
---@return true|nil
---@return glacier.Error? err  kind "cancelled": the client is closed
function task.await(client, is_ready, looked)
  local pause = FIRST_PAUSE
  while not is_ready() do
    local slept, err = client:sleep(pause)
    if not slept then
      return nil, err
    end
    if looked then
      looked()
    end
    pause = min(GROWTH * pause, LONGEST_PAUSE)
  end
  return true
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
