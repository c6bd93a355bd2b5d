--- Credentials from the environment: AWS_ACCESS_KEY_ID and its companions.

local errors = require("glacier.errors")

return {
  name = "environment",
  ---@param context glacier.CredentialContext
  load = function(context)
    local environment = context.environment
    if context.options.profile or not environment.AWS_ACCESS_KEY_ID then
      return nil
    end
    if not environment.AWS_SECRET_ACCESS_KEY then
      return nil, errors.credentials(
        "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        "PartialCredentialsError")
    end
    return {
      access_key_id = environment.AWS_ACCESS_KEY_ID,
      secret_access_key = environment.AWS_SECRET_ACCESS_KEY,
      session_token = environment.AWS_SESSION_TOKEN,
    }
  end,
}
