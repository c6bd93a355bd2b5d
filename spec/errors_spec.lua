local errors = require "glacier.errors"

local URL = "https://glacier.us-east-1.amazonaws.com/-/vaults/a%20b/jobs"

describe("glacier.errors", function()
  it("an error knows its code and its kind", function()
    local err = errors.new("service", "Throttling", "slow down", { operation = "InitiateJob" })
    assert.is_true(err:is("Throttling"))
    assert.is_true(err:is("service"))
    assert.is_false(err:is("throttling"))
    assert.is_false(err.retryable)
    assert.is_true(errors.new("service", "X", "", { retryable = true }).retryable)
  end)

  it("is told from other tables", function()
    assert.is_true(errors.is_error(errors.config("x")))
    for _, other in ipairs({ {}, "x", 5, false, setmetatable({}, {}) }) do
      assert.is_false(errors.is_error(other))
    end
    assert.is_false(errors.is_error(nil))
  end)

  describe("tostring", function()
    local function service(fields)
      fields.operation = "InitiateJob"
      return tostring(errors.new("service", "SlowDown", "later", fields))
    end
    local text = "An error occurred (SlowDown) when calling the InitiateJob operation"

    it("of a service's error is boto3's", function()
      assert.equal(text .. ": later", service({}))
      assert.equal(text .. ": later", service({ attempts = 1, exhausted = true }))
    end)

    it("tells of retries where there are no more", function()
      assert.equal(text .. " (reached max retries: 2): later",
        service({ attempts = 3, exhausted = true }))
      assert.equal(text .. ": later", service({ attempts = 3 }))
    end)

    it("of any other is its message", function()
      assert.equal("later", tostring(errors.new("timeout", "SlowDown", "later")))
    end)

    it("is what a concatenation takes", function()
      local err = errors.config("broken")
      assert.equal("error: broken", "error: " .. err)
      assert.equal("broken!", err .. "!")
      assert.equal("brokenbroken", err .. err)
    end)
  end)

  it("has defaults for what is configured and for credentials", function()
    local config, credentials = errors.config("m"), errors.credentials("m")
    assert.same({ "config", "InvalidConfigError" }, { config.kind, config.code })
    assert.same({ "credentials", "CredentialRetrievalError" },
      { credentials.kind, credentials.code })
    assert.equal("X", errors.config("m", "X").code)
    assert.equal("X", errors.credentials("m", "X").code)
  end)

  it("puts all problems of validation into one message", function()
    local problems = { { path = "a", message = "first" }, { path = "b", message = "second" } }
    local err = errors.validation(problems)
    assert.equal("Parameter validation failed:\nfirst\nsecond", tostring(err))
    assert.equal(problems, err.problems)
    assert.same({ "validation", "ParamValidationError" }, { err.kind, err.code })
  end)

  describe("of a transfer", function()
    local cases = {
      EndpointConnectionError = 'Could not connect to the endpoint URL: "' .. URL .. '" (why %s)',
      ConnectTimeoutError = 'Connect timeout on endpoint URL: "' .. URL .. '" (why %s)',
      ReadTimeoutError = 'Read timeout on endpoint URL: "' .. URL .. '" (why %s)',
      ConnectionClosedError = "Connection was closed before we received a valid response " ..
        'from endpoint URL: "' .. URL .. '". (why %s)',
      SSLError = "SSL validation failed for " .. URL .. " (why %s)",
      ProxyConnectionError = 'Failed to connect to proxy URL: "' .. URL .. '" (why %s)',
      HTTPClientError = 'No valid HTTP response from endpoint URL: "' .. URL .. '" (why %s)',
      CancelledError = "why %s",
    }

    for code, expected in pairs(cases) do
      it(code, function()
        local err = errors.transfer({ kind = "network", code = code, message = "why %s",
          sent = true }, URL)
        assert.equal(expected, tostring(err))
        assert.equal("network", err.kind)
        assert.equal(code, err.code)
        assert.is_true(err.sent)
      end)
    end
  end)

  it("of a transfer at its proxy names the proxy, not the endpoint", function()
    local PROXY = "http://%1:3128"
    for code, expected in pairs {
      ProxyConnectionError = 'Failed to connect to proxy URL: "' .. PROXY .. '" (why)',
      ConnectTimeoutError = 'Connect timeout on proxy URL: "' .. PROXY .. '" (why)',
      DeadlineExceededError = 'No time was left for the answer of proxy URL: "' .. PROXY ..
        '" (why)',
      SSLError = "SSL validation failed for " .. PROXY .. " (why)",
    } do
      assert.equal(expected, tostring(errors.transfer(
        { kind = "network", code = code, message = "why", proxy = PROXY }, URL)))
    end
  end)
end)
