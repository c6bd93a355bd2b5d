--- Static keys from the profile's section of the config file.

local shared_credentials_file = require("glacier.credentials.shared_credentials_file")

return {
  name = "config file",
  fixed = true,
  ---@param context glacier.CredentialContext
  ---@return table? fields
  ---@return glacier.Error? err
  load = function(context)
    local configuration = context.configuration
    return shared_credentials_file.keys(configuration, configuration.config_file,
      "config-file", context.environment.AWS_CONFIG_FILE or "~/.aws/config")
  end,
}
