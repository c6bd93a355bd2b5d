--- Where a file is to be: what stands there, and whether it can be made.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local file_core = require("glacier.core.file")
local file_hash = require("glacier.core.file_hash")
local task = require("glacier.job.task")
local text = require("glacier.text")

local format, match, sub = string.format, string.match, string.sub

local target = {
  --- Bytes that a file's name has at the most.
  LONGEST_NAME = 255,
}

local LONGEST_SHOWN = 500

-- Digits of the hash by which names that are cut alike are told apart.
local HASH_LENGTH = 16

local function refuse(path, reason)
  local err = errors.config(format("cannot write '%s': %s", text.line(path, LONGEST_SHOWN), reason),
    "FileError")
  err.sent, err.in_doubt = false, false
  return nil, err
end

--- A path's folder and its last name.
---@param path string
---@return string folder  with its slash; "." where the path names none
---@return string name
function target.split(path)
  local folder, name = match(path, "^(.*/)([^/]*)$")
  return folder or ".", name or path
end

--- What the names of files begin with that stand beside a target and are named
--- after it, "FOLDER/.NAME". A name that does not fit is cut; it stays UTF-8 if
--- it was.
---@param path string
---@param reserved integer  bytes that the longest ending has
---@param key string?       which the ending has and by which two names that are
--- cut alike are told apart; without it the cut name gets its hash
---@return string
function target.stem_beside(path, reserved, key)
  local folder, name = target.split(path)
  local room = target.LONGEST_NAME - #"." - reserved
  if #name > room then
    local suffix = key and "" or "." .. sub(digest.sha256(name), 1, HASH_LENGTH)
    local length = room - #suffix
    name = (text.is_utf8(name) and text.cut(name, length) or sub(name, 1, length)) .. suffix
  end
  return (match(path, "^.*/") and folder or "") .. "." .. name
end

local NO_FILE = {
  folder = "it is a folder",
  special = "it is a pipe, a socket or a device",
  dangling = "it is a link to nothing",
}

--- Judges what stands where the file is to be, before anything is sent.
---@param path string
---@return number|false|nil length  of the file that is there, bytes; false: none is
---@return glacier.Error? err  code "FileError"
function target.check(path)
  local folder, name = target.split(path)
  if name == "" or name == "." or name == ".." then
    return refuse(path, "it names a folder")
  elseif #name > target.LONGEST_NAME then
    return refuse(path, format("its name has more than %d bytes", target.LONGEST_NAME))
  end
  local kind, length = file_core.kind(path)
  if NO_FILE[kind] then
    return refuse(path, NO_FILE[kind])
  end
  local ok, failure = file_core.check_folder(folder)
  if not ok then
    return nil, task.error(failure)
  end
  return kind == "file" and length or false
end

--- Whether the file that is there is what is asked for, as far as a hash can
--- prove it.
---@param client glacier.Client
---@param path string
---@param length number   of the file, bytes
---@param size number     that it should have
---@param hash string?    tree hash that it should have; nil: nothing proves it
---@param looked fun()    called now and then meanwhile
---@return boolean? is_right
---@return glacier.Error? err  it could not be read, or the client is closed
function target.is_right(client, path, length, size, hash, looked)
  if not hash or length ~= size then
    return false
  end
  local begun, failure = file_hash.start(path)
  local found, err = task.run(client, begun, failure, looked)
  if not found then
    return nil, err
  end
  return found == hash
end

--- The error of a file that is there and is not to be replaced.
---@param path string
---@param hash string?  that it does not have
---@return glacier.Error
function target.in_the_way(path, hash)
  local err = errors.config(format("'%s' exists already%s (overwrite = true replaces it)",
    text.line(path, LONGEST_SHOWN), hash and ", and is another file" or
    ", and nothing proves that it is the job's output"), "FileExists")
  err.sent, err.in_doubt = false, false
  return err
end

return target
