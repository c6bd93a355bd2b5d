--- Credentials from a program: the profile's credential_process, which writes
-- them to its standard output as JSON. The host goes on while it runs.
-- Source: AWS SDKs and Tools Reference Guide, "Process credential provider".

local errors = require("glacier.errors")
local json = require("glacier.json")
local process = require("glacier.core.process")
local trim = require("glacier.text").trim

local format = string.format
local ipairs, min, type = ipairs, math.min, type

local VERSION = 1

-- Seconds between two looks at the program: longer each time.
local FIRST_STEP, LONGEST_STEP, GROWTH = 0.002, 0.05, 1.5

local OVER = "the time for the call is over"

-- Waits for the end of a program, though not past the call's deadline.
---@return string? output
---@return string? problem
local function wait(handle, context)
  local sleep, remaining = context.sleep, context.remaining
  local step = FIRST_STEP
  while true do
    local output, status = handle:read()
    if output then
      if status ~= 0 then
        return nil, "it ended with status " .. status
      end
      return output
    elseif status then
      return nil, status.message
    end
    local left = remaining and remaining() or step
    if left <= 0 then
      return nil, OVER
    end
    sleep(min(step, left))
    step = min(GROWTH * step, LONGEST_STEP)
  end
end

-- Runs the command in the shell: what it wrote, or what went wrong. The
-- collector ends the program of a coroutine that is never resumed.
local function run(command, context)
  local handle, failure = process.start(command)
  if not handle then
    return nil, failure.message
  end
  local output, problem = wait(handle, context)
  handle:close()
  return output, problem
end

local function read(output)
  local answer = json.decode_object(output)
  if not answer then
    return nil, "its output is no JSON object"
  elseif answer.Version ~= VERSION then
    return nil, "its output is not of Version 1"
  end
  for _, name in ipairs({ "AccessKeyId", "SecretAccessKey" }) do
    if type(answer[name]) ~= "string" or answer[name] == "" then
      return nil, "its output has no " .. name
    end
  end
  return {
    access_key_id = answer.AccessKeyId,
    secret_access_key = answer.SecretAccessKey,
    session_token = answer.SessionToken,
    expiration = answer.Expiration,
  }
end

local function failed(profile_name, problem)
  local message = format('credential_process of profile "%s": %s', profile_name, problem)
  if problem == OVER then
    return errors.out_of_time(message)
  end
  return errors.credentials(message)
end

return {
  name = "credential_process",
  --- The command is run by the shell, as most AWS tools do, without a terminal
  -- and with nothing on its standard input. It is ended at the call's deadline.
  ---@param context glacier.CredentialContext
  ---@return table? fields
  ---@return glacier.Error? err  names the profile; never quotes the output
  load = function(context)
    local configuration = context.configuration
    local command = configuration.profile.credential_process
    if not command or trim(command) == "" then
      return nil
    end
    local fields
    local output, problem = run(command, context)
    if output then
      fields, problem = read(output)
    end
    if not fields then
      return nil, failed(configuration.profile_name, problem)
    end
    return fields
  end,
}
