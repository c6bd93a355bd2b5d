--- Starts one of the specs' own servers as a process of its own.

local quote = require "spec.support.quote"

local ROOT = debug.getinfo(1, "S").source:match "^@(.*)spec/support/start_server%.lua$" or ""

--- The server finds the project by its own place; search paths from the
-- environment are left out, as they may be meant for the Lua that runs the specs.
---@param script string       its file's name in spec/support
---@param arguments string[]  quoted where need be
---@return file* pipe  to be closed when the server has ended
---@return string url  the first line that it writes
return function(script, arguments)
  local words = {
    "exec env 'LUA_PATH=;;' 'LUA_CPATH=;;'",
    quote(os.getenv "GLACIER_SPEC_LUA" or "lua5.4"),
    quote(ROOT .. "spec/support/" .. script),
    table.concat(arguments, " "),
  }
  local pipe = assert(io.popen(table.concat(words, " "), "r"))
  local url = pipe:read "*l"
  if not url then
    pipe:close()
    error(script .. " did not start", 3)
  end
  return pipe, url
end
