--- Credentials of a role that the profile names: role_arn, and where the
-- credentials to assume it with are from: source_profile, which may name a
-- role again, or credential_source.
-- Source: AWS SDKs and Tools Reference Guide, "Assume role credential
-- provider"; what it leaves open is as botocore has it.

local errors = require("glacier.errors")
local sts = require("glacier.credentials.sts")

local concat = table.concat
local find, format = string.find, string.format
local ipairs = ipairs

local assume_role = { name = "assume role" }

local ORDER = { "RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds" }

local function failed(code, text, ...)
  return nil, errors.credentials("assume role: " .. format(text, ...), code)
end

-- An empty property is as good as none.
local function property(profile, name)
  local value = profile[name]
  return value ~= "" and value or nil
end

--- Whether a profile is one of a role. One with a token file is left to the
--- web identity provider.
---@param profile table<string, string>
---@return boolean
function assume_role.applies(profile)
  return property(profile, "role_arn") ~= nil
    and property(profile, "web_identity_token_file") == nil
end

--- Whether a profile has keys of its own. They go before its role where it is
--- the source of another.
---@param profile table<string, string>
---@return boolean
function assume_role.has_keys(profile)
  return profile.aws_access_key_id ~= nil or profile.aws_secret_access_key ~= nil
end

local function contains(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then
      return true
    end
  end
  return false
end

-- A profile met again is a loop, but for one with keys that names itself: it
-- keeps keys and role in one place.
local function check_source(context, source)
  local configuration, visited = context.configuration, context.visited
  local profile = configuration.profiles[source]
  local name = configuration.profile_name
  if not profile then
    return failed("InvalidConfigError",
      'The source_profile "%s" referenced in the profile "%s" does not exist.', source, name)
  end
  if contains(visited, source) and not (source == name and assume_role.has_keys(profile)) then
    return failed("InfiniteLoopConfigError",
      "Infinite loop in credential configuration detected: %s -> %s",
      concat(visited, " -> "), source)
  end
  return true
end

-- The credentials to assume the role with.
local function load_source(context, profile)
  local name = context.configuration.profile_name
  local source = property(profile, "source_profile")
  local kind = property(profile, "credential_source")
  if source and kind then
    return failed("InvalidConfigError",
      'The profile "%s" contains both source_profile and credential_source.', name)
  elseif kind then
    return context.load_source(kind, name)
  elseif not source then
    return failed("PartialCredentialsError", "Partial credentials found in assume-role, " ..
      'missing: source_profile or credential_source (profile "%s")', name)
  end
  local ok, err = check_source(context, source)
  if not ok then
    return nil, err
  end
  return context.load_profile(source, context.visited)
end

local function check(profile, name)
  local duration = property(profile, "duration_seconds")
  if property(profile, "mfa_serial") then
    return failed("InvalidConfigError", 'The profile "%s" wants an MFA code (mfa_serial), ' ..
      "which cannot be asked for here. Use credentials of a session that began with one.",
      name)
  elseif duration and not find(duration, "^[0-9]+$") then
    return failed("InvalidConfigError",
      'duration_seconds of the profile "%s" is no whole number', name)
  end
  return true
end

--- Assumes the role of the profile in use.
---@param context glacier.CredentialContext
---@return table? fields
---@return glacier.Error? err
function assume_role.load(context)
  local profile = context.configuration.profile
  local name = context.configuration.profile_name
  if not assume_role.applies(profile) then
    return nil
  end
  local identity
  local ok, err = check(profile, name)
  if ok then
    identity, err = load_source(context, profile)
  end
  if not identity then
    return nil, err
  end
  return sts.assume(context, {
    action = "AssumeRole",
    parameters = {
      RoleArn = profile.role_arn,
      RoleSessionName = property(profile, "role_session_name") or sts.session_name(context),
      ExternalId = property(profile, "external_id"),
      DurationSeconds = property(profile, "duration_seconds"),
    },
    order = ORDER,
    identity = identity,
    source = format('assume role: role %s of the profile "%s"', profile.role_arn, name),
  })
end

return assume_role
