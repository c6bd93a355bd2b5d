--- The reasons why lines need not be seen to run, as reasons.txt has them.

local reasons = {}

-- A text in which each * stands for anything, as a pattern for all of a string.
local function pattern_of(text)
  return "^" .. text:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
end

-- A reason: patterns of paths and of lines' texts, whether it may be one for
-- nothing, and how many lines had it.
local function reason_of(line)
  local path, text, why = line:match "^(%S+) |(.-)| (.+)$"
  if not path then
    path, why = line:match "^(%S+) ([^|].*)$"
    text = "*"
  end
  assert(path, "reasons.txt: neither 'PATH why' nor 'PATH |TEXT| why': " .. line)
  return {
    line = line, path = pattern_of(path), text = pattern_of(text), used = 0,
    is_optional = why:find "^sometimes: " ~= nil,
  }
end

--- Reads them.
---@param path string
---@return table list  for `find` and `stale`
function reasons.read(path)
  local list = {}
  for line in io.lines(path) do
    if line ~= "" and not line:find "^#" then
      list[#list + 1] = reason_of(line)
    end
  end
  return list
end

--- Whether there is a reason for a line that was not run. Each that there is counts.
---@param list table
---@param path string
---@param text string  the line, without the blanks around it
---@return boolean
function reasons.find(list, path, text)
  local found = false
  for _, reason in ipairs(list) do
    if path:find(reason.path) and text:find(reason.text) then
      reason.used = reason.used + 1
      found = true
    end
  end
  return found
end

--- Those for lines that are run, or are no more.
---@return string[] lines  of the file
function reasons.stale(list)
  local stale = {}
  for _, reason in ipairs(list) do
    if reason.used == 0 and not reason.is_optional then
      stale[#stale + 1] = reason.line
    end
  end
  return stale
end

return reasons
