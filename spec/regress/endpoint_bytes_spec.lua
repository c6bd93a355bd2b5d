-- Bytes beyond ASCII in a configured URL were sent otherwise than signed.

local glacier = require "glacier"

it("a URL that is not percent-encoded is refused", function()
  local _, err = glacier.client { region = "us-west-2", endpoint_url = "http://127.0.0.1/\195\169" }
  assert.equal("InvalidEndpointError", err.code)
  assert(glacier.client { region = "us-west-2", endpoint_url = "http://127.0.0.1/%C3%A9" }):close()
end)
