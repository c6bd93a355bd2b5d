-- What streams hold on their way to the disk did not stop growing with their
-- number: 64 of them took 1 MiB each, whatever they were allowed.

local download = require "glacier.core.download"

local STREAMS = 64
local BUFFER = 8 * 2 ^ 20 / STREAMS
local PIECE = ("x"):rep(64 * 1024)
local MIB = 2 ^ 20

-- AddressSanitizer keeps what was freed for a while, and writes of each byte.
local MOST = (os.getenv "SANITIZE" and 32 or 16) * MIB

local path

after_each(function()
  os.remove(path)
end)

-- Of this process: bytes that are in memory.
local function resident()
  local file = io.open "/proc/self/status"
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  local kibibytes = tonumber(text:match "VmRSS:%s*(%d+)")
  return kibibytes and kibibytes * 1024
end

it("many streams share what they may hold", function()
  path = os.tmpname()
  if not resident() then
    return pending "the system does not tell how much memory a process has"
  end
  local file = assert(download.file(path))
  local ranges = {}
  collectgarbage()
  local before = resident()
  for i = 1, STREAMS do
    ranges[i] = assert(file:range((i - 1) * MIB, MIB, { buffer = BUFFER }))
    for _ = 1, MIB / #PIECE do
      assert(ranges[i]:write(PIECE))
    end
  end
  local grown = resident() - before
  for _, range in ipairs(ranges) do
    assert.is_truthy(range:tree_hash())
    range:close()
  end
  file:close()
  -- The rings, and for each a thread's stack and a hash.
  assert.is_true(grown < MOST, ("%.1f MiB"):format(grown / MIB))
end)
