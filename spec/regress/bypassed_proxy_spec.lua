-- A control character in the user or the password of a proxy's URL made
-- libcurl go without the proxy, and say nothing.

local clients = require "spec.support.clients"
local config = require "glacier.config"
local endpoint = require "spec.support.endpoint"
local glacier = require "glacier"

local environment = config.environment
local server

setup(function()
  server = endpoint.start()
end)

teardown(function()
  server:stop()
end)

after_each(function()
  config.environment = environment
end)

local function refuses(proxy, variables)
  config.environment = variables or environment
  local client = assert(glacier.client(clients.options(server, { proxy = proxy })))
  local response, err = client:initiate_job { vaultName = "v" }
  client:close()
  assert.is_nil(response)
  assert.are.equal("config", err.kind)
  assert.is_truthy(tostring(err):find("proxy", 1, true))
  assert.is_nil(tostring(err):find("s3cr3t", 1, true))
  assert.is_nil(tostring(err):find("@", 1, true))
  assert.are.same({}, server:requests())
end

for _, url in ipairs {
  "http://me%00:s3cr3t@127.0.0.1:1", "http://me:s3cr3t%00@127.0.0.1:1",
  "http://me:s3cr3t%0D%0A@127.0.0.1:1", "http://me:s3cr3t%7f@127.0.0.1:1",
  "http://me:s3cr3t@[::1", "http://me:12/s3cr3t@127.0.0.1:1", "me:s3cr3t@",
} do
  it("no request is sent by " .. url, function()
    server:reset()
    refuses(url)
    refuses(nil, { http_proxy = url })
  end)
end
