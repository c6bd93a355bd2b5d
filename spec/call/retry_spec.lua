local errors = require "glacier.errors"
local retry = require "glacier.call.retry"
local vectors = require "spec.vectors.retries"

local function service(code, status, fields)
  local result = fields or {}
  result.status = status
  local err = errors.new("service", code, "", result)
  err.retryable = retry.is_retryable(err)
  return err
end

-- What decide gives with a full quota and no jitter.
local function delay_of(attempt, err, random)
  return (retry.decide(attempt, 1e6, err, retry.new_quota(), random or 1))
end

local THROTTLING = {
  "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
  "RequestThrottledException", "TooManyRequestsException",
  "ProvisionedThroughputExceededException", "RequestLimitExceeded", "BandwidthLimitExceeded",
  "LimitExceededException", "PriorRequestNotComplete", "TransactionInProgressException",
  "SlowDown", "EC2ThrottledException",
}

local FINAL = {
  { "ResourceNotFoundException", 404 }, { "PolicyEnforcedException", 400 },
  { "PolicyEnforcedException", 500 }, { "InvalidParameterValueException", 400 },
  { "MissingParameterValueException", 400 }, { "NoLongerSupportedException", 400 },
  { "AccessDeniedException", 403 }, { "ExpiredTokenException", 403 },
  { "InvalidSignatureException", 403 }, { "NotImplemented", 501 }, { "404", 404 }, { "403", 403 },
  { "400", 400 }, { "505", 505 }, { "301", 301 }, { "throttling", 400 }, { "304", 304 },
}

