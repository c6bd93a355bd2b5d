--- The machine that it runs on: its cores, its Luas, its programs; and servers
--- that are started and stopped.

local machine = {
  --- Where files of the run may lie.
  folder = assert(os.getenv "BENCH_FOLDER", "bench/run.sh says where files may lie"),
  build = os.getenv "BUILD" or "build",
}

local function read(command)
  local pipe = assert(io.popen(command .. " 2>/dev/null"))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end
machine.read = read

--- Whether a shell finds a program.
function machine.has(program)
  return read("command -v " .. program) ~= ""
end

-- "0-2,5" as a list.
local function parse_cores(text)
  local cores = {}
  for first, last in (text .. ","):gmatch "(%d+)%-?(%d*)," do
    for core = tonumber(first), tonumber(last) or tonumber(first) do
      cores[#cores + 1] = core
    end
  end
  return cores
end

--- The cores that it may use; none where they cannot be chosen.
machine.cores = machine.has "taskset" and parse_cores(read "taskset -cp $$ | sed 's/.*: //'") or {}
machine.count = tonumber(read "getconf _NPROCESSORS_ONLN") or 1

--- Where clients run: on the servers' core, and on another one if there is one.
machine.sides = #machine.cores > 1 and { machine.cores[1], machine.cores[2] }
  or { machine.cores[1] or "any" }

--- The command on a core.
function machine.pin(core, command)
  if #machine.cores == 0 then
    return command
  end
  return ("taskset -c %d sh -c '%s'"):format(core, command:gsub("'", "'\\''"))
end

-- A Lua, and the folder of what is built for it.
local function lua(name, program, built)
  local folder = machine.build .. "/lua" .. built
  local file = machine.has(program) and io.open(folder .. "/glacier/core/http.so")
  if file then
    file:close()
    return { name = name, program = program, folder = folder,
      run = ("LUA_CPATH='%s/?.so;;' %s "):format(folder, program) }
  end
end

--- Those that are timed: the one that is built for, and LuaJIT.
machine.luas = {}
for _, found in pairs {
  lua("Lua " .. os.getenv "LUA_VERSION", os.getenv "LUA", os.getenv "LUA_VERSION") or false,
  lua("LuaJIT", "luajit", "5.1") or false,
} do
  if found then
    machine.luas[#machine.luas + 1] = found
  end
end

local servers = {}

--- Starts a program that prints its port first, on the servers' core.
---@param program string
---@param is_free boolean?  on any core
---@return string url
function machine.serve(program, is_free)
  local port = os.tmpname()
  local pinned = is_free and program or machine.pin(machine.cores[1], "exec " .. program)
  local pid = read(("%s >%s 2>&1 </dev/null & echo $!"):format(pinned, port))
  servers[#servers + 1] = pid
  local number
  for _ = 1, 100 do
    local file = assert(io.open(port))
    number = file:read "*n"
    file:close()
    if number then
      break
    end
    os.execute "sleep 0.05"
  end
  os.remove(port)
  return "http://127.0.0.1:" .. assert(number, program .. " did not start")
end

--- Has a process killed at the end.
function machine.own(pid)
  servers[#servers + 1] = pid
end

--- Ends all servers.
function machine.stop()
  for _, pid in ipairs(servers) do
    os.execute("kill " .. pid .. " 2>/dev/null")
  end
  servers = {}
end

--- One line about it.
function machine.describe()
  local name = read "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1"
  return ("%s, %d cores, %s; libcurl %s, OpenSSL %s; load %s when it began"):format(
    name ~= "" and name or read "uname -m", machine.count, read "uname -sr",
    read "curl-config --version | sed 's/libcurl //'", read "openssl version | cut -d ' ' -f 2",
    read "cut -d ' ' -f 1 /proc/loadavg")
end

return machine
