--- Builds spec/memory/host.c, the program in which allocations fail and freed
-- memory is searched, around the static library.

local shell = require "spec.support.shell"

local memory_host = {}

-- The core's own calls are led to the program's; the archive's modules are
-- looked up by their names.
local FLAGS = "-rdynamic -Wl,-u,luaopen_glacier "
  .. "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free"

--- Compiles it for the Lua that runs the specs; the archive must be there.
---@param target string  where to
function memory_host.build(target)
  shell.compile("spec/memory/host.c", target, { archive = true, flags = FLAGS })
end

--- Runs a script in it, with a server to call and a folder to write to.
---@param server table
---@param folder string  where "host" was built
---@param arguments string  the script's path first
---@return string output
---@return integer status
function memory_host.run(server, folder, arguments)
  return shell.run(("%s FOLDER=%s timeout 900 %s/host %s"):format(shell.environment(server), folder,
    folder, arguments))
end

return memory_host
