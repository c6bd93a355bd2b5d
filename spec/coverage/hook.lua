-- Run by each program of Lua 5.4 that is started while coverage is counted, as
-- LUA_INIT_5_4 names it: see lines.c, which stays loaded for good.

local folder = os.getenv "GLC_COVERAGE"
local open = folder and package.loadlib(folder .. "/../lines.so", "luaopen_lines")
if open then
  open()
end
