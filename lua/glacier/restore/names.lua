--- Where an archive's file is to be, below the target: what a name is allowed to
-- be, and what it becomes where it is taken. Pure but for links, which are looked
-- for on the disk.

local folder_core = require("glacier.core.folder")
local files = require("glacier.restore.files")
local text = require("glacier.text")

local concat = table.concat
local find, format, gmatch, match, sub = string.find, string.format, string.gmatch, string.match,
  string.sub

local names = {}

-- Bytes of a file's name at the most, and of those the ones that are left for a
-- suffix; and of a whole path, below any target.
local LONGEST_PART, ROOM_FOR_SUFFIX, LONGEST_PATH = 255, 20, 3000

-- What leads out of the target, or names nothing in it.
local function refusal(name)
  if find(name, "%z") then
    return "it has a NUL byte"
  elseif sub(name, 1, 1) == "/" then
    return "it is absolute"
  elseif #name > LONGEST_PATH then
    return format("it has more than %d bytes", LONGEST_PATH)
  end
  for part in gmatch(name, "[^/]+") do
    if part == ".." then
      return "it has '..' in it"
    end
  end
end

-- The path without what means nothing, of parts that a file system takes.
local function clean(name)
  local parts = {}
  for part in gmatch(name, "[^/]+") do
    if part ~= "." then
      local longest = LONGEST_PART - ROOM_FOR_SUFFIX
      parts[#parts + 1] = #part > LONGEST_PART and text.cut(part, longest) or part
    end
  end
  if parts[1] == files.FOLDER then
    parts[1] = parts[1] .. ".1" -- the restore's own
  end
  return concat(parts, "/")
end

-- Whether a name is a path as it stands: most are.
local function is_plain(name)
  return #name <= LONGEST_PART and name ~= "" and not find(name, "[^ -~]") and
    not find(name, "^[./]") and not find(name, "/[./]") and sub(name, -1) ~= "/"
end

--- Judges a name.
---@param root string  the target
---@param name string
---@return string? path    below the target, of UTF-8
---@return string? reason  why it is refused
function names.judge(root, name)
  local path = name
  if not is_plain(name) then
    local reason = refusal(name)
    if reason then
      return nil, reason
    end
    path = clean(text.to_utf8(name))
    if path == "" then
      return nil, "it names no file"
    end
  end
  local link = folder_core.find_link(root, path)
  if link then
    return nil, format("'%s' is a link", text.line(link, 300))
  end
  return path
end

--- The path with a number behind it.
---@param path string
---@param number integer
---@return string
function names.numbered(path, number)
  local folder, name = match(path, "^(.*/)([^/]*)$")
  local suffix = format(".%d", number)
  return (folder or "") .. text.cut(name or path, LONGEST_PART - #suffix) .. suffix
end

--- The folders that a path needs, from the top.
---@param path string
---@return fun(): string?
function names.folders(path)
  local at = 0
  return function()
    at = find(path, "/", at + 1, true)
    return at and sub(path, 1, at - 1) or nil
  end
end

return names
