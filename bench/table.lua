--- The table, as Markdown.

local concat = table.concat

local table_of = {}

local HEAD = {
  "| work | against | floor | ours | ratio | across cores | bar | held |",
  "|---|---|---:|---:|---:|---:|---:|---|",
}

local function number(value)
  local size = value < 0 and -value or value
  return (size >= 100 and "%.0f" or size >= 10 and "%.1f" or "%.2f"):format(value)
end

local function figure(value, unit)
  return value and number(value) .. (unit and " " .. unit or "") or ""
end

local function ratio_of(value, row)
  if not value then
    return ""
  end
  if row.added then
    return (value < 0 and "" or "+") .. figure(value, row.unit)
  end
  return ("%.2fx"):format(value)
end

-- What is compared with the bar: the ratio, or without one the figure itself.
local function verdict(row)
  local value = row.ratio or row.ours
  if row.skipped then
    return "skipped: " .. row.skipped:sub(1, 100):gsub("|", "/")
  elseif not row.bar or not value then
    return ""
  elseif row.least then
    return value >= row.bar and "yes" or "**no**"
  end
  return value <= row.bar and "yes" or "**no**"
end

local function bar_of(row)
  if not row.bar then
    return ""
  end
  local sign = row.least and "at least " or ""
  if not row.unit or row.ratio and not row.added then
    return ("%s%.2fx"):format(sign, row.bar)
  end
  return sign .. figure(row.bar, row.unit)
end

--- A line of the table.
---@param row table  as harness.row takes them
---@return string
function table_of.line(row)
  return "| " .. concat({ row.work, row.against or "", figure(row.floor, row.unit),
    figure(row.ours, row.unit), ratio_of(row.ratio, row), ratio_of(row.across, row), bar_of(row),
    verdict(row) }, " | ") .. " |"
end

--- All of it.
---@param rows table[]
---@param machine string  a line about it
---@return string
function table_of.of(rows, machine)
  local lines = { machine, "", HEAD[1], HEAD[2] }
  local held, missed, skipped = 0, 0, 0
  for _, row in ipairs(rows) do
    local said = verdict(row)
    lines[#lines + 1] = table_of.line(row)
    held = held + (said == "yes" and 1 or 0)
    missed = missed + (said == "**no**" and 1 or 0)
    skipped = skipped + (row.skipped and 1 or 0)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("%d bars held, %d missed, %d rows skipped."):format(held, missed, skipped)
  return concat(lines, "\n") .. "\n"
end

return table_of
