--- The tree hash of a file that is in the page cache, against `openssl speed` on
--- as many cores: bytes of memory that are hashed over and over.

local harness = require "bench.harness"
local machine = require "bench.machine"

local MIB, BAR = 1024, 0.9

return function()
  local path, lua = machine.folder .. "/blob", machine.luas[1]
  machine.read(("dd if=/dev/urandom of=%s bs=1M count=%d"):format(path, MIB))
  -- The last word is thousands of bytes a second.
  local speed = ("openssl speed -seconds 1 -bytes 16384 -multi %d -evp sha256 2>/dev/null | " ..
    "awk '/^sha256/ { printf \"%%.1f\\n\", $2 * 1000 / 1048576 }'"):format(machine.count)
  local medians, reasons = harness.compete({ speed,
    lua.run .. "bench/programs/tree_hash.lua " .. path .. " " .. MIB })
  os.remove(path)
  local ours, floor = medians[2], medians[1]
  harness.row { work = ("tree hash of a file of %d MiB, cached"):format(MIB), unit = "MiB/s",
    against = ("openssl speed, %d cores"):format(machine.count), bar = BAR, least = true,
    floor = floor and floor[1], ours = ours and ours[1],
    skipped = not (floor and ours) and (reasons[1] or reasons[2]) or nil }
end
