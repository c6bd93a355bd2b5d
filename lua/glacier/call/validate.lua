--- params x shape -> true | problems.

local shape = require("glacier.call.shape")

--- Judges the parameters of a call.
---@param params any       what the user passed
---@param operation table  an operation of the model
---@param mode "full"|"shape"  see glacier.call.shape
---@return true|nil ok
---@return glacier.Problem[]? problems
return function(params, operation, mode)
  local written, problems = shape.write(operation.input, params, mode)
  if not written then
    return nil, problems
  end
  return true
end
