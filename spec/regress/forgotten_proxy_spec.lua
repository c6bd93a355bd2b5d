-- libcurl read the proxy variables at each transfer: where the program has
-- dropped its environment since, as nginx does, the proxy was left out.

local clients = require "spec.support.clients"
local config = require "glacier.config"
local endpoint = require "spec.support.endpoint"
local glacier = require "glacier"

local getenv, environment = os.getenv, config.environment
local server

setup(function()
  server = endpoint.start()
end)

teardown(function()
  server:stop()
end)

-- The environment as a module finds it that loads where the variables are set.
-- The process, and so libcurl, has none of them.
local function load_with(variables)
  local loaded = package.loaded["glacier.config"]
  package.loaded["glacier.config"] = nil
  os.getenv = function(name) -- luacheck: ignore 122
    return variables[name]
  end
  config.environment = require("glacier.config").environment
  package.loaded["glacier.config"] = loaded
  os.getenv = getenv -- luacheck: ignore 122
end

after_each(function()
  os.getenv = getenv -- luacheck: ignore 122
  config.environment = environment
end)

-- The target of the one request that gets to the server.
local function target_of(endpoint_url)
  server:reset()
  server:play { "initiate_job/success" }
  local client = assert(glacier.client {
    region = "us-west-2", endpoint_url = endpoint_url, credentials = clients.CREDENTIALS,
    max_attempts = 1,
  })
  local response, err = client:initiate_job { vaultName = "v" }
  client:close()
  assert.is_truthy(response, tostring(err))
  return server:requests()[1].target
end

it("a proxy that was set when the module loaded is used when it is gone", function()
  load_with { http_proxy = server.url }
  local target = target_of "http://glacier.invalid"
  assert.are.equal("http://glacier.invalid/-/vaults/v/jobs", target)
end)

it("so are the exceptions to it", function()
  load_with { http_proxy = "http://127.0.0.1:1", no_proxy = "127.0.0.0/8" }
  assert.are.equal("/-/vaults/v/jobs", target_of(server.url))
end)
