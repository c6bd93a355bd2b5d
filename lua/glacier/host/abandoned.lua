--- Callers who are gone without a word, as requests of nginx go that are
-- aborted: what they held is garbage, and is free once that is collected.

local waiting = require("glacier.host.waiting")

local collectgarbage = collectgarbage
local jit = rawget(_G, "jit")

local abandoned = {}

--- Looks through a piece of the garbage for what such callers held.
---@param host glacier.Host
---@param kilobytes number  how much is looked through
---@return boolean? is_over  a round of the collector is; nil: in this host nobody
--- goes without a word
function abandoned.find(host, kilobytes)
  if not host.pins_coroutines then
    return nil
  end
  waiting.notify(host) -- those who are gone are no more waited for
  local is_over = collectgarbage("step", kilobytes)
  -- What LuaJIT has compiled holds on to the objects that it was compiled for.
  if is_over and jit then
    jit.flush()
  end
  return is_over
end

return abandoned
