--- Ready-made loggers for the `logger` option.

local text = require("glacier.text")

local byte, format, gsub = string.byte, string.format, string.gsub
local concat = table.concat
local io = io
local error, pairs, type = error, pairs, type

local loggers = {}

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

local function escape(character)
  return ESCAPES[character] or format("\\x%02x", byte(character))
end

-- Without control characters, those of U+0080 to U+009F and the two line ends
-- of Unicode included: what an event says can neither begin another line nor
-- command a terminal.
local function flat(value)
  local shown = gsub(text.to_utf8(text.of(value)), "[^ -~\128-\255]", escape)
  shown = gsub(shown, "\194([\128-\159])", escape)
  return (gsub(shown, "\226\128[\168\169]", "\\n"))
end

local function quote(value)
  return '"' .. flat((gsub(value, '["\\]', escape))) .. '"'
end

--- Writes an event as one line, its fields in alphabetical order, to stderr.
--- Texts are in quotes, with `\n` and the like in place of control characters.
---@param event table  {event = "attempt", operation = "InitiateJob", ...}
function loggers.stderr(event)
  local names, values, words = {}, {}, { "glacier", flat(event.event) }
  for name, value in pairs(event) do
    if name ~= "event" then
      name = flat(name)
      names[#names + 1] = name
      values[name] = type(value) == "string" and quote(value) or flat(value)
    end
  end
  text.sort(names)
  for i = 1, #names do
    words[#words + 1] = names[i] .. "=" .. values[names[i]]
  end
  if not io then
    error("glacier.loggers.stderr needs Lua's library 'io'", 2)
  end
  io.stderr:write(concat(words, " ") .. "\n")
end

return loggers
