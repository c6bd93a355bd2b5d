--- The files of a restore: partial ones in a folder of their own below the target,
-- and the whole ones at their places.

local errors = require("glacier.errors")
local download = require("glacier.core.download")
local file_core = require("glacier.core.file")
local folder_core = require("glacier.core.folder")
local hashes = require("glacier.job").functions
local text = require("glacier.text")

local format, match = string.format, string.match
local huge = math.huge
local open = io and io.open
local remove = os.remove
local setmetatable, tonumber = setmetatable, tonumber

local files = {
  --- Below the target; what is in it belongs to archives that are on their way.
  FOLDER = ".glacier-restore",
}

---@class glacier.RestoreFiles
---@field root string
local Files = {}
Files.__index = Files

local function failed(failure)
  return nil, errors.new(failure.kind, failure.code, failure.message,
    { sent = false, in_doubt = false })
end

--- The files below a folder, which is made.
---@param root string
---@return glacier.RestoreFiles?
---@return glacier.Error? err  code "FileError"
function files.open(root)
  local self = setmetatable({ root = root, parts = root .. "/" .. files.FOLDER }, Files)
  local ok, failure = folder_core.make(root)
  if ok then
    ok, failure = folder_core.make_below(root, files.FOLDER)
  end
  if ok then
    ok, failure = file_core.check_folder(self.parts)
  end
  if not ok then
    return failed(failure)
  end
  self.free = function()
    return download.space(root) or huge
  end
  return self
end

--- Where an archive is fetched to at first.
---@param fetch glacier.Fetch
---@return string path
function Files:part(fetch)
  return format("%s/%.0f", self.parts, fetch.seq)
end

local function place(self, fetch)
  return self.root .. "/" .. fetch.path
end

--- Whether the archive is at its place already: after a crash between the file's
--- name and the database, that is.
---@param fetch glacier.Fetch
---@return boolean? is_there
---@return glacier.Error? err  code "FileExists": something else is
function Files:is_there(fetch)
  local path = place(self, fetch)
  local kind, length = file_core.kind(path)
  if not kind then
    return false
  elseif kind == "file" and length == fetch.size and fetch.tree_hash and
    not folder_core.find_link(self.root, fetch.path) then
    local hash, err = hashes.tree_hash_file(path)
    if not hash then
      return nil, err
    elseif hash == text.lower(fetch.tree_hash) then
      return true
    end
  end
  return nil, errors.new("config", "FileExists", format("'%s' is there already, and is not the " ..
    "archive", text.line(path, 500)), { sent = false, in_doubt = false })
end

--- Gives a whole file its place.
---@param fetch glacier.Fetch
---@return true?
---@return glacier.Error? err
function Files:publish(fetch)
  local parent = match(fetch.path, "^(.*)/[^/]*$")
  local ok, failure = true, nil
  if parent then
    ok, failure = folder_core.make_below(self.root, parent)
  end
  if ok then
    ok, failure = file_core.publish(self:part(fetch), place(self, fetch), false)
  end
  if not ok then
    return failed(failure)
  end
  return true
end

local function witness(self)
  return self.parts .. "/witness"
end

--- Notes beside the store when a run was last at work here. A store that knows
-- less was set back to a backup.
---@param now number  epoch seconds
function Files:note_time(now)
  file_core.replace(witness(self), format("%.0f\n", now))
end

--- When a run was last at work here; nil: none was, or its work is done.
---@return number? epoch
function Files:last_time()
  local file = open and open(witness(self), "rb")
  local line = file and file:read("*l")
  if file then
    file:close()
  end
  return tonumber(match(line or "", "^[0-9]+$"))
end

--- Removes the partial files of archives that are not on their way any more.
---@param is_wanted fun(seq: number): boolean
function Files:clean(is_wanted)
  local handle = folder_core.open(self.parts)
  if not handle then
    return
  end
  local names = {}
  local name = handle:next()
  while name do
    names[#names + 1] = name
    name = handle:next()
  end
  handle:close()
  for i = 1, #names do
    local seq = tonumber(match(names[i], "^%.?([0-9]+)"))
    if seq and not is_wanted(seq) then
      remove(self.parts .. "/" .. names[i])
    end
  end
end

--- Removes the folder of partial files, if it is empty. Nothing is at work here
--- any more.
function Files:leave()
  remove(witness(self))
  remove(self.parts)
end

return files
