--- The files of a download: the part file with its bytes, and the journal that
-- says after a crash which of them are there. Nothing that it says is believed
-- before the bytes were hashed again.

local download = require("glacier.core.download")
local file_core = require("glacier.core.file")
local output_of = require("glacier.job.download.output")
local parts = require("glacier.job.download.parts")
local protected = require("glacier.host").protected
local records = require("glacier.job.download.records")
local target_of = require("glacier.job.target")
local task = require("glacier.job.task")

local ceil, max, min = math.ceil, math.max, math.min
local error, ipairs, next, pairs = error, ipairs, next, pairs
local remove = os.remove
local setmetatable = setmetatable
local sort = table.sort

---@class glacier.PartStore
---@field output glacier.JobOutput
---@field part_size number
---@field count integer
---@field hashes table<integer, string>   of the parts that are there
---@field checked table<integer, boolean> those that were right by their header
---@field headers table<integer, string>
---@field begun table<integer, table>     {size=, hashed=}: of a part amid its way
---@field buffer number?                  of each range: bytes
---@field resumed number                  bytes that were there at first
---@field is_new boolean                  nothing was
local Store = {}
Store.__index = Store

local store = {}

-- So many ranges are hashed by one task, so that somebody may look on between.
local AT_A_TIME = 256

-- Lines of the journal from which on it is written anew, without what no longer
-- counts.
local MANY_LINES = 16384

-- What a journal is written to before it is replaced has the longest name.
local LONGEST_ENDING = #"..journal.new" + output_of.KEY_LENGTH

-- The names of the two files, beside the target.
local function paths_of(target, key)
  local stem = target_of.stem_beside(target, LONGEST_ENDING, key) .. "." .. key
  return stem .. ".part", stem .. ".journal"
end

