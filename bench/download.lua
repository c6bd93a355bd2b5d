-- Receives a body of SIZE bytes from PORT into PATH, written and hashed in one
-- pass: lua bench/download.lua PORT SIZE PATH [STREAMS]. Prints the seconds
-- until all is in the file, those until it has its name and is on the disk,
-- the longest that one step of the engine took, and the peak of memory in MiB.

local download = require "glacier.core.download"
local http = require "glacier.core.http"

local port, size, path = arg[1], tonumber(arg[2]), arg[3]
local streams = tonumber(arg[4] or 1)

local function finish(task)
  while not task:done() do
    http.sleep(0.002)
  end
  return assert(task:result())
end

os.remove(path)
local start = http.monotonic()
local file = assert(download.file(path .. ".part"))
finish(assert(file:allocate(size)))
local engine = assert(http.engine())
local lanes, longest = {}, 0
for i = 1, streams do
  local first = math.floor(size / streams * (i - 1))
  local last = math.floor(size / streams * i) - 1
  local transfer = assert(engine:start {
    method = "GET", url = ("http://127.0.0.1:%s/%d"):format(port, size), piece_bytes = 1,
    headers = { "Host", "127.0.0.1", "Range", ("bytes=%d-%d"):format(first, last) },
  })
  lanes[i] = { transfer = transfer, range = assert(file:range(first, last - first + 1)) }
end

local left = #lanes
while left > 0 do
  -- The wait is not to count: what is ready is served by the step that follows.
  assert(engine:wait(1))
  local before = http.monotonic()
  assert(engine:step())
  for _, lane in ipairs(lanes) do
    if not lane.receives and lane.transfer:done() then
      assert(lane.transfer:receive(lane.range))
      lane.receives = true
    elseif lane.receives and not lane.ended and lane.transfer:done() then
      assert(lane.transfer:response())
      lane.ended = true
      left = left - 1
    end
  end
  longest = math.max(longest, http.monotonic() - before)
end
local hashes = {}
for i, lane in ipairs(lanes) do
  hashes[i] = assert(lane.range:tree_hash()):sub(1, 8)
end
local received = http.monotonic() - start
finish(assert(file:publish(path, true)))
local published = http.monotonic() - start
local status = assert(io.open "/proc/self/status")
local peak = status:read("*a"):match "VmHWM:%s*(%d+)"
print(("%.3f s received, %.3f s published, %.1f ms the longest step, %.1f MiB, %s"):format(received,
  published, longest * 1000, peak / 1024, table.concat(hashes, " ")))
