--- Calls that may raise and may yield. Plain Lua 5.1 cannot do both: nothing
-- yields out of its pcall.

local create, resume, running, status, yield = coroutine.create, coroutine.resume,
  coroutine.running, coroutine.status, coroutine.yield
local pcall = pcall

local protected = {}

local probe = create(function()
  pcall(yield)
end)
resume(probe)

--- Whether a function may yield out of pcall.
protected.is_yieldable = status(probe) == "suspended"

--- As pcall; where that would keep the function from yielding it is called
--- plainly, and what it raises is raised.
---@param call function
---@return boolean ok
---@return any ...  as of pcall
function protected.call(call, ...)
  if not protected.is_yieldable and running() then
    return true, call(...)
  end
  return pcall(call, ...)
end

return protected
