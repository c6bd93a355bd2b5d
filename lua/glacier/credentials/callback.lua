--- Credentials from a function of the user's, the `credentials` option. Called
-- when there are none yet and when those it gave are about to expire.

local errors = require("glacier.errors")

local type = type

return {
  name = "credentials function",
  ---@param context glacier.CredentialContext
  load = function(context)
    local provide = context.options.credentials
    if type(provide) ~= "function" then
      return nil
    end
    local fields, problem = provide()
    if type(fields) ~= "table" then
      -- What the function says may hold anything, but is the user's own.
      return nil, errors.credentials("the credentials function gave no table" ..
        (type(problem) == "string" and ": " .. problem or ""))
    end
    return fields
  end,
}
