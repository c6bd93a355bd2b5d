--- Downloads with a tree hash, to a file, against curl that writes the same
--- bytes without one; and the memory they take. On all cores: hashing has
--- threads of its own.

local harness = require "bench.harness"
local machine = require "bench.machine"

local SIZE = (tonumber(os.getenv "DOWNLOAD_MIB") or 1024) * 2 ^ 20
local BAR, MIB_BAR = 1.15, 32
local STREAMS = { 1, 4, 16, 64 }

-- Milliseconds until all is received, and until it is on the disk.
local CURL = [[
rm -f $folder/curl
a=$(date +%s%N)
curl -sf --noproxy '*' -o $folder/curl $url/$size && b=$(date +%s%N) &&
  sync $folder/curl && c=$(date +%s%N) &&
  echo $(((b-a)/1000000)) $(((c-a)/1000000))
rm -f $folder/curl
]]
local OURS = [[
$lua bench/programs/download.lua $url $size $folder/ours $streams
status=$?
rm -f $folder/ours
exit $status
]]

local function expand(text, values)
  return (text:gsub("%$(%l+)", values))
end

local function add(streams, curl, ours)
  local size = ("%.0f MiB, %d streams"):format(SIZE / 2 ^ 20, streams)
  harness.row { work = "download, to the file: " .. size, against = "curl, no hash", unit = "ms",
    floor = curl[1], ours = ours[1], bar = streams == 4 and BAR or nil }
  harness.row { work = "download, to the disk: " .. size, against = "curl, then sync",
    unit = "ms", floor = curl[2], ours = ours[2] }
  harness.row { work = "memory of the process: " .. size, unit = "MiB", ours = ours[3] / 1024,
    bar = MIB_BAR }
end

return function()
  local values = { folder = machine.folder, size = ("%.0f"):format(SIZE),
    url = machine.serve(machine.build .. "/bench/body_server", true), lua = machine.luas[1].run }
  local commands = { expand(CURL, values) }
  for i, streams in ipairs(STREAMS) do
    values.streams = tostring(streams)
    commands[i + 1] = expand(OURS, values)
  end
  local medians, reasons = harness.compete(commands, math.min(harness.ROUNDS, 3))
  for i, streams in ipairs(STREAMS) do
    if medians[1] and medians[i + 1] then
      add(streams, medians[1], medians[i + 1])
    else
      harness.row { work = ("download, %d streams"):format(streams),
        skipped = reasons[i + 1] or reasons[1] }
    end
  end
end
