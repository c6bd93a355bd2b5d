-- For `make check-gc`, which has busted load it first: the collector never rests.
-- A cycle follows upon the other, and each of its steps does many times as much
-- as it does by default, so that whatever is not held is gone a moment later.
--
--   GC_MODE  "incremental" (default) or "generational", which 5.4 alone knows

collectgarbage "collect"
if os.getenv "GC_MODE" == "generational" then
  -- A minor collection after each percent by which the memory has grown.
  assert(pcall(collectgarbage, "generational", 1, 10))
elseif _VERSION == "Lua 5.4" then
  -- There a pause of 0 changes nothing, and with less than this a cycle follows
  -- upon each table: hours for one spec. It is a cycle for each 4% more memory.
  collectgarbage("incremental", 104, 1000)
else
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", 1000)
end

-- With no pause LuaJIT's compiled code may take collection after collection
-- without a step of its own between them.
local jit = rawget(_G, "jit")
if jit then
  jit.off()
end
