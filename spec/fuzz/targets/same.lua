--- Raises where two values differ, and says where.
---@param expected any  a tree: tables may not stand in themselves
---@param found any
---@param where string
local function same(expected, found, where)
  if type(expected) == "table" and type(found) == "table" then
    for key, value in pairs(expected) do
      same(value, found[key], where .. "." .. tostring(key))
    end
    for key in pairs(found) do
      assert(expected[key] ~= nil, where .. ": too much: " .. tostring(key))
    end
  elseif expected ~= found then
    error(("%s: %q expected, %q found"):format(where, tostring(expected), tostring(found)))
  end
end

return same
