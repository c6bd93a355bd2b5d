--- Builds spec/memory/host.c, the program in which allocations fail and freed
-- memory is searched, around the static library.

local endpoint = require "spec.support.endpoint"
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

--- The program, and a server for it to call, for the tests of a block.
---@param hooks { setup: function, teardown: function }  busted's
---@param prepare function?  what has to be made before
---@return fun(arguments: string): string, integer run  see memory_host.run
function memory_host.during(hooks, prepare)
  local folder, server
  hooks.setup(function()
    if prepare then
      prepare()
    end
    folder = shell.folder()
    memory_host.build(folder .. "/host")
    server = endpoint.start()
    server:play("initiate_job/success", { repeat_last = true })
  end)
  hooks.teardown(function()
    server:stop()
    shell.remove(folder)
  end)
  return function(arguments)
    return memory_host.run(server, folder, arguments)
  end
end

--- Makes the archive that the program is built around.
function memory_host.make_archive()
  shell.make("static LUA_VERSION=" .. shell.version)
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
