--- Static keys from the profile's section of the shared credentials file.

local errors = require("glacier.errors")

local format = string.format

local shared_credentials_file = { name = "shared credentials file", fixed = true }

--- The static keys that one file has for the profile in use. Not the two files
--- merged: a key id of one must not meet the secret of the other.
---@param configuration table
---@param file glacier.profiles.File?
---@param label string  how botocore calls the file
---@param path string   where it is, for messages
---@return table? fields
---@return glacier.Error? err
function shared_credentials_file.keys(configuration, file, label, path)
  local name = configuration.profile_name
  local section = file and file.profiles[name]
  if not section or not section.aws_access_key_id then
    return nil
  end
  for _, key in ipairs({ "aws_access_key_id", "aws_secret_access_key" }) do
    if (section[key] or "") == "" then
      return nil, errors.credentials(format(
        'Partial credentials found in %s, missing: %s (profile "%s" in %s)',
        label, key, name, path), "PartialCredentialsError")
    end
  end
  local token = section.aws_security_token -- the name of old, read first
  return {
    access_key_id = section.aws_access_key_id,
    secret_access_key = section.aws_secret_access_key,
    session_token = token ~= "" and token or section.aws_session_token,
  }
end

---@param context glacier.CredentialContext
---@return table? fields
---@return glacier.Error? err
function shared_credentials_file.load(context)
  local configuration = context.configuration
  return shared_credentials_file.keys(configuration, configuration.credentials_file,
    "shared-credentials-file",
    context.environment.AWS_SHARED_CREDENTIALS_FILE or "~/.aws/credentials")
end

return shared_credentials_file
