-- For `make check-gc`, which has busted load it first: the collector never rests.
-- A cycle follows upon the other, and each of its steps does many times as much
-- as it does by default, so that whatever is not held is gone a moment later.
--
--   GC_MODE  "incremental" (default) or "generational", which 5.4 alone knows

collectgarbage "collect"
if os.getenv "GC_MODE" == "generational" then
  -- A minor collection after each percent by which the memory has grown.
  assert(pcall(collectgarbage, "generational", 1, 10))
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
