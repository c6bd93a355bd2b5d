-- A wait whose time does not last for the pause that the service asks for has
-- given up as any other: its error was that of a call. And a page whose marker
-- is no text was taken for the last one.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")

local VAULT = { vaultName = "v" }

describe("the time of a wait", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  after_each(clients.close_all)

  local function throttled(milliseconds)
    return { status = 400, body = '{"code":"ThrottlingException","message":"slow"}',
      headers = { { "x-amz-retry-after", milliseconds } } }
  end

  for _, milliseconds in ipairs({ "3000", "4500" }) do
    it("is over where a pause of " .. milliseconds .. " ms does not fit into it", function()
      server:play({ throttled(milliseconds) }, { repeat_last = true })
      local response, err = clients.new(server, { max_attempts = 5 }):wait_until(
        "vault_exists", VAULT, { timeout = 2 })
      assert.is_nil(response)
      assert.equal("WaiterError", err.code)
      assert.equal("timeout", err.kind)
      assert.is_false(err.in_doubt)
    end)
  end

  it("is not over where an attempt would be signed too late", function()
    local response, err = clients.new(server):wait_until("vault_exists", VAULT,
      { timeout = 20, sign_before = os.time() - 5 })
    assert.is_nil(response)
    assert.equal("DeadlineExceededError", err.code)
    assert.is_false(err.sent)
    assert.equal(0, #server:requests())
  end)

  for _, marker in ipairs({ "5", "true", "{}", '["a"]' }) do
    it("a page with the marker " .. marker .. " is not the last", function()
      server:play({ status = 200, body = '{"JobList":[{"JobId":"a"}],"Marker":' .. marker .. "}" })
      local ok, err = pcall(clients.new(server):each("list_jobs", VAULT))
      assert.is_false(ok)
      assert.equal("protocol", err.kind)
    end)
  end

  it("a page with the marker null is", function()
    server:play({ status = 200, body = '{"JobList":[{"JobId":"a"}],"Marker":null}' })
    local next_item = clients.new(server):each("list_jobs", VAULT)
    assert.equal("a", next_item().JobId)
    assert.is_nil(next_item())
  end)
end)
