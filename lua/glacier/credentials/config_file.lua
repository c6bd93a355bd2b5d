--- Static keys from the profile's section of the config file, the last source
-- that a profile may have.

local errors = require("glacier.errors")
local shared_credentials_file = require("glacier.credentials.shared_credentials_file")

local format, gsub = string.format, string.gsub

-- A profile that `aws login` has set up. We cannot renew such credentials, and
-- the sources after this one, or keys of old, would be another identity's.
-- Source: botocore, LoginProvider, which stands before the config file, too.
local function refuse_login(configuration)
  local session = configuration.profile.login_session
  if not session or session == "" then
    return nil
  end
  local name = configuration.profile_name
  return errors.credentials(format('login: the profile "%s" has a login_session (aws login), ' ..
    "which cannot be used here. Give it, or another profile, credential_process = " ..
    "aws configure export-credentials --profile '%s' --format process", name,
    gsub(name, "'", "'\\''")), "InvalidConfigError")
end

return {
  name = "config file",
  fixed = true,
  ---@param context glacier.CredentialContext
  ---@return table? fields
  ---@return glacier.Error? err
  load = function(context)
    local configuration = context.configuration
    local err = refuse_login(configuration)
    if err then
      return nil, err
    end
    return shared_credentials_file.keys(configuration, configuration.config_file,
      "config-file", context.environment.AWS_CONFIG_FILE or "~/.aws/config")
  end,
}
