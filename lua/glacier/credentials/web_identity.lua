--- Credentials of a role for a token that an identity provider has left in a
-- file: Kubernetes service accounts, CI systems. The file is read at every
-- refresh, as its token is replaced from time to time.
-- Source: AWS SDKs and Tools Reference Guide, "Assume role credential
-- provider"; AWS STS API Reference, AssumeRoleWithWebIdentity.

local config = require("glacier.config")
local errors = require("glacier.errors")
local sts = require("glacier.credentials.sts")
local trim = require("glacier.text").trim

local VARIABLES = {
  web_identity_token_file = "AWS_WEB_IDENTITY_TOKEN_FILE",
  role_arn = "AWS_ROLE_ARN",
  role_session_name = "AWS_ROLE_SESSION_NAME",
}
local ORDER = { "RoleArn", "RoleSessionName", "WebIdentityToken" }

-- The environment wins over the profile, each setting by itself; an explicit
-- `profile` option leaves the environment out.
local function setting(context, name)
  local value = not context.options.profile and context.environment[VARIABLES[name]]
    or context.configuration.profile[name]
  return value ~= "" and value or nil
end

local function read_token(context, path)
  local text, message = context.read_file(config.expand(path, context.environment))
  if not text then
    return nil, "web identity: cannot read the token: " .. message
  end
  local token = trim(text)
  if token == "" then
    return nil, "web identity: the token file is empty: " .. path
  end
  return token
end

return {
  name = "web identity",
  ---@param context glacier.CredentialContext
  ---@return table? fields
  ---@return glacier.Error? err
  load = function(context)
    local path = setting(context, "web_identity_token_file")
    if not path then
      return nil
    end
    local role_arn = setting(context, "role_arn")
    if not role_arn then
      return nil, errors.credentials("web identity: there is a token file, but no role: " ..
        "AWS_ROLE_ARN or role_arn of the profile must say which", "InvalidConfigError")
    end
    local token, problem = read_token(context, path)
    if not token then
      return nil, errors.credentials(problem)
    end
    return sts.assume(context, {
      action = "AssumeRoleWithWebIdentity",
      parameters = {
        RoleArn = role_arn,
        RoleSessionName = setting(context, "role_session_name") or sts.session_name(context),
        WebIdentityToken = token,
      },
      order = ORDER,
      source = "web identity: role " .. role_arn,
      secret = token,
    })
  end,
}