-- Of what is there: a list of {index=, first=, size=, hash=}, by place.
local function claims_of(self, read)
  local claims = {}
  local function claim(index, size, hash, done)
    local first, whole = parts.span(index, self.output.size, self.part_size)
    if index >= 1 and index <= self.count and size <= whole and (not done or size == whole) then
      claims[#claims + 1] = { index = index, first = first, size = size, hash = hash, done = done }
    end
  end
  for index, done in pairs(read.done) do
    local _, whole = parts.span(index, self.output.size, self.part_size)
    claim(index, whole, done.hash, done)
  end
  for index, begun in pairs(read.begun) do
    claim(index, begun.leaves * parts.MIB, begun.hash)
  end
  sort(claims, function(a, b)
    return a.first < b.first
  end)
  return claims
end

-- Takes over what turned out to be as it was said.
local function take_over(self, claim, found)
  if found.size ~= claim.size or found.tree_hash ~= claim.hash then
    return
  end
  self.resumed = self.resumed + claim.size
  if claim.done then
    self.hashes[claim.index] = claim.hash
    self.checked[claim.index] = claim.done.is_checked or nil
  else
    self.begun[claim.index] = { size = claim.size, hashed = found.hashed, hash = claim.hash }
  end
end

-- Hashes what the journal says is there, from the file.
local function check(self, claims, looked)
  for from = 1, #claims, AT_A_TIME do
    local ranges = {}
    for i = from, min(from + AT_A_TIME - 1, #claims) do
      ranges[#ranges + 1] = { claims[i].first, claims[i].size }
    end
    local begun, failure = self.file:hash(ranges)
    local found, err = task.run(self.client, begun, failure, looked)
    if not found then
      return nil, err
    end
    for i = 1, #ranges do
      take_over(self, claims[from + i - 1], found[i])
    end
  end
  return true
end

-- The records of what is there.
local function records_of(self)
  local done, begun, headers = {}, {}, {}
  for index, hash in pairs(self.hashes) do
    done[index] = { hash = hash, is_checked = self.checked[index] }
  end
  for index, one in pairs(self.begun) do
    begun[index] = { leaves = one.size / parts.MIB, hash = one.hash }
  end
  for index, hash in pairs(self.headers) do
    headers[index] = hash
  end
  return { part_size = self.part_size, done = done, begun = begun, headers = headers }
end

local function rewrite(self)
  local lines = records.write(records_of(self), self.output)
  local ok, failure = self.journal:rewrite(lines)
  self.lines, self.kept_lines = #lines, #lines
  if not ok then
    return nil, task.error(failure)
  end
  return true
end

local function append(self, line)
  local ok, failure = self.journal:append(line)
  if not ok then
    return nil, task.error(failure)
  end
  self.lines = self.lines + 1
  return true
end

-- Reads the journal and finds out what of it is so.
local function resume(self, lines, wanted, looked)
  local output = self.output
  local read = records.read(lines, output)
  local is_ours = read and parts.is_part_size(read.part_size)
  self.part_size = is_ours and read.part_size or parts.size_for(output.size, output.first, wanted)
  self.count = parts.count(output.size, self.part_size)
  if is_ours then
    local ok, err = check(self, claims_of(self, read), looked)
    if not ok then
      return nil, err
    end
    for index, hash in pairs(read.headers) do
      self.headers[index] = self.begun[index] and hash or nil
    end
  end
  return rewrite(self)
end

local function open_files(self)
  local failure
  self.file, failure = task.lock(self.client, download.file, self.path)
  if self.file then
    self.journal, failure = task.lock(self.client, download.journal, self.journal_path)
  end
  if failure then
    return nil, task.error(failure)
  end
  return true
end

-- Gives the file its length, and its space on the disk where there is as much.
-- Where there is not it is fetched all the same, up to where the disk is full:
-- what is there stays, and space may be made meanwhile.
local function allocate(self, looked)
  local size = self.output.size
  local ok, err
  for _, reserves in ipairs({ true, false }) do
    local begun, failure = self.file:allocate(size, reserves)
    ok, err = task.run(self.client, begun, failure, looked)
    if ok or err.code ~= "FileError" then
      break
    end
  end
  return ok, err
end

local function prepare(self, wanted, looked)
  local ok, err = open_files(self)
  local lines, failure
  if ok then
    lines, failure = self.journal:read()
    ok, err = lines, not lines and task.error(failure) or nil
    self.is_new = lines ~= nil and #lines == 0
  end
  if ok then
    ok, err = resume(self, lines, wanted, looked)
  end
  if ok and self.file:size() ~= self.output.size then
    ok, err = allocate(self, looked)
  end
  return ok, err
end

--- Opens, or goes on with, the files of a download, which are locked from then.
---@param client glacier.Client
---@param target string
---@param output glacier.JobOutput
---@param wanted number?  the size of parts, where there are none yet
---@param looked fun()    called now and then while bytes are hashed
---@return glacier.PartStore?
---@return glacier.Error? err  code "Locked": another process has them; "FileError"
function store.open(client, target, output, wanted, looked)
  local path, journal_path = paths_of(target, output.key)
  local self = setmetatable({
    client = client, output = output, path = path, journal_path = journal_path,
    hashes = {}, checked = {}, headers = {}, begun = {}, resumed = 0, lines = 0, kept_lines = 0,
  }, Store)
  local done, ok, err = protected.call(prepare, self, wanted, looked)
  if done and ok then
    return self
  end
  if self.is_new then
    self:discard()
  end
  self:close()
  if not done then
    error(ok, 0) -- what `looked` has raised
  end
  return nil, err
end

--- Begins with a part, or goes on behind what is there of it.
---@param index integer
---@return any? range
---@return glacier.Error? err
function Store:range(index)
  local first, size = parts.span(index, self.output.size, self.part_size)
  local begun = self.begun[index]
  local range, failure = self.file:range(first, size, {
    hashed = begun and begun.hashed, journal = self.journal, label = records.part_label(index),
    buffer = self.buffer,
  })
  if not range then
    return nil, task.error(failure)
  end
  return range
end

--- Takes note of the hash that the service says a part has.
---@param index integer
---@param hash string
---@return true|nil
---@return glacier.Error? err
function Store:note_header(index, hash)
  if self.headers[index] == hash then
    return true
  end
  self.headers[index] = hash
  return append(self, records.header(index, hash))
end

-- Lines that C has written: one a MiB of each part.
local function count_lines(self, index)
  local _, size = parts.span(index, self.output.size, self.part_size)
  self.lines = self.lines + ceil(size / parts.MIB)
end

--- A part is there.
---@param index integer
---@param hash string
---@param is_checked boolean  it is what its header says
---@return true|nil
---@return glacier.Error? err
function Store:finish(index, hash, is_checked)
  self.hashes[index], self.checked[index] = hash, is_checked or nil
  self.begun[index], self.headers[index] = nil, nil
  count_lines(self, index)
  local ok, err = append(self, records.done(index, hash, is_checked))
  if ok and self.lines - self.kept_lines > max(MANY_LINES, self.kept_lines) then
    return rewrite(self)
  end
  return ok, err
end

--- What is there of a part does not count.
---@param index integer
---@return true|nil
---@return glacier.Error? err
function Store:forget(index)
  self.begun[index], self.headers[index] = nil, nil
  return append(self, records.again(index))
end

--- Whether each part was right by its own header.
---@return boolean
function Store:is_checked()
  for index = 1, self.count do
    if not self.checked[index] then
      return false
    end
  end
  return self.count > 0
end

--- The tree hash of the whole, once all parts are there.
---@return string
function Store:tree_hash()
  return parts.tree_hash(self.hashes, self.count)
end

--- Gives the file its name; the journal is gone then.
---@param target string
---@param overwrite boolean?
---@param looked fun()
---@return true|nil
---@return glacier.Error? err
function Store:publish(target, overwrite, looked)
  local begun, failure = self.file:publish(target, overwrite)
  local ok, err = task.run(self.client, begun, failure, looked)
  if ok then
    remove(self.journal_path)
  end
  return ok, err
end

--- Keeps what was right by a header of its own, and nothing else: the whole has
--- turned out to be wrong, and all that none proved may be why.
---@return true|nil
---@return glacier.Error? err
function Store:keep_checked()
  if not next(self.checked) then
    self:discard()
    return true
  end
  for index in pairs(self.hashes) do
    if not self.checked[index] then
      self.hashes[index] = nil
    end
  end
  return rewrite(self)
end

--- Removes both files: nothing of them is of use.
function Store:discard()
  remove(self.journal_path)
  remove(self.path)
end

--- Removes the files of a download whose file has got its name, where a crash
--- has left them. Those that somebody has stay.
---@param path string  of the target
---@param key string   of its output
function store.clean(path, key)
  local files = { paths_of(path, key) }
  for i = 1, #files do
    local file = file_core.kind(files[i]) == "file" and download.file(files[i])
    if file then
      remove(files[i])
      file:close()
    end
  end
end

--- Gives the locks back.
function Store:close()
  if self.journal then
    self.journal:close()
  end
  if self.file then
    self.file:close()
  end
end

return store
