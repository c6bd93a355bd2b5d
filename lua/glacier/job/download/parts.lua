--- How an output is cut into parts, and how their tree hashes make the whole's.
-- Parts are of a power of two MiB, so that each is a node of the tree. Pure.

local digest = require("glacier.core.digest")

local ceil, floor, min = math.ceil, math.floor, math.min
local char, gsub = string.char, string.gsub
local tonumber = tonumber

local parts = {
  MIB = 2 ^ 20,
  --- The default, and the most that a part may have: bytes.
  USUAL = 32 * 2 ^ 20,
  LARGEST = 2 ^ 32,
}

-- Beyond that many parts they are made larger.
local MOST_PARTS = 65536

--- Whether a number of bytes is a power of two MiB.
---@param size number
---@return boolean
function parts.is_part_size(size)
  if size < parts.MIB or size > parts.LARGEST then
    return false
  end
  while size > parts.MIB do
    size = size / 2
  end
  return size == parts.MIB
end

--- The size of parts for an output. Where a job's range begins amid an archive
--- it divides that beginning: so the parts are nodes of the archive's tree, too,
--- and come with their hashes.
---@param size number   of the output, bytes
---@param first number  where it begins in its archive
---@param wanted number?  a power of two MiB
---@return number
function parts.size_for(size, first, wanted)
  local part = wanted or parts.USUAL
  while part > parts.MIB and first % part ~= 0 do
    part = part / 2
  end
  while size / part > MOST_PARTS do
    part = part * 2
  end
  return part
end

--- How many parts there are.
---@param size number
---@param part_size number
---@return integer
function parts.count(size, part_size)
  return ceil(size / part_size)
end

--- Where a part begins in the output, and how long it is: bytes.
---@param index integer  from 1
---@param size number
---@param part_size number
---@return number first
---@return number length
function parts.span(index, size, part_size)
  local first = (index - 1) * part_size
  return first, min(part_size, size - first)
end

local function to_bytes(hex)
  return (gsub(hex, "..", function(digits)
    return char(tonumber(digits, 16))
  end))
end

--- The tree hash of the whole out of those of its parts, in their order.
---@param hashes string[]  in hexadecimal digits, of parts of a power of two MiB
---@param count integer
---@return string hash
function parts.tree_hash(hashes, count)
  if count == 0 then
    return digest.tree_hash("")
  end
  local level = {}
  for i = 1, count do
    level[i] = hashes[i]
  end
  while count > 1 do
    for i = 1, floor(count / 2) do
      level[i] = digest.sha256(to_bytes(level[2 * i - 1]) .. to_bytes(level[2 * i]))
    end
    if count % 2 == 1 then
      level[(count + 1) / 2] = level[count]
    end
    count = ceil(count / 2)
  end
  return level[1]
end

return parts
