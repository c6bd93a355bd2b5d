-- Stand-ins for the service are given session tokens such as "test": taken out
-- of messages wherever they stood, they destroyed words ("the la*** archive").

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local redact = require "glacier.redact"

describe("a short token", function()
  local LEFT = {
    { "test", "The latest test of a contest failed: untested" },
    { "a", "a vault was not found at a place" },
    { "e", "" },
    { "token", "The security token included in the request is invalid" },
    { "localstack", "localstack has no vault named x" },
    { "t1", "at1 t11 1t1" },
    { "x-1", "ax-1 x-12" },
  }
  for _, case in ipairs(LEFT) do
    it(("such as %q leaves a message alone"):format(case[1]), function()
      assert.equal(case[2], redact.text(case[2], case[1]))
    end)
  end

  local HIDDEN = {
    { "test", "x-amz-date:2\nx-amz-security-token:test\n\ntest", "x-amz-date:2\nx-amz-security-token:***\n\ntest" },
    { "test", '{"SessionToken": "test"}', '{"SessionToken": "***"}' },
    { "s3cr3t", "the key s3cr3t, s3cr3ts", "the key ***, s3cr3ts" },
    { "Basic a:b", "Authorization: Basic a:b", "Authorization: ***" },
    { "a+b/c=", "a+b/c=; a+b/c=", "***; ***" },
    { "fake-token-1", "cut: fake-toke", "cut: ***" },
  }
  for _, case in ipairs(HIDDEN) do
    it(("such as %q is hidden where it is one"):format(case[1]), function()
      assert.equal(case[3], redact.text(case[2], case[1]))
    end)
  end

  it("costs time that grows with the length only", function()
    local begun = os.clock()
    for _, secret in ipairs { "a", "test", "aa-1" } do
      redact.text(("a"):rep(300000) .. ("token test "):rep(30000), secret)
    end
    assert.is_true(os.clock() - begun < 20)
  end)

  it("does not spoil the error of a call", function()
    local server = endpoint.start()
    finally(function()
      clients.close_all()
      server:stop()
    end)
    server:play { status = 400, verify = false,
      body = '{"code":"testException","message":"The latest test is no contest"}' }
    local client = clients.new(server, { credentials = {
      access_key_id = "test", secret_access_key = "test", session_token = "test",
    } })
    local result, err = client:initiate_job { vaultName = "v" }
    assert.is_nil(result)
    assert.equal("testException", err.code)
    assert.equal("The latest test is no contest", err.message)
  end)
end)
