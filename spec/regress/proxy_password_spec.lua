-- A proxy that libcurl cannot read was quoted in the error, password and all,
-- and looked like a failure of the network.

local clients = require("spec.support.clients")
local glacier = require("glacier")

it("a proxy that cannot be read is a config error without its password", function()
  local client = assert(glacier.client({
    region = "us-west-2", endpoint_url = "http://127.0.0.1:1", credentials = clients.CREDENTIALS,
    proxy = "foo://user:s3cr3t@proxy",
  }))
  local _, err = client:initiate_job({ vaultName = "v" })
  client:close()
  assert.are.equal("config", err.kind)
  assert.are.equal(0, err.attempts)
  assert.is_nil(tostring(err):find("s3cr3t", 1, true))
end)
