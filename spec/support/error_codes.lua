--- The codes of errors that the sources make, read out of them.

local pages = require "spec.support.pages"

local error_codes = {}

-- What errors.NAME("text", "Code") makes.
local KINDS = { config = "config", credentials = "credentials" }

-- In C one list has all; where memory is short no error is returned but raised.
local function add_of_c(found)
  local text = pages.read "src/core/error.h"
  for kind, code in text:gmatch 'X%(GLC_[%u_]+, "(%l+)", +"(%u%w+)"%)' do
    if kind ~= "memory" then
      found[code] = found[code] or {}
      found[code][kind] = true
    end
  end
end

--- Codes in quotes, in the forms in which errors are made.
---@return table<string, table<string, boolean>> codes  code -> kinds that it has; a kind
--- that is no word in its place is left out
function error_codes.made()
  local found = {}
  add_of_c(found)
  local function add(code, kind)
    found[code] = found[code] or {}
    if kind then
      found[code][kind] = true
    end
  end
  local pipe = assert(io.popen "find lua/glacier -name '*.lua' ! -name types.lua")
  for path in pipe:lines() do
    local source = pages.read(path)
    for way, given in source:gmatch "errors%.(%w+)(%b())" do
      if way == "new" then
        local kind, code = given:match '^%("(%w+)",%s*"(%w+)"'
        if code then
          add(code, kind)
        end
      else
        local code = given:match ',%s*"(%u%w+)"%s*%)$'
        if code then
          add(code, KINDS[way])
        end
      end
    end
    for code in source:gmatch '"(%u%l%w*Error)"' do
      add(code)
    end
    -- What the service says and somebody here looks for; failures.lua knows what any
    -- service of AWS may say.
    if not path:find("failures.lua", 1, true) then
      for code in source:gmatch '"(%u%l%w*Exception)"' do
        add(code)
      end
    end
  end
  pipe:close()
  -- What STS says, which stands in the text of another error.
  found.IDPCommunicationError = nil
  return found
end

return error_codes
