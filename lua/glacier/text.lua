--- Small matters of texts, in time that grows with their length only.

local match = string.match

local text = {}

-- Two steps, because one pattern for both ends backtracks quadratically on a
-- long run of blanks.

--- Takes white space away at both ends.
---@param raw string
---@return string
function text.trim(raw)
  return match(match(raw, "^%s*(.*)$"), "^.*%S") or ""
end

return text
