-- Waiters, by a client that is nothing but its public methods, with a clock of
-- its own.

local errors = require("glacier.errors")
local waiter = require("glacier.client.waiter")

local NOT_FOUND = { code = "ResourceNotFoundException" }
local FOUND = { status = 200 }

-- Each answer: status or code of an error, and `seconds` that it takes.
local function new_client(answers, repeat_last)
  local client = { time = 100, slept = {}, calls = {}, wait_until = waiter.wait_until }
  function client:now()
    return self.time
  end
  function client:sleep(seconds)
    self.slept[#self.slept + 1] = seconds
    self.time = self.time + seconds
    if self.closed then
      return nil, errors.new("cancelled", "CancelledError", "the client is closed")
    end
    return true
  end
  function client:describe_vault(params, options)
    self.calls[#self.calls + 1] = { params = params, options = options }
    local answer = repeat_last and answers[1] or table.remove(answers, 1)
    self.time = self.time + (answer.seconds or 0)
    if answer.code then
      return nil, errors.new(answer.kind or "service", answer.code, "m", { status = 404 })
    end
    return { VaultName = "v", ResponseMetadata = { HTTPStatusCode = answer.status } }
  end
  return client
end

describe("client:wait_until", function()
  it("vault_exists: until it does", function()
    local client = new_client({ NOT_FOUND, NOT_FOUND, FOUND })
    local params = { vaultName = "v" }
    local response = assert(client:wait_until("vault_exists", params))
    assert.equal("v", response.VaultName)
    assert.same({ 3, 3 }, client.slept)
    assert.equal(params, client.calls[3].params)
  end)

  it("vault_not_exists: until it does not", function()
    local client = new_client({ FOUND, NOT_FOUND })
    assert.is_true(client:wait_until("vault_not_exists", {}))
    assert.same({ 3 }, client.slept)
  end)

  it("returns at once where it is so already", function()
    local client = new_client({ FOUND })
    assert(client:wait_until("vault_exists", {}))
    assert.same({}, client.slept)
  end)

  it("gives up after 15 calls, in boto3's words", function()
    local client = new_client({ NOT_FOUND }, true)
    local response, err = client:wait_until("vault_exists", {})
    assert.is_nil(response)
    assert.equal("timeout", err.kind)
    assert.equal("WaiterError", err.code)
    assert.equal("Waiter VaultExists failed: Max attempts exceeded. Previously accepted state: " ..
      "Matched expected service error code: ResourceNotFoundException", tostring(err))
    assert.equal("ResourceNotFoundException", err.cause.code)
    assert.equal(15, #client.calls)
    assert.equal(14, #client.slept)
    client = new_client({ FOUND }, true)
    response, err = client:wait_until("vault_not_exists", {}, { max_attempts = 2, delay = 0 })
    assert.is_nil(response)
    assert.equal("Waiter VaultNotExists failed: Max attempts exceeded. Previously accepted " ..
      "state: Matched expected HTTP status code: 200", tostring(err))
    assert.same({}, client.slept)
    assert.equal(2, #client.calls)
  end)

  it("takes another delay", function()
    local client = new_client({ NOT_FOUND, FOUND })
    assert(client:wait_until("vault_exists", {}, { delay = 0.25 }))
    assert.same({ 0.25 }, client.slept)
  end)

  describe("gives another error back as it is:", function()
    for _, answer in ipairs({ { code = "AccessDeniedException" },
      { code = "ConnectionClosedError", kind = "network" },
      { code = "ResourceNotFoundException", kind = "validation" },
      { code = "DeadlineExceededError", kind = "timeout" } }) do
      it(answer.code .. " of kind " .. (answer.kind or "service"), function()
        local client = new_client({ NOT_FOUND, answer })
        local response, err = client:wait_until("vault_exists", {})
        assert.is_nil(response)
        assert.equal(answer.code, err.code)
        assert.equal(answer.kind or "service", err.kind)
      end)
    end
  end)

  describe("within its timeout", function()
    it("gives each call what is left", function()
      local client = new_client({ NOT_FOUND, NOT_FOUND, FOUND })
      assert(client:wait_until("vault_exists", {}, { timeout = 10 }))
      for i, left in ipairs({ 10, 7, 4 }) do
        assert.equal(left, client.calls[i].options.timeout)
      end
    end)

    it("of 0 there is none", function()
      local client = new_client({ NOT_FOUND, { status = 200, seconds = 900 } })
      assert(client:wait_until("vault_exists", {}, { timeout = 0 }))
      assert.is_nil(client.calls[1].options.timeout)
    end)

    it("does not sleep beyond it", function()
      local client = new_client({ NOT_FOUND }, true)
      local _, err = client:wait_until("vault_exists", {}, { timeout = 7 })
      assert.equal("WaiterError", err.code)
      assert.truthy(err.message:find("The time for it is over", 1, true))
      assert.same({ 3, 3 }, client.slept)
    end)

    it("says so where a call used it up", function()
      local client = new_client({ NOT_FOUND,
        { code = "DeadlineExceededError", kind = "timeout", seconds = 60 } })
      local _, err = client:wait_until("vault_exists", {}, { timeout = 30 })
      assert.equal("timeout", err.kind)
      assert.equal("WaiterError", err.code)
    end)
  end)

  it("hands the other options of a call on", function()
    local client = new_client({ FOUND })
    assert(client:wait_until("vault_exists", {}, { sign_before = 5, reconcile = false }))
    assert.same({ sign_before = 5, reconcile = false }, client.calls[1].options)
  end)

  it("ends when the client is closed", function()
    local client = new_client({ NOT_FOUND }, true)
    client.closed = true
    local _, err = client:wait_until("vault_exists", {})
    assert.equal("cancelled", err.kind)
    assert.equal(1, #client.calls)
  end)

  it("refuses unknown options by name, and raises for misuse", function()
    local client = new_client({})
    local _, err = client:wait_until("vault_exists", {}, { delays = 1 })
    assert.equal("Unknown option 'delays': did you mean 'delay'?", err.message)
    _, err = client:wait_until("vault_exists", {}, { delay = -1 })
    assert.equal("config", err.kind)
    assert.has_error(function()
      client:wait_until("vault_exists", {}, { delay = "3" })
    end)
    local ok, message = pcall(client.wait_until, client, "VaultExists", {})
    assert.is_false(ok)
    assert.truthy(message:find("bad argument #1 to 'wait_until' (vault_exists or " ..
      "vault_not_exists expected, got VaultExists)", 1, true))
    assert.equal(0, #client.calls)
  end)
end)
