--- The project's pages of Markdown, as specs read them: README.md and those below
-- doc/, their fenced blocks, headings and links.
--
-- What a comment in front of a block says:
--
--     <!-- given: LUA -->            runs before it, in the same program
--     <!-- fails: CODE -->           its `err` is that at its end, and not nil
--     <!-- needs: MODULE -->         it is left out where there is no such module of Lua
--     <!-- not run: WHY -->          it is only read

local lfs = require "lfs"

local pages = {}

---@param path string
---@return string
function pages.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function add_below(folder, found)
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if not name:find "^%." and lfs.attributes(path, "mode") == "directory" then
      add_below(path, found)
    elseif name:find "%.md$" then
      found[#found + 1] = path
    end
  end
end

--- The paths of all pages, in order.
---@return string[]
function pages.list()
  local found = { "README.md", "SECURITY.md", "CHANGELOG.md" }
  add_below("doc", found)
  table.sort(found)
  return found
end

local NOTES = { given = true, fails = true, needs = true, ["not run"] = true }

-- The notes in the comments right in front of a position in a text.
local function notes_before(text)
  local notes = {}
  while true do
    local rest, comment = text:match "^(.*)<!%-%-%s*(.-)%s*%-%->%s*$"
    -- Of several comments the shortest match is the last.
    while comment and comment:find("<!--", 1, true) do
      local more
      more, comment = comment:match "^(.*)<!%-%-%s*(.-)$"
      rest = rest .. "<!-- " .. more
    end
    local name, value = (comment or ""):match "^([%w ]-):%s*(.*)$"
    if not NOTES[name] then
      return notes
    end
    notes[name] = value
    text = rest
  end
end

-- The file that a block's first line names in a comment of its language.
local function file_of(code)
  local first = code:match "^[^\n]*"
  return first:match "^%-%- ([%w_./-]+%.%w+)$" or first:match "^# ([%w_./-]+%.%w+)$"
    or first:match "^/%* ([%w_./-]+%.%w+) %*/$"
end

--- The fenced blocks of a text, in order.
---@param text string
---@return { language: string, code: string, line: integer, file: string?, notes: table }[]
function pages.blocks(text)
  local found, from = {}, 1
  text = "\n" .. text .. "\n"
  while true do
    local first, last, language, code = text:find("\n```(%w*)\n(.-)\n```%f[\n]", from)
    if not first then
      return found
    end
    local _, line = text:sub(1, first):gsub("\n", "")
    found[#found + 1] = { language = language, code = code, line = line,
      file = file_of(code), notes = notes_before(text:sub(1, first)) }
    from = last + 1
  end
end

-- The text without its blocks.
local function prose(text)
  return (("\n" .. text .. "\n"):gsub("\n```%w*\n.-\n```%f[\n]", "\n"))
end

--- What headings can be linked as: in small letters, without what is neither
--- letter nor digit, blanks as hyphens.
---@param text string
---@return table<string, boolean>
function pages.anchors(text)
  local found = {}
  for heading in prose(text):gmatch "\n#+ ([^\n]+)" do
    local anchor = heading:lower():gsub("[^%w%- _]", ""):gsub(" ", "-")
    found[anchor] = true
  end
  return found
end

--- The targets of links, without those to other sites.
---@param text string
---@return string[]
function pages.links(text)
  local found = {}
  for target in prose(text):gmatch "%]%(([^)%s]+)%)" do
    if not target:find "^%a+:" then
      found[#found + 1] = target
    end
  end
  return found
end

return pages
