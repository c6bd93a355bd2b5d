--- The archives of a vault, from its inventory: JSON or CSV, found out by what
-- it holds, read piece by piece in flat memory.
--
-- In CSV a description's end cannot be seen from its beginning, since a
-- backslash is not escaped: a line is read from both its ends (core/inventory).

local core = require("glacier.core.inventory")
local errors = require("glacier.errors")
local options = require("glacier.config").options
local text = require("glacier.text")

local error, setmetatable, type = error, setmetatable, type
local find, format, sub = string.find, string.format, string.sub
local open = io and io.open

local PIECE = core.PIECE

-- How much of a bad row is shown in a message; all of it is in `text`.
local SHOWN = 200

local KNOWN = {
  size = { type = "number" },
  on_bad = { type = "function" },
}

---@class glacier.Archive
---@field ArchiveId string
---@field ArchiveDescription string
---@field CreationDate string  as it stands there, with or without milliseconds
---@field Size integer  bytes; exact beyond 2^53 where Lua has integers
---@field SHA256TreeHash string

---@class glacier.BadRow
---@field line? integer  of CSV, from 1, which is the names of the columns
---@field row? integer   of JSON: the number of the item in ArchiveList, from 1
---@field text string    the row as it stands there, 64 KiB of it at the most
---@field reason string  what is wrong with it

-- io.open puts the path before its reason.
local function file_error(path, reason)
  if sub(reason, 1, #path + 2) == path .. ": " then
    reason = sub(reason, #path + 3)
  end
  return errors.config("cannot read '" .. path .. "': " .. reason, "FileError")
end

local function read_options(given)
  local result, err = options.judge(given, KNOWN, "#2 to 'inventory'", 3)
  local size = result and result.size
  if size and not (size >= 0 and size < 2 ^ 53 and size % 1 == 0) then
    err = errors.config("Option 'size' must be a whole number of bytes")
  end
  if err then
    error(err, 0)
  end
  return result
end

-- A function that returns the next piece of a file.
local function pieces_of(path)
  local file, reason
  if find(path, "\0", 1, true) then
    reason = "no file has a name with a NUL byte" -- io.open would take what is before it
  elseif open then
    file, reason = open(path, "rb")
  else
    reason = "this program has no io.open"
  end
  if not file then
    error(file_error(path, reason), 0)
  end
  return function()
    local piece, problem = file:read(PIECE)
    return piece, problem and file_error(path, problem)
  end, file
end

local function close(self)
  self.ended = true
  self.rest = nil
  self.reader:close()
  if self.file then
    self.file:close()
  end
end

-- Ends the reading for good: whoever asks again is told the same.
local function fail(self, err)
  self.err = err
  close(self)
  error(err, 0)
end

-- What the source has next, in pieces that the reader takes.
local function feed(self)
  local chunk = self.rest
  if not chunk then
    local problem
    chunk, problem = self.source()
    if chunk == nil and problem ~= nil then
      fail(self, errors.is_error(problem) and problem or errors.new("config", "SourceError",
        "the inventory cannot be read: " .. text.of(problem)))
    elseif chunk == nil or chunk == "" then
      return self.reader:finish()
    elseif type(chunk) ~= "string" then
      error(format("the source of an inventory must return strings, not a %s", type(chunk)), 0)
    end
    self.at = 1
  end
  local last = self.at + PIECE - 1
  self.reader:feed(#chunk <= PIECE and chunk or sub(chunk, self.at, last))
  self.at = last + 1
  self.rest = last < #chunk and chunk or nil
end

local function tell(self, bad)
  if self.on_bad then
    return self.on_bad(bad)
  end
  local where = bad.line and format("line %.0f", bad.line) or format("row %.0f", bad.row)
  fail(self, errors.new("protocol", "BadInventoryRow", format("%s of the inventory is bad, %s: %s",
    where, bad.reason, text.line(bad.text, SHOWN)), bad))
end

local function next_archive(self)
  while not self.ended do
    local archive, more = self.reader:next()
    if archive == "more" then
      feed(self)
    elseif archive == "bad" then
      tell(self, more)
    elseif archive == "end" then
      close(self)
    elseif archive then
      return archive
    else
      fail(self, errors.new("protocol", more.is_cut and "InventoryTruncated" or "InvalidInventory",
        more.message, { line = more.line, row = more.row }))
    end
  end
  if self.err then
    error(self.err, 0)
  end
  return nil
end

local inventory = {}

--- Iterates over the archives of an inventory:
--- `for archive in glacier.inventory(path) do`.
---
--- It raises, as io.lines does, error objects: the file cannot be opened (at
--- once) or read (`FileError`, kind "config"); a bad row without on_bad
--- (`BadInventoryRow`, kind "protocol"); what is no inventory
--- (`InvalidInventory`); a list that is not closed, or another size, after all
--- whole rows (`InventoryTruncated`). They have `line` in CSV and `row` in JSON.
--- Whoever asks again after that is raised the same.
---@param source string|fun(): string?, any  a path; or a function that returns
--- the next bytes, any number of them, and nil or "" at the end; nil and an
--- error ends it with that
---@param given? {size: integer?, on_bad: fun(bad: glacier.BadRow)?}  size: of
--- the whole in bytes, as InventorySizeInBytes of the job has it: only by this
--- a CSV that was cut at the end of a line is known. on_bad: told of each row
--- that is not an archive's, which then is left out; without it that row raises
---@return fun(): glacier.Archive?  the next archive, nil after the last
function inventory.inventory(source, given)
  local kind = type(source)
  if kind ~= "string" and kind ~= "function" then
    error(format("bad argument #1 to 'inventory' (string or function expected, got %s)", kind), 2)
  end
  local read = read_options(given)
  local self = { source = source, on_bad = read.on_bad, reader = core.open(read.size) }
  if kind == "string" then
    self.source, self.file = pieces_of(source)
  end
  -- The fourth is closed by Lua 5.4 at the end of its `for`, a break included.
  return function()
    return next_archive(self)
  end, nil, nil, setmetatable({}, { __close = function()
    if not self.ended then
      close(self)
    end
  end })
end

return inventory
