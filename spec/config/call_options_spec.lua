-- The options of one call: what they do, and how wrong ones are refused.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local glacier = require("glacier")

local PARAMS = { vaultName = "v" }
local BROKEN = { status = 503, body = "<html>" }

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}
after_each(clients.close_all)

local function describe_vault(given, more)
  return clients.new(server, more):describe_vault(PARAMS, given)
end

describe("options of one call", function()
  describe("are refused by name:", function()
    for unknown, nearest in pairs({ timeouts = "timeout", maxAttempts = "max_attempts",
      signbefore = "sign_before" }) do
      it(unknown, function()
        local response, err = describe_vault({ [unknown] = 1 })
        assert.is_nil(response)
        assert.are.equal("config", err.kind)
        assert.are.equal("UnknownOptionError", err.code)
        assert.are.equal("DescribeVault", err.operation)
        assert.are.equal("Unknown option '" .. unknown .. "': did you mean '" .. nearest .. "'?",
          err.message)
        assert.are.same({}, server:requests())
      end)
    end

    for name, value in pairs({ timeout = -1, max_attempts = 0, sign_before = 0 / 0 }) do
      it(name .. " with a value that is none", function()
        local _, err = describe_vault({ [name] = value })
        assert.are.equal("config", err.kind)
        assert.is_truthy(err.message:find("Option '" .. name .. "'", 1, true))
      end)
    end
  end)

  describe("raise for a wrong type:", function()
    for name, value in pairs({ timeout = "5", max_attempts = true, reconcile = 1,
      sign_before = "2026-01-01" }) do
      it(name, function()
        assert.has_error(function()
          describe_vault({ [name] = value })
        end)
      end)
    end

    it("no table at all", function()
      for _, value in ipairs({ "x", 5, true, print }) do
        local ok, message = pcall(describe_vault, value)
        assert.is_false(ok)
        assert.is_truthy(message:find("bad argument #2 to an operation (table expected, got " ..
          type(value) .. ")", 1, true))
      end
    end)
  end)

  it("are taken by the methods of the module, too", function()
    local response, err = glacier.describe_vault(PARAMS, { regoin = 1 })
    assert.is_nil(response)
    assert.are.equal("config", err.kind)
  end)

  it("are not changed by a call", function()
    local given = setmetatable({ timeout = 5 }, { __newindex = error })
    server:play({ status = 200, body = "{}" })
    assert(describe_vault(given))
    assert.are.same({ timeout = 5 }, { timeout = given.timeout })
  end)

  it("max_attempts: more and fewer than the client's", function()
    server:play({ BROKEN, BROKEN, { status = 200, body = '{"VaultName":"v"}' } })
    local client = clients.new(server)
    local response = assert(client:describe_vault(PARAMS, { max_attempts = 3 }))
    assert.are.equal("v", response.VaultName)
    assert.are.equal(2, response.ResponseMetadata.RetryAttempts)
    assert.are.equal("attempt=3; max=3",
      server:requests()[3]:header("amz-sdk-request"):match("attempt.*"))
    server:reset()
    server:play(BROKEN, { repeat_last = true })
    local _, err = clients.new(server, { max_attempts = 5 }):describe_vault(PARAMS,
      { max_attempts = 1 })
    assert.are.equal(1, err.attempts)
    _, err = client:describe_vault(PARAMS)
    assert.are.equal(1, err.attempts)
  end)

  it("timeout: of this call alone", function()
    server:play({ { status = 200, body = "{}", delay = 30 }, { status = 200, body = "{}" } })
    local client = clients.new(server)
    local began = os.time()
    local response, err = client:describe_vault(PARAMS, { timeout = 0.2 })
    assert.is_nil(response)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("DeadlineExceededError", err.code)
    assert.is_true(os.time() - began < 20)
    assert.is_true(err.sent)
    assert(client:describe_vault(PARAMS))
  end)

  it("reconcile: instead of the client's", function()
    for _, wanted in ipairs({ true, false }) do
      server:reset()
      server:play({
        { status = 500, match = { method = "POST" } },
        { status = 200, body = '{"JobList":[]}', match = { method = "GET" } },
        { recording = "initiate_job/success", match = { method = "POST" } },
      })
      local client = clients.new(server, { reconcile = not wanted, max_attempts = 2 })
      assert(client:initiate_job({ vaultName = "v", jobParameters = { Type = "inventory-retrieval" } },
        { reconcile = wanted }))
      assert.are.equal(wanted and 3 or 2, #server:requests())
    end
  end)

  describe("sign_before", function()
    it("lets pass what is signed in time", function()
      server:play({ status = 200, body = "{}" })
      assert(describe_vault({ sign_before = os.time() + 60 }))
      server:play({ status = 200, body = "{}" })
      assert(describe_vault({ sign_before = math.huge }))
    end)

    it("sends nothing that would be signed later", function()
      for _, sign_before in ipairs({ 0, -1, os.time() - 2, os.time() - 0.5 - 1 }) do
        local response, err = describe_vault({ sign_before = sign_before }, { max_attempts = 3 })
        assert.is_nil(response)
        assert.are.equal("timeout", err.kind)
        assert.are.equal("DeadlineExceededError", err.code)
        assert.is_false(err.sent)
        assert.is_false(err.in_doubt)
        assert.are.equal(0, err.attempts)
      end
      assert.are.same({}, server:requests())
    end)

    it("ends a call between attempts, which says what was sent", function()
      server:play({ { status = 503, body = "", delay = 2.5 }, { status = 204 } })
      local client = clients.new(server, { max_attempts = 3 })
      local response, err = client:delete_vault(PARAMS, { sign_before = os.time() + 1 })
      assert.is_nil(response)
      assert.are.equal("DeadlineExceededError", err.code)
      assert.are.equal(1, err.attempts)
      assert.is_true(err.sent)
      assert.is_true(err.in_doubt)
      assert.are.equal(503, err.cause.status)
      assert.are.equal(1, #server:requests())
    end)

    it("goes by the service's clock, once it is known", function()
      server:set_clock(os.time() + 3600)
      server:play({ status = 403, body = '{"code":"InvalidSignatureException"}', headers = {
        Date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 3600) }, verify = false })
      local _, err = describe_vault({ sign_before = os.time() + 60 }, { max_attempts = 3 })
      assert.are.equal("DeadlineExceededError", err.code)
      assert.are.equal(1, #server:requests())
      server:set_clock(nil)
    end)
  end)
end)
