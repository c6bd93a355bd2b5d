--- Inventories and hashes of files, against what others take for the same bytes:
-- lua-cjson that decodes all at once, and `openssl speed` times the cores.
--
--   lua bench/inventory.lua [archives]     LUA_PATH and LUA_CPATH as in run.sh

local cjson = require("cjson")
local glacier = require("glacier")
local http = require("glacier.core.http")

local ARCHIVES = tonumber(arg and arg[1]) or 1000000
local FILE_SIZE = 1024 -- MiB
local ROUNDS = 3

local FOLDER = os.getenv("TMPDIR") or "/tmp"
local JSON, CSV = FOLDER .. "/glacier_bench.json", FOLDER .. "/glacier_bench.csv"
local BLOB = FOLDER .. "/glacier_bench.blob"

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

local function median_of(measure)
  local seconds = {}
  for i = 1, ROUNDS do
    collectgarbage()
    local began = http.monotonic()
    measure()
    seconds[i] = http.monotonic() - began
  end
  table.sort(seconds)
  return seconds[(ROUNDS + 1) / 2]
end

local function count(path)
  local found = 0
  for _ in glacier.inventory(path) do
    found = found + 1
  end
  assert(found == ARCHIVES)
end

-- Peak memory of this process, which has not decoded all at once yet.
local function peak()
  local status = io.open("/proc/self/status")
  local kib = status and tonumber(status:read("*a"):match("VmHWM:%s*(%d+)")) or 0
  if status then
    status:close()
  end
  return kib / 1024
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

-- Bytes a second of OpenSSL alone, all cores together, from the cache.
local function openssl_speed()
  local cores = tonumber(output_of("getconf _NPROCESSORS_ONLN")) or 1
  local text = output_of("openssl speed -seconds 1 -bytes 16384 -multi " .. cores ..
    " -evp sha256 2>/dev/null")
  return (tonumber(text:match("sha256%s+([0-9.]+)k")) or 0) * 1000
end

write(JSON, '{"VaultARN":"x","ArchiveList":[', ',{"ArchiveId":"%08d%s","ArchiveDescription":' ..
  '"photos/%d/some words of a long name \\"q\\".tar","CreationDate":"2013-12-19T08:33:01Z",' ..
  '"Size":%d,"SHA256TreeHash":"%08x%s"}', "]}")
write(CSV, "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n",
  '%08d%s,"photos/%d/some words of a long name \\"q\\".tar",2013-12-19T08:33:01Z,%d,%08x%s\n', "")

local json = median_of(function() count(JSON) end)
local csv = median_of(function() count(CSV) end)
local memory = peak()
local file = assert(io.open(JSON, "rb"))
local text = file:read("*a")
file:close()
local whole = median_of(function()
  assert(#cjson.decode(text).ArchiveList == ARCHIVES)
end)
print(("%-44s %6.2f s  %5.2fx cjson (bar 1.5x)"):format("inventory, JSON", json, json / whole))
print(("%-44s %6.2f s  %5.2fx cjson"):format("inventory, CSV", csv, csv / whole))
print(("%-44s %6.1f MiB (bar 16 MiB)"):format("peak of the process", memory))

local blob = assert(io.open(BLOB, "wb"))
for i = 1, FILE_SIZE do
  blob:write((("%08d"):format(i)):rep(131072))
end
blob:close()
local speed = FILE_SIZE * 1048576 / median_of(function() assert(glacier.tree_hash_file(BLOB)) end)
local bare = openssl_speed()
print(("%-44s %6.0f MB/s  %5.2fx openssl speed (bar 0.9x)"):format(
  "tree hash of a file, cached", speed / 1e6, speed / bare))

os.remove(JSON)
os.remove(CSV)
os.remove(BLOB)
