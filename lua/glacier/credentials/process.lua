--- Credentials from a program: the profile's credential_process, which writes
-- them to its standard output as JSON. Blocks while the program runs.
-- Source: AWS SDKs and Tools Reference Guide, "Process credential provider".

local errors = require("glacier.errors")
local json = require("glacier.json")

local popen = io.popen
local format, match = string.format, string.match
local ipairs, tonumber, type = ipairs, tonumber, type

local MAX_OUTPUT = 64 * 1024 -- bytes
local VERSION = 1

-- The status comes with the output, because Lua 5.1 does not tell it, and
-- because a host that collects all children (nginx does) takes it away. The
-- command's own line ends before the bracket: it may end in a comment.
local COMMAND = "(%s\n)\nprintf '\\nexit %%d\\n' \"$?\" 2>&-\n"
local OUTPUT = "^(.*)\nexit (%d+)\n$"

-- Runs the command in the shell: what it wrote, or what went wrong.
local function run(command)
  local pipe = popen(format(COMMAND, command), "r")
  if not pipe then
    return nil, "it could not be started"
  end
  local all = pipe:read(MAX_OUTPUT + 1)
  pipe:close()
  if all and #all > MAX_OUTPUT then
    return nil, "its output is too long"
  end
  local output, status = match(all or "", OUTPUT)
  if not output then
    return nil, "it could not be run"
  elseif tonumber(status) ~= 0 then
    return nil, "it ended with status " .. status
  end
  return output
end

-- null is absent.
local function present(value)
  if value ~= json.null then
    return value
  end
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
    session_token = present(answer.SessionToken),
    expiration = present(answer.Expiration),
  }
end

return {
  name = "credential_process",
  --- The command is run by the shell, as most AWS tools do.
  ---@param context glacier.CredentialContext
  ---@return table? fields
  ---@return glacier.Error? err  names the profile; never quotes the output
  load = function(context)
    local configuration = context.configuration
    local command = configuration.profile.credential_process
    if not command then
      return nil
    end
    local fields
    local output, problem = run(command)
    if output then
      fields, problem = read(output)
    end
    if not fields then
      return nil, errors.credentials(format('credential_process of profile "%s": %s',
        configuration.profile_name, problem))
    end
    return fields
  end,
}
