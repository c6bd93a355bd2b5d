--- Random numbers that are the same for a seed on every Lua and every machine.

local random = {}

-- Park and Miller's generator with the multiplier 48271: all products stay
-- below 2^47, which a double holds exactly.
local MODULUS, MULTIPLIER = 2147483647, 48271

--- A source of numbers.
---@param seed integer
---@return fun(): number next  0 <= n < 1
function random.new(seed)
  local state = (seed * 7919 + 12345) % (MODULUS - 1) + 1
  local function next_number()
    state = state * MULTIPLIER % MODULUS
    return (state - 1) / (MODULUS - 1)
  end
  -- The first ones of neighbouring seeds are alike.
  for _ = 1, 8 do
    next_number()
  end
  return next_number
end

return random
