--- What happened in a simulation, for whoever has to understand a seed that fails.

local concat = table.concat
local format = string.format
local setmetatable, tostring = setmetatable, tostring

local trace = {}

-- Lines of a report: what concerns the archive, and the last of all others.
local MOST_LINES = 120

---@class spec.Trace
local Trace = {}
Trace.__index = Trace

--- An empty one.
---@param clock {now: number}
---@return spec.Trace
function trace.new(clock)
  return setmetatable({ clock = clock, start = clock.now, entries = {}, count = 0 }, Trace)
end

--- Notes something.
---@param who string   a process, "service", "database"
---@param what string
---@param archive any?  the archive that it is about; nil: it concerns all
---@param detail any?
function Trace:note(who, what, archive, detail)
  local i = self.count
  self.entries[i + 1], self.entries[i + 2], self.entries[i + 3] = self.clock.now, who, what
  self.entries[i + 4], self.entries[i + 5] = archive or false, detail or false
  self.count = i + 5
end

--- The schedule as text: what is about an archive, and what concerns all.
---@param archive any?
---@return string
function Trace:text(archive)
  local lines, entries = {}, self.entries
  local i = self.count - 5
  while i >= 0 and #lines < MOST_LINES do
    local about = entries[i + 4]
    if not about or archive == nil or about == archive then
      lines[#lines + 1] = format("%10.2f  %-10s %s %s %s", entries[i + 1] - self.start,
        entries[i + 2], entries[i + 3], about and tostring(about) or "",
        entries[i + 5] and tostring(entries[i + 5]) or "")
    end
    i = i - 5
  end
  local ordered = {}
  for k = #lines, 1, -1 do
    ordered[#ordered + 1] = lines[k]
  end
  return concat(ordered, "\n")
end

return trace
