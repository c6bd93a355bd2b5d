--- The options of one call: the second argument of an operation, the third of
-- client:pages, client:each and client:wait_until.

local options = require("glacier.config.options")

local next = next

local call_options = {
  --- Those there are. What a client has too holds for the one call in its place.
  KNOWN = {
    timeout = options.known("timeout"),
    max_attempts = options.known("max_attempts"),
    reconcile = options.known("reconcile"),
    sign_before = { type = "number" },
  },
}

-- Of an operation whose answer may go elsewhere than into memory.
local WITH_OUTPUT = {
  sink = { type = { "function", "table" } },
  path = { type = "string", filled = true },
  overwrite = { type = "boolean" },
}
for name, known in next, call_options.KNOWN do
  WITH_OUTPUT[name] = known
end

-- Asked for by most calls: nothing. Never written to.
local NONE = {}

--- Judges the options of one call. A wrong type is misuse and raises.
---@param given table?
---@param has_output boolean?  whether there are sink, path and overwrite as well
---@return table? options  timeout: seconds for the whole call; max_attempts;
--- reconcile; sign_before: epoch seconds, after which no attempt is signed;
--- sink: a function that takes the pieces of the body, or an object
--- (glacier.SinkObject); path: of the file for
--- it; overwrite: whether that may replace another
---@return glacier.Error? err  kind "config": an unknown option, a wrong value
function call_options.read(given, has_output)
  if given == nil then
    return NONE
  end
  -- No tail call, which would take a level away.
  local result, err = options.judge(given, has_output and WITH_OUTPUT or call_options.KNOWN,
    "#2 to an operation", 3)
  return result, err
end

return call_options
