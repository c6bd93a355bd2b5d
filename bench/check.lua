--- `make bench-check` runs this by way of check.sh: the instructions that each
--- piece of work takes, against those in bench/instructions.txt. More than 5%
--- above is a failure (15% where the timing of a transfer has a part in it), and
--- the functions that have grown most are named.

local counts_of = require "bench.counts"
local instructions = require "bench.instructions"
local machine = require "bench.machine"

local KEPT = "bench/instructions.txt"
local LIMIT = 0.05
local MOST_KEPT, MOST_SHOWN = 40, 8

local lua = machine.read("command -v " .. os.getenv "LUA")
local url = machine.serve(machine.build .. "/bench/server", true)
local bodies = machine.serve(machine.build .. "/bench/body_server", true)

-- Turns of the first run and the second; a download's are MiB. Most of that is
-- hashing, so what is not is judged apart: how often it has to wait depends on
-- who is faster.
local WORKS = {
  { name = "sign", unit = "signature", few = 100, many = 2100,
    program = "bench/programs/sign.lua %d" },
  { name = "pipeline", unit = "call", few = 100, many = 1100,
    program = "bench/programs/pipeline.lua %d" },
  { name = "lua", unit = "call, Lua's own", printed = "bench/programs/vm_instructions.lua" },
  { name = "call", unit = "call", few = 100, many = 1100,
    program = "bench/programs/call.lua " .. url .. " %d" },
  { name = "download", unit = "MiB", few = 1, many = 65,
    program = ("bench/programs/download_mib.lua %s %%d %s/body"):format(bodies, machine.folder) },
  { name = "transfer", unit = "MiB, hashing aside", of = "download", without = "libcrypto",
    limit = 0.15 },
}

-- What the figures depend on besides our own.
local function versions()
  return ("%s, libcurl %s, OpenSSL %s, gcc %s"):format(
    machine.read(lua .. " -v 2>&1 | cut -d ' ' -f 1-2"),
    machine.read "curl-config --version | sed 's/libcurl //'",
    machine.read "openssl version | cut -d ' ' -f 2", machine.read "gcc -dumpfullversion")
end

-- The kept file: its versions, and by work the total and the functions' figures.
local function read_kept()
  local file = io.open(KEPT)
  local kept, told = {}, "none"
  if file then
    for line in file:lines() do
      local work, name, count = line:match "^(%S+) (.+) (%d+)$"
      told = line:match "^# with (.*)$" or told
      if work and work ~= "#" then
        kept[work] = kept[work] or { functions = {} }
        if name == "total" then
          kept[work].total = tonumber(count)
        else
          kept[work].functions[name] = tonumber(count)
        end
      end
    end
    file:close()
  end
  return kept, told
end

local function write_kept(measured)
  local file = assert(io.open(KEPT, "w"))
  file:write("# Instructions, as callgrind counts them: of a signature, of a call's pipeline\n",
    "# without the network (\"lua\": Lua's own, in that), of a full call, of each MiB\n",
    "# of a download (\"transfer\": hashing aside); in all, and by function the most.\n",
    "# `make bench-check` compares with them;\n",
    "# `make bench-check UPDATE=yes` writes them anew.\n", "# with ", versions(), "\n")
  for _, work in ipairs(WORKS) do
    file:write(("%s total %d\n"):format(work.name, measured[work.name].total))
    for _, entry in ipairs(counts_of.largest(measured[work.name].functions, MOST_KEPT)) do
      file:write(("%s %s %d\n"):format(work.name, entry.name, entry.count))
    end
  end
  assert(file:close())
  print("written: " .. KEPT)
end

-- Prints the work's line, and where it has grown too much, where; true if not.
local function judge(work, now, before)
  if not before then
    print(("%-10s %12d a %s, none kept"):format(work.name, now.total, work.unit))
    return false
  end
  local change = now.total / before.total - 1
  local holds = change <= (work.limit or LIMIT)
  print(("%-10s %12d a %s, kept %d: %+.2f%%%s"):format(work.name, now.total, work.unit,
    before.total, change * 100, holds and "" or "  TOO MANY"))
  if not holds then
    local grown = counts_of.growth(before.functions, now.functions)
    for _, entry in ipairs(counts_of.largest(grown, MOST_SHOWN)) do
      print(("%12s +%d %s (was %s)"):format("", entry.count, entry.name,
        before.functions[entry.name] or "none of the largest"))
    end
  end
  return holds
end

local function measure()
  local measured = {}
  for _, work in ipairs(WORKS) do
    local functions, total
    if work.of then
      functions, total = counts_of.without(measured[work.of].functions, work.without)
    elseif work.printed then
      functions, total = instructions.printed(lua, work.printed)
    else
      functions, total = instructions.of(lua, work.program, work.few, work.many)
    end
    measured[work.name] = { functions = functions, total = total }
  end
  return measured
end

local ok, measured = pcall(measure)
machine.stop()
if not ok then
  io.stderr:write(tostring(measured), "\n")
  os.exit(1)
elseif os.getenv "UPDATE" == "yes" then
  write_kept(measured)
  os.exit(0)
end
local kept, told = read_kept()
if told ~= versions() then
  print("The kept figures are of another machine: " .. told .. "; here is " .. versions() .. ".")
end
local all_hold = true
for _, work in ipairs(WORKS) do
  all_hold = judge(work, measured[work.name], kept[work.name]) and all_hold
end
os.exit(all_hold and 0 or 1)