describe("glacier.call.retry", function()
  for _, case in ipairs(vectors) do
    it("standard: " .. case[1], function()
      local quota = retry.new_quota(case.tokens, case.longest)
      local cost
      for attempt, step in ipairs(case.steps) do
        local delay
        if step[1] == 200 then
          retry.succeeded(quota, cost)
        else
          delay, cost = retry.decide(attempt, case.max_attempts or 3, service(step.code or
            tostring(step[1]), step[1], { retry_after = tonumber(step.retry_after) }), quota, 1)
        end
        assert.equal(step.outcome == "retry", delay ~= nil)
        assert.equal(step.delay, delay)
        assert.equal(step.tokens, quota.tokens)
      end
    end)
  end

  it("has all the cases there are", function()
    assert.equal(12, #vectors)
  end)

  describe("tries again", function()
    for _, code in ipairs(THROTTLING) do
      it("what is throttled: " .. code, function()
        for _, status in ipairs({ 400, 403, 429, 500, 503 }) do
          local err = service(code, status)
          assert.is_true(retry.is_throttling(err))
          assert.is_true(err.retryable)
        end
      end)
    end

    it("the status 429, whatever the code, as throttling", function()
      assert.is_true(retry.is_throttling(service("429", 429)))
      assert.is_true(retry.is_throttling(service("X", 429)))
      assert.is_true(service("X", 429).retryable)
    end)

    for _, status in ipairs({ 500, 502, 503, 504 }) do
      it("the status " .. status, function()
        assert.is_true(service("X", status).retryable)
        assert.is_false(retry.is_throttling(service("X", status)))
      end)
    end

    for _, code in ipairs({ "RequestTimeout", "RequestTimeoutException" }) do
      it(code, function()
        assert.is_true(service(code, 408).retryable)
        assert.is_true(service(code, 400).retryable)
        assert.is_false(retry.is_throttling(service(code, 408)))
      end)
    end

    for _, code in ipairs({ "EndpointConnectionError", "ProxyConnectionError",
      "ConnectionClosedError", "ConnectTimeoutError", "ReadTimeoutError" }) do
      it(code, function()
        local err = errors.transfer({ kind = "network", code = code, message = "" }, "")
        assert.is_true(retry.is_retryable(err))
        assert.is_false(retry.is_throttling(err))
      end)
    end
  end)

  describe("gives up", function()
    for _, case in ipairs(FINAL) do
      it(case[1] .. " with the status " .. case[2], function()
        assert.is_false(service(case[1], case[2]).retryable)
        assert.is_nil(delay_of(1, service(case[1], case[2])))
      end)
    end

    it("what no service said and no connection failed of", function()
      for kind, code in pairs({ tls = "SSLError", protocol = "ResponseParserError",
        cancelled = "CancelledError", timeout = "DeadlineExceededError", config = "Throttling",
        credentials = "SlowDown", validation = "ParamValidationError" }) do
        assert.is_false(retry.is_retryable(errors.new(kind, code, "", { status = 500 })))
      end
    end)
  end)

  it("doubles the delay up to 20 seconds", function()
    local transient, throttling = service("X", 500), service("SlowDown", 400)
    for attempt, delay in ipairs({ 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20 }) do
      assert.is_true(math.abs(delay - delay_of(attempt, transient)) < 1e-9)
    end
    for attempt, delay in ipairs({ 1, 2, 4, 8, 16, 20, 20 }) do
      assert.equal(delay, delay_of(attempt, throttling))
    end
    assert.equal(20, delay_of(2000, transient))
    assert.equal(20, delay_of(100000, throttling))
  end)

  it("shortens the delay by chance", function()
    assert.equal(0, delay_of(3, service("SlowDown", 400), 0))
    assert.equal(1, delay_of(3, service("SlowDown", 400), 0.25))
  end)

  it("waits for as long as the service asks, within bounds", function()
    local function asked(milliseconds, random)
      return delay_of(1, service("SlowDown", 503, { retry_after = milliseconds }), random)
    end
    assert.equal(1, asked(0))
    assert.equal(1, asked(999))
    assert.equal(1.5, asked(1500))
    assert.equal(6, asked(6000))
    assert.equal(6, asked(6001))
    assert.equal(6, asked(math.huge))
    assert.equal(5.5, asked(1e9, 0.5))
    assert.equal(0.25, asked(250, 0))
  end)

  it("pays out of one quota for all calls, and no more than there is", function()
    local quota = retry.new_quota()
    local err = service("X", 500)
    local retries = 0
    while retry.decide(1, 3, err, quota, 1) do
      retries = retries + 1
    end
    assert.equal(35, retries) -- 500 / 14
    assert.equal(10, quota.tokens)
    assert.equal(1, (retry.decide(1, 3, service("SlowDown", 400), quota, 1)))
    assert.equal(5, quota.tokens)
    assert.is_truthy(retry.decide(1, 3, service("SlowDown", 400), quota, 1))
    assert.is_nil((retry.decide(1, 3, service("SlowDown", 400), quota, 1)))
    assert.equal(0, quota.tokens)
  end)

  it("pays nothing for what is not tried again", function()
    local quota = retry.new_quota()
    assert.is_nil((retry.decide(3, 3, service("X", 500), quota, 1)))
    assert.is_nil((retry.decide(1, 1, service("X", 500), quota, 1)))
    assert.is_nil((retry.decide(1, 3, service("X", 400), quota, 1)))
    assert.equal(500, quota.tokens)
  end)

  it("gives back after a success, never more than there was", function()
    local quota = retry.new_quota(100)
    retry.succeeded(quota)
    assert.equal(101, quota.tokens)
    retry.succeeded(quota, 14)
    assert.equal(115, quota.tokens)
    quota.tokens = 495
    retry.succeeded(quota, 14)
    assert.equal(500, quota.tokens)
    retry.succeeded(quota)
    assert.equal(500, quota.tokens)
  end)
end)

describe("a clock that is off", function()
  -- Code, the service's clock less ours in seconds, whether that is the cause.
  local CASES = {
    { "InvalidSignatureException", 300, true },
    { "SignatureDoesNotMatch", 300, true },
    { "AuthFailure", 300, true },
    { "RequestTimeTooSkewed", 300, true },
    { "AccessDeniedException", 300, true },
    { "InvalidSignatureException", -300, true },
    { "InvalidSignatureException", 241, true },
    { "InvalidSignatureException", 120, false },
    { "InvalidSignatureException", 240, false },
    { "InvalidSignatureException", -240, false },
    { "InvalidSignatureException", nil, false },
    { "ValidationException", 300, false },
    { "RequestExpired", 300, true },
    { "RequestInTheFuture", -300, true },
    { "RequestExpired", 200, false },
    { "RequestInTheFuture", nil, false },
  }
  for _, case in ipairs(CASES) do
    local code, skew, expected = case[1], case[2], case[3]
    it(("is %sthe cause of %s at %s s"):format(expected and "" or "not ", code, tostring(skew)), function()
      local err = { kind = "service", code = code, status = 403 }
      assert.are.equal(expected, retry.is_clock_skew(err, skew))
      assert.is_false(retry.is_expired_token(err))
    end)
  end

  it("is another thing than a token that has expired", function()
    assert.is_true(retry.is_expired_token({ kind = "service", code = "ExpiredTokenException" }))
    assert.is_false(retry.is_clock_skew({ kind = "service", code = "ExpiredTokenException" }, 300))
  end)
end)
