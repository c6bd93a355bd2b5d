--- Rows as numbers: databases give whole numbers beyond 32 bits as text.

local concat = table.concat
local ipairs, tonumber = ipairs, tonumber

local rows = {}

--- The columns as text, for a SELECT: cast(a AS text) AS a, ...
---@param names string[]
---@param of string?  the table's name
---@return string
function rows.texts(names, of)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = "cast(" .. (of and of .. "." or "") .. name .. " AS text) AS " .. name
  end
  return concat(parts, ", ")
end

--- Turns columns of a row into numbers, in place. SQL's NULL stays nil.
---@param row table
---@param names string[]
---@return table row
function rows.numbers(row, names)
  for _, name in ipairs(names) do
    row[name] = tonumber(row[name])
  end
  return row
end

return rows
