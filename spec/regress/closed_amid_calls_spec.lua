-- A client that is closed while an answer is awaited: the service may have done
-- what was asked, and the error said that it had not.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local socket = require("socket")

local VAULT = { vaultName = "v" }

describe("a call whose client is closed amid it", function()
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  after_each(clients.close_all)

  -- Closed once the request has gone out.
  local function end_of(name, params)
    local client
    server:play({ { status = 200, body = "{}", delay = 3 } }, { repeat_last = true })
    client = clients.new(server, { max_attempts = 3, host = {
      now = socket.gettime,
      sleep = socket.sleep,
      wait = function(engine, _, transfer)
        engine:wait(0.05)
        if transfer:sent() then
          client:close()
        end
      end,
    } })
    local response, err = client[name](client, params)
    assert.is_nil(response)
    assert.equal("cancelled", err.kind)
    assert.is_true(err.sent)
    return err
  end

  for name, params in pairs({
    purchase_provisioned_capacity = {},
    initiate_job = VAULT,
    upload_archive = { vaultName = "v", body = "x" },
    delete_archive = { vaultName = "v", archiveId = "a" },
  }) do
    it("is in doubt: " .. name, function()
      assert.is_true(end_of(name, params).in_doubt)
    end)
  end

  for _, name in ipairs({ "describe_vault", "list_jobs" }) do
    it("is not where it only asks: " .. name, function()
      assert.is_false(end_of(name, VAULT).in_doubt)
    end)
  end
end)
