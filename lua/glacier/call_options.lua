--- The options of one call: the second argument of an operation, the third of
-- client:pages, client:each and client:wait_until.

local options = require("glacier.options")

local call_options = {
  --- Those there are. What a client has too holds for the one call in its place.
  KNOWN = {
    timeout = options.known("timeout"),
    max_attempts = options.known("max_attempts"),
    reconcile = options.known("reconcile"),
    sign_before = { type = "number" },
  },
}

-- Asked for by most calls: nothing. Never written to.
local NONE = {}

--- Judges the options of one call. A wrong type is misuse and raises.
---@param given table?
---@return table? options  timeout: seconds for the whole call; max_attempts;
--- reconcile; sign_before: epoch seconds, after which no attempt is signed
---@return glacier.Error? err  kind "config": an unknown option, a wrong value
function call_options.read(given)
  if given == nil then
    return NONE
  end
  -- No tail call, which would take a level away.
  local result, err = options.judge(given, call_options.KNOWN, "#2 to an operation", 3)
  return result, err
end

return call_options
