--- Tree hashes (Amazon S3 Glacier Developer Guide, "Computing Checksums"): of
-- bytes, of bytes that come piece by piece, and of files.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local file_hash = require("glacier.core.file_hash")
local hosts = require("glacier.host")
local task = require("glacier.job.task")

local error, type = error, type
local format = string.format

local hashes = {}

local function check_string(value, name)
  if type(value) ~= "string" then
    error(format("bad argument #1 to '%s' (string expected, got %s)", name, type(value)), 3)
  end
end

--- The tree hash of a string.
---@param bytes string  any number of them, none too
---@return string hash  64 hexadecimal digits, lower case
function hashes.tree_hash(bytes)
  check_string(bytes, "tree_hash")
  return digest.tree_hash(bytes)
end

---@class glacier.TreeHasher
---@field update fun(self, bytes: string): glacier.TreeHasher  takes the next
--- bytes, any number of them
---@field digest fun(self): string  the tree hash of all bytes so far, in lower
--- case; more of them may follow, as with Python's hashlib

--- A new hasher, of no bytes yet.
---@type fun(): glacier.TreeHasher
hashes.tree_hasher = digest.tree_hasher

-- Lets the host go on until the hashing has ended; where nobody else can go on
-- meanwhile, its result is waited for in C.
local function wait(hashing)
  local host = hosts.choose("auto")
  if host and not (host.check and host.check()) then
    task.await_in(host, function()
      return hashing:done()
    end)
  end
end

--- The tree hash of a file, by threads on all cores, which blocks no host that
--- can do something else meanwhile: under glacier.spawn, that is. Memory is
--- flat, whatever the size.
---@param path string  of a file or a disk
---@return string? hash  64 hexadecimal digits, lower case
---@return glacier.Error? err  kind "config", code "FileError": it cannot be read,
--- or is neither a file nor a disk
function hashes.tree_hash_file(path)
  check_string(path, "tree_hash_file")
  local hashing, failure = file_hash.start(path)
  local hash
  if hashing then
    wait(hashing)
    hash, failure = hashing:result()
    hashing:close()
  end
  if not hash then
    return nil, errors.config(failure.message,
      failure.code == "InvalidConfigError" and "FileError" or failure.code)
  end
  return hash
end

return hashes
