--- Instructions that a program takes, function by function, as callgrind counts
--- them.

local counts_of = require "bench.counts"
local machine = require "bench.machine"

local floor, max = math.floor, math.max

local instructions = {}

-- The same in each run, up to the length of the names: what stands in the
-- environment moves the stack. Copies are made by plain instructions: those of
-- "rep movsb" would be counted by the byte, and used or not by the piece's size.
local COMMAND = "setarch -R env -i PATH=/usr/bin:/bin HOME=/nonexistent LUA_PATH='%s'" ..
  " LUA_CPATH='%s' GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1073741824" ..
  " LD_PRELOAD=%s/bench/fixed_time.so valgrind --tool=callgrind" ..
  " --callgrind-out-file=%s %s %s >/dev/null 2>%s.err </dev/null && echo done"

-- One run.
local function count(lua, program)
  local path = machine.folder .. "/callgrind.out"
  local done = machine.read(COMMAND:format(os.getenv "LUA_PATH", os.getenv "LUA_CPATH",
    machine.build, path, lua, program, path))
  if done ~= "done" then
    error(program .. " failed: " .. machine.read("tail -n 3 " .. path .. ".err"), 0)
  end
  local text = machine.read("callgrind_annotate --threshold=100 --inclusive=no --auto=no " .. path)
  os.remove(path)
  return counts_of.parse(text)
end

--- What a turn takes: the difference of a run of more turns and one of fewer,
--- which start and end alike.
---@param lua string
---@param program string  with %d for the number of turns
---@param few integer
---@param many integer
---@return table<string, number> counts  by function
---@return number total
function instructions.of(lua, program, few, many)
  local less, less_total = count(lua, program:format(few))
  local more, more_total = count(lua, program:format(many))
  local counts = {}
  for name, value in pairs(more) do
    counts[name] = floor(max(value - (less[name] or 0), 0) / (many - few) + 0.5)
  end
  return counts, floor((more_total - less_total) / (many - few) + 0.5)
end

--- What a program prints as lines "COUNT NAME".
---@param lua string
---@param program string
---@return table<string, number> counts
---@return number total
function instructions.printed(lua, program)
  local counts, total = {}, 0
  for value, name in machine.read(lua .. " " .. program):gmatch "(%d+) ([^\n]+)" do
    counts[name] = tonumber(value)
    total = total + counts[name]
  end
  return counts, total
end

return instructions
