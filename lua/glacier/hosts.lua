--- Which host to wait in.

local errors = require("glacier.errors")

local ipairs, require, type = ipairs, require, type
local format = string.format

local hosts = {}

local NAMED = { blocking = true }

--- The host for the option `host`: a name, "auto", or a table {wait=, sleep=,
-- now=} of the user's.
---@param option string|table
---@return glacier.Host?
---@return glacier.Error? err  kind "config"
function hosts.choose(option)
  if type(option) == "table" then
    for _, name in ipairs({ "wait", "sleep", "now" }) do
      if type(option[name]) ~= "function" then
        return nil, errors.config(format("Option 'host': '%s' must be a function", name))
      end
    end
    return option
  end
  local name = option == "auto" and "blocking" or option
  if not NAMED[name] then
    return nil, errors.config(format(
      "Option 'host' must be auto, blocking or a table {wait=, sleep=, now=}, not '%s'", name))
  end
  return require("glacier.host." .. name)
end

return hosts
