--- How much of a long row of cases this Lua goes through. Where the cases are many and
--- depend little on the Lua, Lua 5.4 takes all of them, and each other one a quarter:
--- together they take all once more. WHOLE=yes has each take all.

local share = {}

local QUARTERS = { ["Lua 5.1"] = 1, ["Lua 5.2"] = 2, ["Lua 5.3"] = 3 }

local quarter = rawget(_G, "jit") and 4 or QUARTERS[_VERSION]
local takes_all = os.getenv "WHOLE" == "yes" or not quarter

--- The first case and the step to the next: `for i = first, count, step`.
---@return integer first, integer step
function share.steps()
  if takes_all then
    return 1, 1
  end
  return quarter, 4
end

--- So many of `count` cases that are alike.
---@param count integer
---@return integer
function share.of(count)
  return takes_all and count or math.ceil(count / 4)
end

return share
