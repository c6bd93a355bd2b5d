--- Code that runs whenever the collector has finished a cycle, wherever that is:
-- in the finalizer of an object that is made anew each time. Lua 5.1 collects in
-- finalizers, too: not one in the other, then. It does not end where each takes
-- as much memory as there was.

local newproxy = rawget(_G, "newproxy")

--- Calls `f` at the end of each cycle from here on, until the function that is
-- returned is called.
---@param f function
---@return function stop
return function(f)
  local running = false
  local function arm()
    local function finalizer()
      if f then
        arm()
      end
      if f and not running then
        running = true
        local ok, message = pcall(f)
        running = false
        assert(ok, message)
      end
    end
    if newproxy then
      getmetatable(newproxy(true)).__gc = finalizer
    else
      setmetatable({}, { __gc = finalizer })
    end
  end
  arm()
  return function()
    f = nil
  end
end
