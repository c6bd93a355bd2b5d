--- Small files of the user's: where they are and what is in them.

local open = io and io.open
local concat = table.concat
local find, gsub, sub = string.find, string.gsub, string.sub

local files = {}

-- Bounds what a wrong path, such as that of a device, can make us read.
local MAX_BYTES = 16 * 1024 * 1024
local PIECE_BYTES = 64 * 1024

-- The numbers that errno has on every system that has Lua's io.open.
local ENOENT, EACCES, ENOTDIR = 2, 13, 20

--- Puts the home directory for the "~" that a path begins with. "~user" stays.
---@param path string
---@param environment table<string, string>  HOME, else USERPROFILE
---@return string path  as it was where no home directory is known
function files.expand(path, environment)
  local home = environment.HOME or environment.USERPROFILE
  if home and find(path, "^~[/\\]") or path == "~" and home then
    return gsub(home, "/+$", "") .. sub(path, 2)
  end
  return path
end

-- With a slash after it the name of a file gives ENOTDIR, unless a directory
-- on the way to it is closed to us: then nothing tells whether it is there.
local function why_closed(path, code)
  if code == ENOENT or code == ENOTDIR then
    return "absent"
  elseif code == EACCES then
    local file, _, beneath = open(path .. "/", "rb")
    if file then file:close() end
    return beneath == EACCES and "unreachable" or nil
  end
end

-- The system's reason, with the path before it exactly once.
local function explain(path, message)
  local prefix = path .. ": "
  if sub(message, 1, #prefix) == prefix then
    return message
  end
  return prefix .. message
end

--- Reads a whole file, of at most 16 MiB.
---@param path string
---@return string? text
---@return string? message  names the file and the reason, never the content
---@return "absent"|"unreachable"|nil reason  there is no such file; a
--- directory on the way to it is closed to us; nil: any other reason
function files.read(path)
  local pieces, size = {}, 0
  local piece, failure
  if not open then
    return nil, explain(path, "this program has no io.open"), "unreachable"
  end
  local file, message, code = open(path, "rb")
  if not file then
    return nil, explain(path, message), why_closed(path, code)
  end
  repeat
    piece, failure = file:read(PIECE_BYTES)
    pieces[#pieces + 1] = piece
    size = size + #(piece or "")
  until not piece or size > MAX_BYTES
  file:close()
  if size > MAX_BYTES then
    failure = "larger than " .. MAX_BYTES .. " bytes"
  end
  if failure then
    return nil, explain(path, failure)
  end
  return concat(pieces)
end

return files
