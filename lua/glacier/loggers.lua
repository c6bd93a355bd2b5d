--- Ready-made loggers for the `logger` option.

local concat, sort = table.concat, table.sort
local io = io
local pairs, tostring, type = pairs, tostring, type

local loggers = {}

--- Writes an event as one line, its fields in alphabetical order, to stderr.
---@param event table  {event = "attempt", operation = "InitiateJob", ...}
function loggers.stderr(event)
  local names, words = {}, { "glacier", tostring(event.event) }
  for name in pairs(event) do
    if name ~= "event" then
      names[#names + 1] = name
    end
  end
  sort(names)
  for i = 1, #names do
    local value = event[names[i]]
    value = type(value) == "string" and ("%q"):format(value) or tostring(value)
    words[#words + 1] = names[i] .. "=" .. value
  end
  io.stderr:write(concat(words, " "), "\n")
end

return loggers
