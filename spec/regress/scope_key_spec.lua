-- The cached signing key was named by region and service joined with "/", so
-- that two scopes which read alike shared one key: a wrong signature.

local sigv4 = require("glacier.core.sigv4")

it("two scopes that read alike have two signing keys", function()
  local credentials = sigv4.credentials("AKIDEXAMPLE", "secret")
  local function sign(signer, region, service)
    return signer:sign({
      method = "GET", path = "/", headers = { "Host", "h" }, region = region, service = service,
      time = 0, credentials = credentials,
    })
  end
  local signer = sigv4.signer()
  sign(signer, "a", "b/c")
  assert.are.same(sign(sigv4.signer(), "a/b", "c"), sign(signer, "a/b", "c"))
end)
