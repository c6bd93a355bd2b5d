-- The room for a query was reckoned at three times its length, though most of its bytes
-- take no more than they had: a query of 30 MB was refused as too large to sign.

local sigv4 = require("glacier.core.sigv4")

describe("a query of many megabytes", function()
  local identity = assert(sigv4.credentials("AKIDEXAMPLE", "secret"))

  local function sign(query)
    return assert(sigv4.signer()):sign({ method = "GET", path = "/-/vaults", query = query,
      headers = { "Host", "h" }, body = "", region = "us-east-1", service = "glacier", time = 0,
      credentials = identity })
  end

  it("is signed, whatever of it is percent-encoded", function()
    local plain = sign("marker=" .. ("a"):rep(30 * 1000 * 1000))
    assert.same(plain, sign("marker=" .. ("%61"):rep(10 * 1000 * 1000) ..
      ("a"):rep(20 * 1000 * 1000)))
    assert(sign("marker=" .. ("%2F"):rep(10 * 1000 * 1000)))
    assert(sign("marker=" .. ("/"):rep(10 * 1000 * 1000)))
  end)

  it("beyond what is signed is refused", function()
    local signed, failure = sign("marker=" .. ("/"):rep(30 * 1000 * 1000))
    assert.is_nil(signed)
    assert.truthy(failure.message:find("is larger than", 1, true))
  end)
end)
