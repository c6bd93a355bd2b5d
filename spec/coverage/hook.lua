-- Run by each program of Lua 5.1, 5.4 and LuaJIT that is started while coverage
-- is counted, as LUA_INIT names it; what is made for hosts that look at no
-- LUA_INIT requires it. See lines.c, which stays loaded for good.

local folder = os.getenv "GLC_COVERAGE"

if folder and (_VERSION == "Lua 5.1" or _VERSION == "Lua 5.4") then
  local path = ("%s/../../%s/lines.so"):format(folder, (_VERSION:gsub("Lua ", "lua")))
  local jit = rawget(_G, "jit")
  if jit then
    jit.off() -- what it compiles is not counted
  end
  assert(package.loadlib(path, "luaopen_lines"))(folder)
end
