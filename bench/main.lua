--- `make bench` runs this by way of run.sh: all sections, or those that ONLY
--- names ("start,call"), one after the other; the table goes to the terminal
--- and to build/bench/table.md.

local harness = require "bench.harness"
local machine = require "bench.machine"
local table_of = require "bench.table"

local SECTIONS = { "sign", "call", "tls", "flight", "hosts", "start", "peers", "download", "hash",
  "inventory", "restore" }

local wanted = (os.getenv "ONLY" or ""):gsub("[%s,]+", ",")
local began, described = os.time(), machine.describe()

local function is_wanted(name)
  return wanted == "" or ("," .. wanted .. ","):find("," .. name .. ",", 1, true) ~= nil
end

for name in wanted:gmatch "[^,]+" do
  local is_known = false
  for _, section in ipairs(SECTIONS) do
    is_known = is_known or section == name
  end
  if not is_known then
    error("ONLY: there is no section " .. name .. ", only " .. table.concat(SECTIONS, ", "), 0)
  end
end

for _, name in ipairs(SECTIONS) do
  if is_wanted(name) then
    harness.section = name
    local ok, err = xpcall(require("bench.sections." .. name), debug.traceback)
    machine.stop()
    if not ok then
      harness.row { work = name, skipped = err:match "[^\n]+" }
      io.stderr:write(err, "\n")
    end
  end
end

local text = table_of.of(harness.rows, described) ..
  ("%d s in all, medians of %d rounds or fewer.\n"):format(os.time() - began, harness.ROUNDS)
local file = assert(io.open(machine.build .. "/bench/table.md", "w"))
assert(file:write(text))
file:close()
io.write("\n", text)
