--- Starts programs that embed Lua, in folders of their own and for a limited
-- time, and reads the reports that they write with spec.support.hosted.

local hosted_waits = require "spec.support.hosted_waits"
local socket = require "socket"
local quote = require "spec.support.quote"

local programs = {}

local SECONDS = 30

--- The output of each job in the vault "output".
programs.OUTPUT = ("0123456789abcdef"):rep(128 * 1024)

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

-- What a command prints, without the last line's end.
local function output_of(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("%s+$", ""))
end

programs.ROOT = output_of("pwd")

local function modules(version)
  return ("%s/build/lua%s"):format(programs.ROOT, version)
end

--- Whether a command ends well.
---@param command string
---@return boolean
function programs.succeeds(command)
  return output_of(("( %s ) >/dev/null 2>&1; echo $?"):format(command)) == "0"
end

--- Why a program cannot be started here, or nil. In CI it must be there.
---@param name string
---@param version string  of the build that serves it, such as "5.1"
---@return string?
function programs.missing(name, version)
  local reason
  if output_of("command -v " .. quote(name)) == "" then
    reason = "there is no " .. name .. " on this machine"
  elseif not read(modules(version) .. "/glacier/core/http.so") then
    reason = "there is no build for Lua " .. version
  end
  assert(not reason or not os.getenv("CI"), reason)
  return reason
end

-- Report lines: name=value, numbers and truth values as such.
local function parse_report(text)
  local report = {}
  for name, value in text:gmatch("([%w_]+)=([^\n]*)\n") do
    if value == "true" or value == "false" then
      report[name] = value == "true"
    else
      report[name] = tonumber(value) or value
    end
  end
  return report
end

local function make_folder(files)
  local folder = output_of("mktemp -d")
  for name, text in pairs(files or {}) do
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    assert(file:write(text))
    file:close()
  end
  return folder
end

-- The environment and the command, ended after SECONDS whatever it does.
local function command_line(given, folder)
  local build = modules(given.version)
  local words = { "cd", quote(folder), "&& exec env" }
  local environment = {
    LUA_PATH = ("%s/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;;"):format(
      programs.ROOT, programs.ROOT, programs.ROOT),
    LUA_CPATH = build .. "/?.so;;",
    GLACIER_URL = given.url,
    GLACIER_REPORT = folder .. "/report",
    HOME = folder,
    AWS_EC2_METADATA_DISABLED = "true",
  }
  for name, value in pairs(given.environment or {}) do
    environment[name] = value
  end
  for name, value in pairs(environment) do
    words[#words + 1] = quote(name .. "=" .. value)
  end
  words[#words + 1] = ("timeout -k 2 %d %s >output 2>&1"):format(SECONDS, given.command)
  return table.concat(words, " ")
end

--- Runs a program to its end.
---@param given { command: string, version: string, url: string, files: table?,
--- environment: table? }  the command runs in a new folder that holds the files
---@return { report: table?, output: string, status: integer }
function programs.run(given)
  local folder = make_folder(given.files)
  local status = output_of(("( %s ); echo $?"):format(command_line(given, folder)))
  local report = read(folder .. "/report")
  local result = {
    report = report and parse_report(report),
    output = read(folder .. "/output") or "",
    status = tonumber(status),
  }
  os.execute("rm -rf " .. quote(folder))
  return result
end

--- The longest that anything may be held up by a call: seconds.
programs.LONGEST_GAP = 0.05

-- A busy machine holds programs up by itself, but not each time.
local MEASUREMENTS = 10

--- Measures a gap, again where it is too long.
---@param measure fun(): number, any  the gap in seconds, and what else is wanted
---@return number gap  the first that is short enough, else the last
---@return any
function programs.measure_gap(measure)
  local gap, result
  local count = 0
  repeat
    gap, result = measure()
    count = count + 1
  until gap < programs.LONGEST_GAP or count == MEASUREMENTS
  return gap, result
end

local Program = {}
Program.__index = Program

--- Starts a program that runs until it is stopped.
---@param given table  as programs.run takes it
---@return table program
function programs.start(given)
  local folder = make_folder(given.files)
  local pid = output_of(("( %s ) >/dev/null & echo $!"):format(command_line(given, folder)))
  return setmetatable({ folder = folder, pid = pid }, Program)
end

function Program:output()
  return read(self.folder .. "/output") or ""
end

--- What it has reported, once it has; nil if it does not in time.
---@return table?
function Program:report()
  local deadline = socket.gettime() + SECONDS
  repeat
    local text = read(self.folder .. "/report")
    if text then
      return parse_report(text)
    end
    socket.sleep(0.02)
  until socket.gettime() > deadline
end

--- Ends it and waits for its end.
function Program:stop()
  os.execute(("kill %s 2>/dev/null; while kill -0 %s 2>/dev/null; do sleep 0.05; done")
    :format(self.pid, self.pid))
  os.execute("rm -rf " .. quote(self.folder))
end

--- A port that was free a moment ago.
---@return integer
function programs.free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return tonumber(port)
end

--- Sets what the endpoint answers to the calls of spec.support.hosted, by the
-- vault's name.
---@param server table
function programs.play(server)
  local entries = hosted_waits.entries()
  for _, entry in ipairs({
    { recording = "initiate_job/success", delay = 1, match = { path = "/vaults/slow/" } },
    { recording = "initiate_job/success", delay = 0.1, match = { path = "/vaults/late/" } },
    { recording = "initiate_job/service_unavailable", times = 1,
      match = { path = "/vaults/retried/" } },
    { recording = "initiate_job/success", match = { path = "/vaults/retried/" } },
    { recording = "initiate_job/success", match = { path = "/vaults/fast" } },
    { status = 200, body = programs.OUTPUT, match = { path = "/vaults/output/" }, times = 100 },
  }) do
    entries[#entries + 1] = entry
  end
  server:play(entries)
end

--- How many connections the calls to a vault came by.
---@return integer connections
---@return integer requests
function programs.connections(server, vault)
  local seen, count, requests = {}, 0, 0
  for _, request in ipairs(server:requests()) do
    if request.target:find("/vaults/" .. vault .. "/", 1, true) then
      requests = requests + 1
      if not seen[request.connection] then
        seen[request.connection] = true
        count = count + 1
      end
    end
  end
  return count, requests
end

--- Prints what was measured; it is not judged here.
---@param host string
---@param text string
function programs.print_figures(host, text, ...)
  io.stdout:write(("\n[%s] %s\n"):format(host, text:format(...)))
end

return programs
