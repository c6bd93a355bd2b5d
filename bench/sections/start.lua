--- A program's start and end: require and a client, against a bare Lua plus a
--- C program that links libcurl.

local harness = require "bench.harness"
local machine = require "bench.machine"

local COUNT, BAR = 20, 2

-- What is installed, as `make install` does it.
local function installed(lua, version)
  local prefix = machine.folder .. "/installed"
  local log = machine.read(("make install PREFIX=%s LUA_VERSION=%s BUILD=%s"):format(prefix,
    version, machine.build))
  if not log:find "installed in" then
    return nil, "make install failed"
  end
  return ("LUA_PATH='%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;;' "):format(prefix, version,
    prefix, version) .. ("LUA_CPATH='%s/lib/lua/%s/?.so;;' %s"):format(prefix, version, lua.program)
end

return function()
  local spawn = ("%s/bench/spawn %d "):format(machine.build, COUNT)
  for _, lua in ipairs(machine.luas) do
    local ways = { { name = "sources", run = lua.run } }
    local version = lua.name == "LuaJIT" and "5.1" or lua.name:match "[%d.]+"
    local run, reason = installed(lua, version)
    ways[2] = { name = "installed", run = run, reason = reason }
    for _, way in ipairs(ways) do
      local work = ("start, %s, %s"):format(way.name, lua.name)
      if way.reason then
        harness.row { work = work, skipped = way.reason, bar = BAR }
      else
        local pinned = {}
        for i, program in ipairs { lua.program .. " -e ''", machine.build .. "/bench/floor_link",
          "bench/programs/start.lua" } do
          local command = i == 3 and way.run:gsub("(%S+)%s*$", spawn .. "%1 ") .. program
            or spawn .. program
          pinned[i] = machine.pin(machine.cores[1], command)
        end
        local medians, reasons = harness.compete(pinned)
        local why = reasons[1] or reasons[2] or reasons[3]
        harness.row { work = work, against = "bare Lua + C program with libcurl", unit = "ms",
          floor = not why and (medians[1][1] + medians[2][1]) / 1e6 or nil, bar = BAR,
          ours = not why and medians[3][1] / 1e6 or nil, skipped = why }
      end
    end
  end
end
