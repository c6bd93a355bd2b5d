--- The User-Agent header, in the form of the AWS tools.

local version = require("glacier.version")

local gsub = string.gsub
local match = string.match
local type = type

-- What may stand in a word of the header; the AWS tools put "-" for the rest.
local function word(text)
  return (gsub(text, "[^A-Za-z0-9!#$%%&'*+.^_`|~-]", "-"))
end

local function language()
  local jit = rawget(_G, "jit")
  if type(jit) == "table" and type(jit.version) == "string" then
    return "luajit#" .. word(match(jit.version, "%S+$"))
  end
  return "lua#" .. match(_VERSION, "[0-9.]+$")
end

--- The header's value.
---@param options table  user_agent_extra, app_id
---@return string
return function(options)
  local text = "lua-glacier/" .. version .. " lang/" .. language()
  if options.app_id then
    text = text .. " app/" .. word(options.app_id)
  end
  if options.user_agent_extra then
    text = text .. " " .. gsub(options.user_agent_extra, "[^ -~]", "-")
  end
  return text
end
