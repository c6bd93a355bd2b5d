--- What an error of the service means to a restore. Pure.

local is_throttling = require("glacier.failures").is_throttling

local find, format = string.find, string.format
local ipairs = ipairs

local outcome = {}

local function set(...)
  local result = {}
  for _, name in ipairs({ ... }) do
    result[name] = true
  end
  return result
end

-- Who asks is not let in: the same for each archive, until somebody mends it.
local DENIED = set("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException",
  "InvalidSignatureException", "MissingAuthenticationTokenException", "NoLongerSupportedException")

-- The service starts nothing at the moment, whatever the archive.
local REFUSED = set("PolicyEnforcedException", "InsufficientCapacityException",
  "LimitExceededException")

-- The date of the signature is what is refused, not who has signed.
local LATE = set("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture")

local GONE = "ResourceNotFoundException"

-- Seconds until an archive is tried again whose request did not get there.
local PAUSE = 10

--- What is kept of an error beside an archive, and told of a standstill.
---@param err glacier.Error
---@return string
function outcome.text(err)
  return format("%s: %s", err.code, err.message)
end

-- A vault that is not there has the code of an archive that is not.
local function is_vault(err)
  return find(err.message, "[Vv]ault not found") ~= nil
end

-- Whether a request came too late for its signature: who signs and is then put
-- to sleep, or whose network is slow, may sign again.
local function is_late(err)
  return err.kind == "service" and
    (LATE[err.code] or find(err.message, "[Ss]ignature expired") ~= nil or
      find(err.message, "not yet current", 1, true) ~= nil)
end

--- Whether an error is nobody's but the operator's: credentials, settings, access.
---@param err glacier.Error
---@return boolean
function outcome.is_fatal(err)
  if is_late(err) then
    return false
  end
  return err.kind == "credentials" or err.kind == "validation" or err.kind == "tls" or
    err.kind == "config" and err.code ~= "FileError" and err.code ~= "FileExists" and
    err.code ~= "Locked" and err.code ~= "StoreError" or
    DENIED[err.code] or err.status == 403 or err.code == GONE and is_vault(err) or false
end

---@class glacier.StartOutcome
---@field state "again"|"gone"|"fault"|nil  nil: it is in doubt
---@field pause number?      seconds
---@field message string?
---@field fatal boolean      the run ends
---@field refused boolean    nothing is started for a while
---@field throttled boolean  the pace is halved

--- What an error of InitiateJob means.
---@param err glacier.Error
---@return glacier.StartOutcome
function outcome.start(err)
  local result = {
    fatal = outcome.is_fatal(err), refused = REFUSED[err.code] or false,
    throttled = not REFUSED[err.code] and is_throttling(err), message = outcome.text(err),
  }
  if err.in_doubt or err.kind == "service" and (err.status or 500) >= 500 then
    return result
  elseif result.fatal or result.refused or result.throttled then
    result.state, result.pause = "again", 0
  elseif err.sent == false or err.kind == "cancelled" or err.kind == "timeout" or is_late(err) then
    result.state = "again"
    result.pause = err.code == "DeadlineExceededError" and 0 or PAUSE
  elseif err.code == GONE then
    result.state = "gone"
  else
    result.state = "fault"
  end
  return result
end

--- What an error of a download means: the output is "lost", the bytes are "wrong",
--- the "disk" is at fault, "later" it may come, or the run is "fatal"ly stuck.
---@param err glacier.Error
---@return "lost"|"wrong"|"disk"|"later"|"fatal"
function outcome.fetch(err)
  if err.code == GONE and not is_vault(err) then
    return "lost"
  elseif err.code == "TreeHashMismatch" or err.code == "PartHashMismatch" then
    return "wrong"
  elseif err.code == "FileError" then
    return "disk"
  end
  return outcome.is_fatal(err) and "fatal" or "later"
end

return outcome
