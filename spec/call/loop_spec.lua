-- What surrounds the attempts of a call: retries, the clock, renewed
-- credentials, the deadline, the logger, forks.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local glacier = require("glacier")
local http = require("glacier.core.http")

local PARAMS = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }

local server, events

setup(function()
  server = endpoint.start()
end)
teardown(function()
  server:stop()
end)
before_each(function()
  server:reset()
  events = {}
end)
after_each(function()
  clients.close_all()
  server:set_clock(nil)
end)

local function client_with(options)
  options.logger = options.logger or function(event)
    events[#events + 1] = event
  end
  return clients.new(server, options)
end

local function names()
  local result = {}
  for i, event in ipairs(events) do
    result[i] = event.event
  end
  return table.concat(result, " ")
end

describe("retries", function()
  it("sign each attempt afresh under one invocation id", function()
    server:play({ "initiate_job/html_503", "initiate_job/html_503", "initiate_job/success" })
    local client = client_with({ max_attempts = 3, reconcile = false })
    local response = assert(client:initiate_job(PARAMS))
    assert.are.equal(2, response.ResponseMetadata.RetryAttempts)
    local requests = server:requests()
    local id = requests[1]:header("amz-sdk-invocation-id")
    for i, request in ipairs(requests) do
      assert.are.equal("ok", request.signature)
      assert.are.equal(id, request:header("amz-sdk-invocation-id"))
      local text = request:header("amz-sdk-request")
      if i == 1 then
        assert.are.equal("attempt=1; max=3", text)
      else
        assert.is_truthy(text:find("^ttl=%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ; attempt=" .. i .. "; max=3$"))
      end
    end
    assert.are.equal("attempt retry attempt retry attempt done", names())
    assert.are.equal("503", events[2].code)
    assert.is_true(events[2].delay >= 0 and events[2].delay <= 0.05)
    assert.is_true(events[6].ok)
  end)

  it("tell the service how many there may be, call by call", function()
    local client = client_with({ max_attempts = 3, reconcile = false })
    server:play("initiate_job/success")
    for _, most in ipairs({ 3, 3, 5, 3 }) do
      assert(client:initiate_job(PARAMS, { max_attempts = most }))
    end
    local texts = {}
    for i, request in ipairs(server:requests()) do
      texts[i] = request:header("amz-sdk-request")
    end
    assert.are.same({ "attempt=1; max=3", "attempt=1; max=3", "attempt=1; max=5",
      "attempt=1; max=3" }, texts)
  end)

  it("end after max_attempts and say so, in boto3's words", function()
    server:play("initiate_job/service_unavailable")
    local _, err = client_with({ max_attempts = 2, reconcile = false }):initiate_job(PARAMS)
    assert.are.equal(2, err.attempts)
    assert.is_true(err.retryable)
    assert.is_truthy(tostring(err):find(
      "An error occurred (ServiceUnavailableException) when calling the InitiateJob operation " ..
      "(reached max retries: 1): ", 1, true))
    assert.are.equal(2, #server:requests())
  end)

  it("share a quota and are not made when it is empty", function()
    server:play("initiate_job/html_503")
    local client = client_with({ max_attempts = 3, reconcile = false })
    client.calls.quota.tokens = 14 + 13
    local _, err = client:initiate_job(PARAMS)
    assert.are.equal(2, err.attempts)
    _, err = client:initiate_job(PARAMS)
    assert.are.equal(1, err.attempts)
    assert.is_true(err.retryable)
    assert.is_nil(tostring(err):find("reached max retries", 1, true))
  end)

  it("are not made for what another attempt cannot mend", function()
    for _, name in ipairs({ "resource_not_found", "policy_enforced", "access_denied" }) do
      server:reset()
      server:play("initiate_job/" .. name)
      local _, err = client_with({ max_attempts = 3 }):initiate_job(PARAMS)
      assert.are.equal(1, err.attempts)
      assert.are.equal(1, #server:requests())
    end
  end)

  it("wait as long as the service asks", function()
    server:play({
      { recording = "initiate_job/html_503", headers = { { "x-amz-retry-after", "300" } }, times = 1 },
      "initiate_job/success",
    })
    assert(client_with({ max_attempts = 2, reconcile = false }):initiate_job(PARAMS))
    assert.are.equal(0.3, events[2].delay)
  end)

  it("count from the environment where no option says otherwise", function()
    local config = require("glacier.config")
    local environment = config.environment
    config.environment = { AWS_MAX_ATTEMPTS = "2", HOME = "/nonexistent" }
    server:play("initiate_job/html_503")
    local client = assert(glacier.client({
      region = "us-west-2", endpoint_url = server.url, credentials = clients.CREDENTIALS,
      reconcile = false,
    }))
    config.environment = environment
    local _, err = client:initiate_job(PARAMS)
    client:close()
    assert.are.equal(2, err.attempts)
  end)

  it("keep to the rate of adaptive mode once throttled", function()
    server:play({ { recording = "initiate_job/throttling", times = 1 }, "initiate_job/success" })
    local client = client_with({ max_attempts = 2, retry_mode = "adaptive" })
    assert.is_false(client.calls.limiter.enabled)
    assert(client:initiate_job(PARAMS))
    assert.is_true(client.calls.limiter.enabled)
    assert.is_truthy(server:requests()[1]:header("user-agent"):find("cfg/retry-mode#adaptive", 1, true))
  end)

  -- A client that was throttled, and may send its next request in about 2 s.
  local function throttled(options)
    server:play("initiate_job/throttling")
    options.max_attempts, options.retry_mode = 1, "adaptive"
    local client = client_with(options)
    local _, err = client:initiate_job(PARAMS)
    assert.are.equal("ThrottlingException", err.code)
    return client
  end

  it("end where the call's time does not last until the rate allows it", function()
    local client = throttled({})
    local _, err = client:initiate_job(PARAMS, { timeout = 0.5 })
    assert.are.equal("timeout", err.kind)
    assert.are.equal("DeadlineExceededError", err.code)
    assert.is_truthy(err.message:find("rate limit", 1, true))
    assert.is_false(err.sent)
    assert.are.equal(1, #server:requests())
  end)

  it("end where the client is closed while they wait for their turn", function()
    local client, waited
    client = throttled({
      host = {
        now = http.monotonic,
        sleep = function()
          waited = true
          client:close()
        end,
        wait = function(engine, timeout)
          return engine:wait(timeout)
        end,
      },
    })
    local _, err = client:initiate_job(PARAMS)
    assert.is_true(waited)
    assert.are.equal("cancelled", err.kind)
    assert.are.equal(1, #server:requests())
  end)
end)

describe("a clock that is off", function()
  local HOUR = 3600

  it("is set by the service's, and the call made once more", function()
    server:set_clock(os.time() + HOUR)
    server:play("initiate_job/success")
    local client = client_with({ max_attempts = 1 })
    assert(client:initiate_job(PARAMS))
    assert.are.equal(2, #server:requests())
    assert.is_true(math.abs(client.clock.offset - HOUR) <= 2)
    assert.are.equal("attempt clock attempt done", names())
    -- It stays set.
    assert(client:initiate_job(PARAMS))
    assert.are.equal(3, #server:requests())
  end)

  it("is not blamed for a signature that is wrong for another reason", function()
    server:play("initiate_job/invalid_signature")
    local client = client_with({ max_attempts = 3 })
    local _, err = client:initiate_job(PARAMS)
    assert.are.equal("InvalidSignatureException", err.code)
    assert.are.equal(1, err.attempts)
    assert.are.equal(0, client.clock.offset)
  end)

  it("is set once a call, so that no service leads it in circles", function()
    server:set_clock(false)
    server:play({ recording = "initiate_job/invalid_signature",
      headers = { { "Date", "Sun, 06 Nov 1994 08:49:37 GMT" } } })
    local _, err = client_with({ max_attempts = 3 }):initiate_job(PARAMS)
    assert.are.equal("InvalidSignatureException", err.code)
    assert.are.equal(2, err.attempts)
  end)
end)

describe("expired credentials", function()
  it("are renewed once", function()
    local old = { access_key_id = "ASIAOLD", secret_access_key = "old", session_token = "T1" }
    local new = { access_key_id = "ASIANEW", secret_access_key = "new", session_token = "T2" }
    server:add_credentials(old)
    server:add_credentials(new)
    local asked = 0
    local client = client_with({
      max_attempts = 1,
      credentials = function()
        asked = asked + 1
        return asked == 1 and old or new
      end,
    })
    server:play({ { recording = "initiate_job/expired_token", times = 1 }, "initiate_job/success" })
    assert(client:initiate_job(PARAMS))
    local requests = server:requests()
    assert.are.equal("T1", requests[1]:header("x-amz-security-token"))
    assert.are.equal("T2", requests[2]:header("x-amz-security-token"))
    assert.are.equal(2, asked)
    assert.are.equal("attempt refresh attempt refresh done", names())
    assert.are.equal("credentials function", events[2].source)
    server:play("initiate_job/expired_token")
    local _, err = client:initiate_job(PARAMS)
    assert.are.equal("ExpiredTokenException", err.code)
  end)
end)

describe("the deadline", function()
  it("ends a call that gets no answer, and its retries with it", function()
    server:play({ recording = "initiate_job/success", delay = 5 })
    local client = client_with({ max_attempts = 3, timeout = 0.3, read_timeout = 0.2 })
    local start = http.monotonic()
    local _, err = client:initiate_job(PARAMS)
    assert.is_true(http.monotonic() - start < 2)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("InitiateJob", err.operation)
  end)

  it("ends a call that would sleep beyond it, with the last cause", function()
    server:play({ recording = "initiate_job/html_503", headers = { { "x-amz-retry-after", "60000" } } })
    local _, err = client_with({ max_attempts = 3, timeout = 1, reconcile = false })
      :initiate_job(PARAMS)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("DeadlineExceededError", err.code)
    assert.are.equal("503", err.cause.code)
    assert.is_truthy(tostring(err):find("Service Unavailable", 1, true))
    assert.are.equal(1, err.attempts)
  end)

  it("lets the next call be", function()
    server:play({ { recording = "initiate_job/success", delay = 1, times = 1 }, "initiate_job/success" })
    local client = client_with({ max_attempts = 1, timeout = 0.2, reconcile = false })
    assert.is_nil((client:initiate_job(PARAMS)))
    assert(client:initiate_job(PARAMS))
  end)
end)

describe("the logger", function()
  it("that raises harms no call", function()
    server:play("initiate_job/success")
    local client = client_with({ logger = function() error("no") end })
    assert(client:initiate_job(PARAMS))
  end)

  it("hears no secret", function()
    local credentials = {
      access_key_id = "ASIASECRET", secret_access_key = "VERYSECRET", session_token = "TOKENSECRET",
    }
    server:add_credentials(credentials)
    server:play({ "initiate_job/html_503", "initiate_job/success" })
    local lines = {}
    local client = client_with({ credentials = credentials, max_attempts = 2, reconcile = false,
      logger = function(event)
        for name, value in pairs(event) do
          lines[#lines + 1] = name .. "=" .. tostring(value)
        end
      end })
    assert(client:initiate_job(PARAMS))
    local text = table.concat(lines, "\n")
    assert.is_truthy(text:find("event=done", 1, true))
    for _, secret in ipairs({ "VERYSECRET", "TOKENSECRET" }) do
      assert.is_nil(text:find(secret, 1, true))
    end
  end)

  it("of stderr writes a line an event", function()
    local written = {}
    local stderr = io.stderr
    -- luacheck: push ignore 122
    io.stderr = { write = function(_, ...)
      written[#written + 1] = table.concat({ ... })
    end }
    glacier.loggers.stderr({ event = "attempt", operation = "InitiateJob", attempt = 1, text = "a\nb" })
    io.stderr = stderr
    -- luacheck: pop
    assert.are.same({ 'glacier attempt attempt=1 operation="InitiateJob" text="a\\nb"\n' }, written)
  end)

  it("is warned where the certificate is not checked", function()
    client_with({ verify = false })
    assert.are.equal("warning", events[1].event)
  end)
end)

describe("the connection's options", function()
  local function sent_with(options)
    local client = client_with(options)
    local sent
    clients.replace_transport(client, {
      host = client.transport.host,
      close = function() end,
      send = function(_, request)
        sent = request
        return { status = 202, reason = "", body = "", headers = { ["x-amz-job-id"] = "J" } }
      end,
    })
    assert(client:initiate_job(PARAMS))
    return sent
  end

  it("reach the engine", function()
    local request = sent_with { verify = false, tcp_keepalive = false, proxy = "http://p:1" }
    assert.is_true(request.insecure)
    assert.is_false(request.tcp_keepalive)
    assert.are.equal("http://p:1", request.proxy)
  end)

  it("check certificates and probe connections where nothing is said", function()
    local request = sent_with {}
    assert.is_false(request.insecure)
    assert.is_true(request.tcp_keepalive)
    assert.are.equal("", request.proxy)
  end)
end)
