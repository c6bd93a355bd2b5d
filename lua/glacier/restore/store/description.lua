--- What a restore writes into the descriptions of its jobs, so that it knows them
-- again: its plan, the archive and the attempt. Pure.

local format, match = string.format, string.match
local tonumber = tonumber

local description = {}

--- The description of an intent's job.
---@param plan string  the plan's id
---@param intent {seq: number, attempt: number}
---@return string
function description.format(plan, intent)
  return format("glacier-restore %s %.0f.%.0f", plan, intent.seq, intent.attempt)
end

--- Which intent a job is of; nil: of none of this plan's.
---@param plan string
---@param text string?  the description of a job
---@return number? seq
---@return number? attempt
function description.read(plan, text)
  local id, seq, attempt = match(text or "", "^glacier%-restore ([^ ]+) ([0-9]+)%.([0-9]+)$")
  if id ~= plan then
    return nil
  end
  return tonumber(seq), tonumber(attempt)
end

return description
