local errors = require "glacier.errors"
local outcome = require "glacier.restore.outcome"

local function service(code, status, message, fields)
  fields = fields or {}
  fields.status, fields.sent = status, true
  return errors.new("service", code, message or "said", fields)
end

local function start(err)
  local result = outcome.start(err)
  return result.state, result
end

describe("what an error means to a restore:", function()
  it("a request that was late for its signature is signed again, and ends no run", function()
    for _, err in ipairs({
      service("InvalidSignatureException", 403, "Signature expired: 20260101T000000Z is now earlier than ..."),
      service("InvalidSignatureException", 403, "Signature not yet current: 20260101T000000Z is still later ..."),
      service("RequestTimeTooSkewed", 403), service("RequestExpired", 400),
    }) do
      local state, result = start(err)
      assert.equal("again", state)
      assert.is_false(result.fatal)
      assert.equal("later", outcome.fetch(err))
    end
  end)

  it("a signature that is wrong, or access that is denied, ends it", function()
    for _, err in ipairs({
      service("InvalidSignatureException", 403, "The request signature we calculated does not match"),
      service("AccessDeniedException", 403), service("UnrecognizedClientException", 400),
      errors.credentials("Unable to locate credentials"),
    }) do
      local state, result = start(err)
      assert.equal("again", state)
      assert.is_true(result.fatal)
      assert.equal("fatal", outcome.fetch(err))
    end
  end)

  it("an answer that was lost, or a 5xx, leaves it in doubt", function()
    assert.is_nil((start(errors.new("network", "ReadTimeoutError", "lost", { sent = true, in_doubt = true }))))
    assert.is_nil((start(service("InternalFailure", 500))))
    assert.is_nil((start(service("ServiceUnavailable", 503))))
  end)

  it("throttling slows down, refusals pause, and neither is the archive's fault", function()
    local state, result = start(service("ThrottlingException", 400))
    assert.same({ "again", true, false }, { state, result.throttled, result.refused })
    state, result = start(service("PolicyEnforcedException", 400))
    assert.same({ "again", false, true }, { state, result.throttled, result.refused })
  end)

  it("an archive that is not there is gone, a vault that is not there ends the run", function()
    assert.equal("gone", (start(service("ResourceNotFoundException", 404, "The archive ID was not found"))))
    local err = service("ResourceNotFoundException", 404, "Vault not found for ARN: arn")
    assert.is_true(select(2, start(err)).fatal)
  end)

  it("what was not sent is tried again", function()
    assert.equal("again", (start(errors.new("network", "EndpointConnectionError", "no", { sent = false }))))
    assert.equal("again", (start(errors.out_of_time("too late to sign", { sent = false }))))
  end)
end)
