--- What is configured outside the program.
--
-- The environment is read once, when this module loads: nginx takes it away
-- from its workers later. No file is read here before a client is made.

local getenv = os.getenv
local ipairs, select = ipairs, select
local lower = string.lower

local config = {}

-- Lua cannot list the environment, so these are all that is ever asked for.
local NAMES = {
  "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
  "AWS_REGION", "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_GLACIER",
  "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
}

--- The variables that matter here; an empty one is as good as none.
---@return table<string, string>
function config.read_environment()
  local environment = {}
  for _, name in ipairs(NAMES) do
    local value = getenv(name)
    if value ~= "" then
      environment[name] = value
    end
  end
  return environment
end

--- The environment as it was when this module was loaded.
config.environment = config.read_environment()

-- The AWS tools' reading of a switch.
local function is_true(value)
  return value ~= nil and lower(value) == "true"
end

local function first(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if value ~= nil then
      return value
    end
  end
end

--- The options of a client, with what the environment says where the program
-- says nothing.
---@param options table
---@param environment table<string, string>
---@return table settings  region, endpoint_url, use_fips_endpoint, use_dualstack_endpoint
function config.settings(options, environment)
  return {
    region = options.region or environment.AWS_REGION or environment.AWS_DEFAULT_REGION,
    endpoint_url = options.endpoint_url or environment.AWS_ENDPOINT_URL_GLACIER or
      environment.AWS_ENDPOINT_URL,
    use_fips_endpoint = first(options.use_fips_endpoint,
      is_true(environment.AWS_USE_FIPS_ENDPOINT)),
    use_dualstack_endpoint = first(options.use_dualstack_endpoint,
      is_true(environment.AWS_USE_DUALSTACK_ENDPOINT)),
  }
end

return config
