--- Countings of instructions by function, and how two of them differ. Pure.

local sort = table.sort

local counts_of = {}

--- What callgrind_annotate lists.
---@param text string
---@return table<string, number> counts  "function [object]" -> instructions
---@return number total
function counts_of.parse(text)
  local counts, total = {}, 0
  for line in text:gmatch "[^\n]+" do
    local count, place = line:match "^%s*([%d,]+)%s+%([ %d.]+%%%)%s+(.*)$"
    count = count and tonumber((count:gsub(",", "")))
    if count and place:find "^PROGRAM TOTALS" then
      total = count
    elseif count then
      -- Where it lies depends on the machine, and a clone's number on the compiler.
      local name = place:gsub("^[^:]*:", ""):gsub("%[.*/", "["):gsub("%s+$", "")
      name = name:gsub("'%d+", ""):gsub("%.isra%.%d+", ""):gsub("%.constprop%.%d+", "")
      name = name:gsub("%.part%.%d+", ""):gsub("^0x%x+", "?"):gsub(" ", "")
      counts[name] = (counts[name] or 0) + count
    end
  end
  return counts, total
end

--- Leaves out what is not ours to change.
---@param counts table<string, number>
---@param object string  a library's name
---@return table<string, number> counts
---@return number total
function counts_of.without(counts, object)
  local left, total = {}, 0
  for name, value in pairs(counts) do
    if not name:find("[" .. object, 1, true) then
      left[name] = value
      total = total + value
    end
  end
  return left, total
end

--- The functions with the largest figures.
---@param counts table<string, number>
---@param most integer
---@return {name: string, count: number}[]
function counts_of.largest(counts, most)
  local list = {}
  for name, value in pairs(counts) do
    list[#list + 1] = { name = name, count = value }
  end
  sort(list, function(a, b)
    return a.count > b.count or a.count == b.count and a.name < b.name
  end)
  for i = #list, most + 1, -1 do
    list[i] = nil
  end
  return list
end

--- By how much each function has grown. Of what was not kept nothing is known:
--- it was less than the least that was.
---@param before table<string, number>
---@param now table<string, number>
---@return table<string, number>
function counts_of.growth(before, now)
  local least = math.huge
  for _, value in pairs(before) do
    least = value < least and value or least
  end
  local grown = {}
  for name, value in pairs(now) do
    local old = before[name] or (value > least and 0 or value)
    if value > old then
      grown[name] = value - old
    end
  end
  return grown
end

return counts_of
