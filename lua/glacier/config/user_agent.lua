--- The User-Agent header, in the form of the AWS tools.

local lower = require("glacier.text").lower
local version = require("glacier.version")

local gsub, match = string.gsub, string.match
local open, rawget, type = io and io.open, rawget, type

-- What may stand in a word of the header; the AWS tools put "-" for the rest.
local function word(text)
  return (gsub(text, "[^A-Za-z0-9!#$%%&'*+.^_`|~-]", "-"))
end

local function language()
  local jit = rawget(_G, "jit")
  if type(jit) == "table" and type(jit.version) == "string" then
    return "luajit#" .. word(match(jit.version, "[^ ]+$"))
  end
  return "lua#" .. match(_VERSION, "[0-9.]+$")
end

-- LuaJIT knows its system; on Linux the kernel tells it in a file.
local function system()
  local jit = rawget(_G, "jit")
  if type(jit) == "table" and type(jit.os) == "string" then
    return "os/" .. word(lower(jit.os))
  end
  local file = open and open("/proc/sys/kernel/ostype")
  local name = file and file:read(32)
  if file then
    file:close()
  end
  return "os/" .. word(lower(match(name or "", "^[A-Za-z]+") or "other"))
end

--- The header's value: "lua-glacier/0.1.0 ua/2.1 os/linux lang/lua#5.4 ...".
---@param options table   user_agent_extra
---@param settings table  app_id, retry_mode
---@return string
return function(options, settings)
  local text = "lua-glacier/" .. version .. " ua/2.1 " .. system() .. " lang/" .. language() ..
    " cfg/retry-mode#" .. (settings.retry_mode or "standard")
  if settings.app_id and settings.app_id ~= "" then
    text = text .. " app/" .. word(settings.app_id)
  end
  if options.user_agent_extra then
    text = text .. " " .. gsub(options.user_agent_extra, "[^ -~]", "-")
  end
  return text
end
