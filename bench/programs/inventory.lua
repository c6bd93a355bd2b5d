-- Reads an inventory, an archive at a time, or has lua-cjson decode all of it
-- at once: inventory.lua glacier|cjson PATH ARCHIVES. Prints milliseconds and
-- the peak of the process's memory in KiB.

local cjson = require "cjson"
local common = require "bench.programs.common"
local glacier = require "glacier"
local http = require "glacier.core.http"

local path, archives = arg[2], tonumber(arg[3])
local found = 0
local start
if arg[1] == "cjson" then
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  start = http.monotonic()
  found = #cjson.decode(text).ArchiveList
else
  start = http.monotonic()
  for _ in glacier.inventory(path) do
    found = found + 1
  end
end
local seconds = http.monotonic() - start
assert(found == archives)
print(seconds * 1000, common.peak())
