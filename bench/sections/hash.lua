--- The tree hash of a file that is in the page cache, against `openssl speed` on
--- as many cores: bytes of memory that are hashed over and over. What reading
--- the file costs is in neither that nor the bar, so the bare work stands beside.

local harness = require "bench.harness"
local machine = require "bench.machine"

local MIB, BAR = 1024, 0.9

return function()
  local path, lua = machine.folder .. "/blob", machine.luas[1]
  machine.read(("dd if=/dev/urandom of=%s bs=1M count=%d"):format(path, MIB))
  -- The last word is thousands of bytes a second.
  local speed = ("openssl speed -seconds 1 -bytes 16384 -multi %d -evp sha256 2>/dev/null | " ..
    "awk '/^sha256/ { printf \"%%.1f\\n\", $2 * 1000 / 1048576 }'"):format(machine.count)
  local bare = ("%s/bench/floor_hash %s %d"):format(machine.build, path, machine.count)
  local medians, reasons = harness.compete({ speed,
    lua.run .. "bench/programs/tree_hash.lua " .. path .. " " .. MIB, bare })
  os.remove(path)
  local function row(against, i, bar)
    local floor, ours = medians[i], medians[2]
    harness.row { work = ("tree hash of a file of %d MiB, cached"):format(MIB), unit = "MiB/s",
      against = against, bar = bar, least = bar ~= nil,
      floor = floor and floor[1], ours = ours and ours[1],
      skipped = not (floor and ours) and (reasons[i] or reasons[2]) or nil }
  end
  row(("openssl speed, %d cores"):format(machine.count), 1, BAR)
  row(("read and SHA-256 in C, %d threads"):format(machine.count), 3)
end
