--- What the journal of a download says, line by line:
--
--   download 1 SIZE PART_SIZE KEY   the first: what is fetched, and in what parts
--   header INDEX HASH               the service's hash of a part
--   part INDEX LEAVES HASH          so many MiB of it are there (written by C)
--   again INDEX                     what was there of it does not count
--   done INDEX HASH CHECKED         all of it is; CHECKED: 1, against its header
--
-- Pure. A line that is none of these is of a later version and says nothing.

local format, match = string.format, string.match
local pairs, tonumber = pairs, tonumber

local records = {}

---@class glacier.PartRecords
---@field part_size number
---@field done table<integer, {hash: string, is_checked: boolean}>
---@field begun table<integer, {leaves: number, hash: string}>
---@field headers table<integer, string>

--- The first line of a journal.
---@param output glacier.JobOutput
---@param part_size number
---@return string
function records.first(output, part_size)
  return format("download 1 %.0f %.0f %s", output.size, part_size, output.key)
end

function records.header(index, hash)
  return format("header %d %s", index, hash)
end

-- To this C appends LEAVES and HASH.
function records.part_label(index)
  return format("part %d", index)
end

function records.again(index)
  return format("again %d", index)
end

function records.done(index, hash, is_checked)
  return format("done %d %s %d", index, hash, is_checked and 1 or 0)
end

-- Numbers of more digits are none of ours, and no Lua counts so far exactly.
local MOST_DIGITS = 15

local READERS = {
  { "^part ([0-9]+) ([0-9]+) ([0-9a-f]+)$", function(self, index, leaves, hash)
    if #leaves <= MOST_DIGITS then
      self.begun[index] = { leaves = tonumber(leaves), hash = hash }
    end
  end },
  { "^done ([0-9]+) ([0-9a-f]+) ([01])$", function(self, index, hash, checked)
    self.done[index], self.begun[index] = { hash = hash, is_checked = checked == "1" }, nil
  end },
  { "^header ([0-9]+) ([0-9a-f]+)$", function(self, index, hash)
    self.headers[index] = hash
  end },
  { "^again ([0-9]+)$", function(self, index)
    self.done[index], self.begun[index], self.headers[index] = nil, nil, nil
  end },
}

--- Reads a journal.
---@param lines string[]
---@param output glacier.JobOutput
---@return glacier.PartRecords?  nil: it is of something else, or there is none
function records.read(lines, output)
  local size, part_size, key = match(lines[1] or "", "^download 1 ([0-9]+) ([0-9]+) ([0-9a-f]+)$")
  if not size or tonumber(size) ~= output.size or key ~= output.key then
    return nil
  end
  local self = { part_size = tonumber(part_size), done = {}, begun = {}, headers = {} }
  for i = 2, #lines do
    for j = 1, #READERS do
      local index, a, b = match(lines[i], READERS[j][1])
      if index and #index <= MOST_DIGITS then
        READERS[j][2](self, tonumber(index), a, b)
        break
      end
    end
  end
  return self
end

--- The fewest lines that say the same.
---@param self glacier.PartRecords
---@param output glacier.JobOutput
---@return string[]
function records.write(self, output)
  local lines = { records.first(output, self.part_size) }
  for index, done in pairs(self.done) do
    lines[#lines + 1] = records.done(index, done.hash, done.is_checked)
  end
  for index, hash in pairs(self.headers) do
    if not self.done[index] then
      lines[#lines + 1] = records.header(index, hash)
    end
  end
  for index, begun in pairs(self.begun) do
    lines[#lines + 1] = format("%s %.0f %s", records.part_label(index), begun.leaves, begun.hash)
  end
  return lines
end

return records
