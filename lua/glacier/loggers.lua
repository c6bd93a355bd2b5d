--- Ready-made loggers for the `logger` option.

local text = require("glacier.text")

local concat = table.concat
local io = io
local error, pairs, type = error, pairs, type

local loggers = {}

--- Writes an event as one line, its fields in alphabetical order, to stderr.
---@param event table  {event = "attempt", operation = "InitiateJob", ...}
function loggers.stderr(event)
  local names, words = {}, { "glacier", text.of(event.event) }
  for name in pairs(event) do
    if name ~= "event" then
      names[#names + 1] = name
    end
  end
  text.sort(names)
  for i = 1, #names do
    local value = event[names[i]]
    value = type(value) == "string" and text.quote(value) or text.of(value)
    words[#words + 1] = names[i] .. "=" .. value
  end
  if not io then
    error("glacier.loggers.stderr needs Lua's library 'io'", 2)
  end
  io.stderr:write(concat(words, " "), "\n")
end

return loggers
