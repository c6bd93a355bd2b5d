--- The status as a page for people who wait, and where it is written.

local amounts = require("glacier.amounts")
local file = require("glacier.core.file")
local json = require("glacier.json")
local restore = require("glacier.restore")
local text = require("glacier.text")

local concat = table.concat
local format = string.format
local io, os = io, os
local ipairs = ipairs

local page = {}

local STDOUT = 1
local BAR, LONGEST_LINE = 40, 100

-- To the upper left, and all that was there is gone.
local CLEAR = "\27[H\27[2J"

--- A page: what is restored, how far it is, and what was given up.
---@param found glacier.RestoreStatus
---@param problems {path: string, state: string, last_error: string?}[]
---@param now string  the time that it shows
---@return string  with a line's end at its end
function page.page(found, problems, now)
  local share = found.bytes > 0 and found.bytes_done / found.bytes or
    found.archives == found.done and 1 or 0
  local lines = {
    text.line(format("vault %s into %s, tier %s, %s", found.vault, found.folder,
      found.tier or "of the service", now), 2 * LONGEST_LINE),
    "",
    format("%s %s%%", amounts.bar(share, BAR), amounts.whole(100 * share)),
    restore.report(found),
  }
  for _, problem in ipairs(problems) do
    lines[#lines + 1] = text.line(format("%s %s: %s", problem.state, problem.path,
      problem.last_error or "no reason is known"), LONGEST_LINE)
  end
  return concat(lines, "\n") .. "\n"
end

-- Whole at each moment: who reads it never sees half of it.
local function replace(path, content)
  local new = path .. ".new"
  local opened, err = io.open(new, "wb")
  if not opened then
    return nil, err
  end
  local ok
  ok, err = opened:write(content)
  local closed, reason = opened:close()
  if ok and closed then
    ok, err = os.rename(new, path)
  end
  return ok and closed, err or reason
end

--- Writes a status: to a file, to the terminal in place of the one before, else
--- behind it.
---@param found glacier.RestoreStatus
---@param options table  of the command: json, watch, to
---@param problems table[]
---@return boolean? ok
---@return string? err
function page.write(found, options, problems)
  local content
  if options.json then
    content = json.flat(found) .. "\n"
  elseif options.watch then
    content = page.page(found, problems, os.date("!%Y-%m-%d %H:%M:%S UTC"))
  else
    content = restore.report(found) .. "\n"
  end
  if options.to then
    return replace(options.to, content)
  elseif options.watch and not options.json and file.terminal(STDOUT) then
    content = CLEAR .. content
  end
  local ok, err = io.stdout:write(content)
  io.stdout:flush()
  return ok and true, err
end

return page
