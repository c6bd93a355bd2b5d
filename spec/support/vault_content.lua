--- The bytes of archives of any size, as a cheap function of the offset, and
-- their tree hashes, by code of its own: only SHA-256 is the project's. Used by
-- the vault server and by the specs that check what came from it.

local digest = require "glacier.core.digest"

local MIB = 2 ^ 20
-- The content repeats after this many MiB, so that a tree over any number of
-- them is made by doubling; a power of two, and larger than what specs mix up.
local PERIOD = 2 ^ 13
-- A MiB is the base from one of so many places on: so few are hashed.
local ROTATIONS = 61
local STEP = 1021

local content = { MIB = MIB }

local Content = {}
Content.__index = Content

local function sha256(bytes)
  return digest.sha256(bytes, true)
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

local bases = {}

--- Pseudo-random bytes: 1 MiB and what the rotations need.
local function base_of(seed)
  if not bases[seed] then
    local blocks, hash = {}, sha256(("vault content %d"):format(seed))
    local rows = {}
    for index = 1, 512 do
      hash = sha256(hash .. index)
      rows[index] = hash
    end
    local row = table.concat(rows)
    for index = 1, (MIB + ROTATIONS * STEP) / #row + 1 do
      blocks[index] = row:sub(index % 97 * 16 + 1) .. row:sub(1, index % 97 * 16)
    end
    bases[seed] = table.concat(blocks)
  end
  return bases[seed]
end

--- Where in the base a MiB begins.
local function rotation(seed, leaf)
  leaf = leaf % PERIOD
  return (leaf * 7919 + math.floor(leaf / 61) * 31 + seed * 13) % ROTATIONS * STEP
end

local zeros

--- A stretch of the content without copying: a text and the places in it of
-- the byte at `offset` and of the last that follows there.
---@param offset number
---@return string text
---@return number from
---@return number to
function Content:slice(offset)
  local leaf = math.floor(offset / MIB)
  local within = offset - leaf * MIB
  if self.kind == "bytes" then
    return self.given, offset + 1, math.min(#self.given, (leaf + 1) * MIB)
  elseif self.kind == "zeros" then
    zeros = zeros or ("\0"):rep(MIB)
    return zeros, within + 1, MIB
  end
  local start = rotation(self.seed, leaf)
  return base_of(self.seed), start + within + 1, start + MIB
end

--- The bytes of a range, which is cut at the content's end.
---@param offset number
---@param count number
---@return string
function Content:bytes(offset, count)
  local pieces, stop = {}, math.min(offset + count, self.size)
  while offset < stop do
    local text, from, to = self:slice(offset)
    local piece = text:sub(from, math.min(to, from + (stop - offset) - 1))
    pieces[#pieces + 1] = piece
    offset = offset + #piece
  end
  return table.concat(pieces)
end

--- What is the same for equal leaves; nil where leaves are not to be remembered.
local function leaf_key(self, leaf)
  return self.kind == "zeros" and 0
    or self.kind == "pattern" and rotation(self.seed, leaf)
    or leaf
end

local function leaf_hash(self, leaf, count)
  if count < MIB then
    return sha256(self:bytes(leaf * MIB, count))
  end
  local key = leaf_key(self, leaf)
  local hash = self.leaves[key]
  if not hash then
    hash = sha256(self:bytes(leaf * MIB, MIB))
    self.leaves[key] = hash
  end
  return hash
end

--- What is the same for equal whole nodes of a width; nil: do not remember.
local function node_key(self, leaf, width)
  if leaf % width ~= 0 then
    return nil
  elseif self.kind == "zeros" then
    leaf = 0
  elseif self.kind == "pattern" then
    leaf = leaf % math.max(PERIOD, width)
  end
  return ("%.0f+%.0f"):format(leaf, width)
end

--- The tree over [offset, offset + size), whose first leaf is `leaf`: the left
-- side is the largest power of two of leaves that leaves something for the right.
local function tree(self, leaf, size)
  if size <= MIB then
    return leaf_hash(self, leaf, size)
  end
  local width = 1
  while width * 2 * MIB < size do
    width = width * 2
  end
  local whole = size == width * 2 * MIB
  local key = whole and node_key(self, leaf, width * 2)
  if key and self.nodes[key] then
    return self.nodes[key]
  end
  local hash = sha256(tree(self, leaf, width * MIB)
    .. tree(self, leaf + width, size - width * MIB))
  if key then
    self.nodes[key] = hash
  end
  return hash
end

--- The tree hash of a range that begins at a whole MiB, in hex.
---@param offset number?  0
---@param size number?    to the end
---@return string
function Content:tree_hash(offset, size)
  offset = offset or 0
  assert(offset % MIB == 0, "a tree begins at a whole MiB")
  return hex(tree(self, offset / MIB, size or self.size - offset))
end

--- Compares a file with a range of the content.
---@param path string
---@param offset number?  0
---@param size number?    to the end
---@return true?
---@return string? difference
function Content:check_file(path, offset, size)
  offset = offset or 0
  size = size or self.size - offset
  local file, err = io.open(path, "rb")
  if not file then
    return nil, err
  end
  local length, place = file:seek "end", 0
  file:seek "set"
  while place < size do
    local piece = file:read(math.min(MIB, size - place)) or ""
    if piece ~= self:bytes(offset + place, math.min(MIB, size - place)) then
      file:close()
      return nil, ("differs within the MiB from byte %.0f on"):format(place)
    end
    place = place + #piece
  end
  file:close()
  if length ~= size then
    return nil, ("%.0f bytes, not %.0f"):format(length, size)
  end
  return true
end

--- The content of an archive.
---@param given { bytes: string?, size: number?, kind: string?, seed: number? } the
--- bytes, or a size and "pattern" (the default, from a seed) or "zeros"
function content.new(given)
  local self = { seed = given.seed or 1, leaves = {}, nodes = {} }
  if given.bytes then
    self.kind, self.given, self.size = "bytes", given.bytes, #given.bytes
  else
    self.kind, self.size = given.kind or "pattern", given.size
  end
  assert(self.size and self.size >= 1, "an archive has at least one byte")
  assert(self.kind == "bytes" or self.kind == "pattern" or self.kind == "zeros", self.kind)
  return setmetatable(self, Content)
end

--- Whether a range is a node of the tree of `size` bytes, or the whole of it.
---@param first number
---@param count number
---@param size number
---@return boolean
function content.is_node(first, count, size)
  local last = first + count
  if first % MIB ~= 0 or last % MIB ~= 0 and last ~= size then
    return false
  end
  local from, to, all = first / MIB, math.ceil(last / MIB), math.ceil(size / MIB)
  local width = 1
  while width < to - from do
    width = width * 2
  end
  return from % width == 0 and (to - from == width or to == all)
end

content.hex = hex

return content
