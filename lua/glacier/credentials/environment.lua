--- Credentials from the environment: AWS_ACCESS_KEY_ID and its companions.

local errors = require("glacier.errors")

local environment = { name = "environment", fixed = true }

--- What the environment holds, whatever profile is asked for.
---@param context glacier.CredentialContext
---@return table? fields
---@return glacier.Error? err
function environment.read(context)
  local variables = context.environment
  if not variables.AWS_ACCESS_KEY_ID then
    return nil
  end
  if not variables.AWS_SECRET_ACCESS_KEY then
    return nil, errors.credentials(
      "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
      "PartialCredentialsError")
  end
  return {
    access_key_id = variables.AWS_ACCESS_KEY_ID,
    secret_access_key = variables.AWS_SECRET_ACCESS_KEY,
    -- The first is the name of old, which the AWS tools still read first.
    session_token = variables.AWS_SECURITY_TOKEN or variables.AWS_SESSION_TOKEN,
  }
end

--- An explicit `profile` option says to look elsewhere; AWS_PROFILE does not.
---@param context glacier.CredentialContext
---@return table? fields
---@return glacier.Error? err
function environment.load(context)
  if context.options.profile then
    return nil
  end
  return environment.read(context)
end

return environment
