--- Credentials from a function of the user's, the `credentials` option. Called
-- when there are none yet, when those it gave are about to expire (their
-- `expiration`, where it says one), and when the service calls them expired.

local errors = require("glacier.errors")

local error, type = error, type

-- What the function says is wrong; a second value behind a first one may be
-- anything, a secret key too.
local function reason(fields, problem)
  if fields then
    return ""
  end
  if errors.is_error(problem) then
    return ": " .. problem.message
  end
  return type(problem) == "string" and ": " .. problem or ""
end

return {
  name = "credentials function",
  ---@param context glacier.CredentialContext
  ---@return table? fields
  ---@return glacier.Error? err
  load = function(context)
    local provide = context.options.credentials
    if type(provide) ~= "function" then
      return nil
    end
    local ok, fields, problem = context.call(provide)
    if not ok then
      error(fields, 0)
    end
    if type(fields) ~= "table" then
      return nil, errors.credentials(
        "the credentials function gave no table" .. reason(fields, problem))
    end
    return fields
  end,
}
