--- Inventories, an archive at a time, against lua-cjson that decodes the same
--- bytes at once.

local harness = require "bench.harness"
local machine = require "bench.machine"

local ARCHIVES = tonumber(os.getenv "ARCHIVES") or 1000000
local BAR, MIB_BAR = 1.5, 16

local ID = ("h2hHfOqpoRC4kIeuMFXcHvKqy1apr1Om0rE9tpAXBIgsvt52j7IAm_"):rep(3):sub(1, 130)
local HASH = ("0123456789abcdef"):rep(4):sub(1, 56)

local function write(path, begin, format, finish)
  local file = assert(io.open(path, "wb"))
  file:write(begin)
  for i = 1, ARCHIVES do
    file:write((format:format(i, ID, i, i * 1000, i, HASH):gsub("^,", i == 1 and "" or ",")))
  end
  file:write(finish)
  file:close()
end

return function()
  local json, csv = machine.folder .. "/inventory.json", machine.folder .. "/inventory.csv"
  local lua = machine.luas[1]
  write(json, '{"VaultARN":"x","ArchiveList":[',
    ',{"ArchiveId":"%08d%s","ArchiveDescription":' ..
    '"photos/%d/some words of a long name \\"q\\".tar","CreationDate":"2013-12-19T08:33:01Z",' ..
    '"Size":%d,"SHA256TreeHash":"%08x%s"}', "]}")
  write(csv, "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n",
    '%08d%s,"photos/%d/some words of a long name \\"q\\".tar",2013-12-19T08:33:01Z,%d,%08x%s\n', "")
  local commands = {}
  for i, way in ipairs { "cjson " .. json, "glacier " .. json, "glacier " .. csv } do
    commands[i] = ("%sbench/programs/inventory.lua %s %d"):format(lua.run, way, ARCHIVES)
  end
  local medians, reasons = harness.compete(commands, math.min(harness.ROUNDS, 3))
  os.remove(json)
  os.remove(csv)
  for i, form in ipairs { "JSON", "CSV" } do
    local floor, ours = medians[1], medians[i + 1]
    local work = ("inventory of %d archives, %s"):format(ARCHIVES, form)
    if floor and ours then
      harness.row { work = work, against = "lua-cjson, the JSON at once", unit = "ms",
        floor = floor[1], ours = ours[1], bar = BAR }
      harness.row { work = "memory of the process: " .. work, unit = "MiB", ours = ours[2] / 1024,
        bar = MIB_BAR }
    else
      harness.row { work = work, skipped = reasons[1] or reasons[i + 1] }
    end
  end
end
