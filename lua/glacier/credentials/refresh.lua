--- A refresh of credentials that is under way: who is at it, and whether still.

local protected = require("glacier.protected")

local collectgarbage, pairs, setmetatable = collectgarbage, pairs, setmetatable
local running, status = coroutine.running, coroutine.status

-- Stands for the main thread where coroutine.running() knows none: Lua 5.1.
local MAIN = {}

local WEAK_KEYS, WEAK_VALUES = { __mode = "k" }, { __mode = "v" }

---@class glacier.CredentialRefresh
---@field done boolean
---@field identity userdata?
---@field err glacier.Error?
local Refresh = {}
Refresh.__index = Refresh

local refresh = {}

--- One of the coroutine that runs now. It knows its owner weakly, by a table
--- that the owner's stack alone holds. That is counted and never looked at: a
--- stack on which it once stood might go on holding it.
---@param life table  for the caller to hold until the end
---@return glacier.CredentialRefresh
function refresh.new(life)
  return setmetatable({
    done = false,
    life = setmetatable({ life }, WEAK_VALUES),
    owners = setmetatable({ [running() or MAIN] = true }, WEAK_KEYS),
  }, Refresh)
end

--- Whether it is this coroutine's own.
---@return boolean
function Refresh:is_own()
  return self.owners[running() or MAIN] ~= nil
end

local function overwrite()
end

--- Whether whoever was at it is gone: it was killed, or, where nobody could
--- catch it, raised an error.
---@param now boolean?  true: it is to be known at once, else in time
---@return boolean
function Refresh:is_abandoned(now)
  if not protected.is_yieldable then
    -- An error may have been caught further out; its stack is garbage then.
    if now and collectgarbage then
      collectgarbage()
    end
    local is_dead = false
    for owner in pairs(self.owners) do
      is_dead = is_dead or owner ~= MAIN and status(owner) == "dead"
    end
    -- What is left of the owner on this stack is written over: see refresh.new.
    overwrite(nil, nil, nil, nil, nil, nil, nil, nil)
    if is_dead then
      return true
    end
  end
  return #self.life == 0
end

return refresh
