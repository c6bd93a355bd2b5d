--- Whether a function that was called is still on its way. A coroutine may be
-- closed, killed, or dropped amid it, and may run something else afterwards;
-- so what is looked for is the function's own frame, never the coroutine.

local debug = rawget(_G, "debug")
local getinfo = debug and debug.getinfo
local running, status = coroutine.running, coroutine.status
local setmetatable, type = setmetatable, type

local frame = {}

local WEAK_VALUES = { __mode = "v" }

---@class glacier.Frame
---@field ended boolean       the function has returned
---@field body function       its frame is what is looked for; no other call has it
---@field home table          the coroutine that called it, held weakly; nothing
--- where this Lua cannot name it (the main thread of Lua 5.1)
---@field is_main boolean

-- Coroutine -> the home of the frames in it, made once.
local homes = setmetatable({}, { __mode = "k" })
local NOWHERE = {}

local function home_of(thread)
  local home = homes[thread]
  if not home then
    home = setmetatable({ thread }, WEAK_VALUES)
    homes[thread] = home
  end
  return home
end

local function finish(self, ...)
  self.ended, self.body = true, nil
  return ...
end

--- Calls a function so that others can tell whether it is still on its way.
--- What it raises goes through.
---@param told fun(self: glacier.Frame, subject: any)  is given the frame before
--- the call
---@param call fun(subject: any): ...
---@param subject any?  what both are given
---@return any ...  what it returned
function frame.run(told, call, subject)
  local thread = running()
  local self = { ended = false, is_main = thread == nil,
    home = thread and home_of(thread) or NOWHERE }
  local function body()
    return finish(self, call(subject))
  end
  self.body = body
  told(self, subject)
  return body()
end

-- Whether a function is on a stack; nil: this cannot be known.
local function is_on(thread, body)
  local level = 0
  local info
  if not getinfo then
    return nil
  end
  repeat
    if thread then
      info = getinfo(thread, level, "f")
    else
      info = getinfo(level + 2, "f")
    end
    level = level + 1
  until not info or info.func == body
  return info ~= nil
end

--- Whether the code that runs now was called by the function.
---@param self glacier.Frame
---@return boolean
function frame.is_here(self)
  return not self.ended and is_on(nil, self.body) == true
end

--- Whether the code that runs now was called by the function, be it in another
--- coroutine that is resumed from there. Without the library debug a coroutine
--- is believed to be still at what it was at.
---@param self glacier.Frame
---@return boolean
function frame.is_above(self)
  local thread, here = self.home[1], running()
  if self.ended then
    return false
  elseif thread == here then
    return is_on(nil, self.body) ~= false
  elseif self.is_main then
    return true -- whatever else runs was resumed from there
  end
  return type(thread) == "thread" and status(thread) == "normal" and
    is_on(thread, self.body) ~= false
end

--- Whether the function will never return: it has raised, or its coroutine was
--- closed, killed, or dropped and collected. A coroutine that is merely never
--- resumed is not told from one that waits.
---@param self glacier.Frame
---@return boolean
function frame.is_gone(self)
  local thread = self.home[1]
  if self.ended then
    return true
  elseif self.is_main then
    -- Seen from a coroutine, the main thread's stack has no name in Lua 5.1.
    return running() == nil and is_on(nil, self.body) == false
  elseif type(thread) ~= "thread" or status(thread) == "dead" then
    return true
  elseif thread == running() then
    return is_on(nil, self.body) == false
  end
  return is_on(thread, self.body) == false
end

return frame
