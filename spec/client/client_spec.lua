-- A client as a whole: many calls, misuse, its end.

local clients = require("spec.support.clients")
local endpoint = require("spec.support.endpoint")
local glacier = require("glacier")

local INVENTORY = { Type = "inventory-retrieval" }

local server = endpoint.during {
  setup = setup, teardown = teardown, before_each = before_each,
}

after_each(clients.close_all)

describe("many calls", function()
  local function resident_kilobytes()
    local status = assert(io.open("/proc/self/status"))
    local text = status:read("*a")
    status:close()
    return tonumber(text:match("VmRSS:%s*(%d+)"))
  end

  local function descriptors()
    local count = 0
    for _ in require("lfs").dir("/proc/self/fd") do
      count = count + 1
    end
    return count
  end

  it("use one connection, and neither memory nor descriptors grow", function()
    server:play("initiate_job/success")
    collectgarbage() -- what other specs left open is closed now, not below
    local open_without = descriptors()
    local client = clients.new(server)
    local function calls(count)
      for i = 1, count do
        assert(client:initiate_job({ vaultName = "v", jobParameters = INVENTORY }))
        if i % 20 == 0 then
          collectgarbage() -- garbage not collected yet is no growth
        end
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage("count"), descriptors(), resident_kilobytes()
    end
    local lua_before, open_before, resident_before = calls(100)
    local lua_after, open_after, resident_after = calls(900)
    assert.are.equal(open_before, open_after)
    -- What the collector and the allocator round to, far below 1 KB a call.
    assert.is_true(lua_after - lua_before < 64, "Lua's memory grew")
    -- A sanitizer keeps for a while what was freed.
    local most = os.getenv "SANITIZE" and 64 * 1024 or 512
    assert.is_true(resident_after - resident_before < most, "the process grew")
    local requests = server:requests()
    assert.are.equal(1000, #requests)
    for _, request in ipairs(requests) do
      assert.are.equal(requests[1].connection, request.connection)
    end
    client:close()
    assert.are.equal(open_without, descriptors())
  end)
end)

describe("functions run together", function()
  local function sleeper(client, woken)
    return function()
      client:sleep(60)
      woken[#woken + 1] = "slept"
    end
  end

  local function run(functions, tick)
    local client, woken = clients.new(server), {}
    local began = client:now()
    local ok, problem = pcall(client.run_together, client, functions(client, woken), tick)
    assert.is_false(ok)
    assert.same({}, woken)
    assert.is_true(client:now() - began < 30)
    return problem
  end

  it("raise what one of them raised, which ends the sleep of the others", function()
    local problem = run(function(client, woken)
      return { sleeper(client, woken), function()
        client:sleep(0.02)
        error("first", 0)
      end, sleeper(client, woken) }
    end)
    assert.equal("first", problem)
  end)

  it("raise what was raised by what is called meanwhile", function()
    local problem = run(function(client, woken)
      return { sleeper(client, woken) }
    end, function() error("ticked", 0) end)
    assert.equal("ticked", problem)
  end)

  it("do not begin once one has raised", function()
    local has_begun = false
    local problem = run(function()
      return { function() error("first", 0) end, function() has_begun = true end }
    end)
    assert.equal("first", problem)
    assert.is_false(has_begun)
  end)
end)

describe("a client", function()
  it("shows its endpoint, and tells the time of the service", function()
    local client = clients.new(server)
    assert.equal("glacier client " .. server.url, tostring(client))
    assert.is_true(math.abs(client:time() - os.time()) <= 2)
    server:set_clock(os.time() + 3600)
    server:play("initiate_job/success")
    local response = client:initiate_job({ vaultName = "v", jobParameters = INVENTORY })
    server:set_clock(nil)
    assert.is_table(response)
    assert.is_true(math.abs(client:time() - os.time() - 3600) <= 5)
  end)

  it("of the environment does what is ready whenever it is told to", function()
    local config = require("glacier.config")
    local environment = config.environment
    glacier.update() -- before there is one
    config.environment = { AWS_ENDPOINT_URL = server.url, AWS_REGION = "us-west-2",
      AWS_ACCESS_KEY_ID = clients.CREDENTIALS.access_key_id,
      AWS_SECRET_ACCESS_KEY = clients.CREDENTIALS.secret_access_key }
    server:play({ status = 200, body = '{"VaultName":"v"}' })
    local response, err = glacier.describe_vault({ vaultName = "v" })
    config.environment = environment
    assert.is_table(response, tostring(err))
    assert.equal("v", response.VaultName)
    glacier.update()
  end)

  it("is not made for an endpoint that cannot be", function()
    local client, err = glacier.client({ region = "us west" })
    assert.is_nil(client)
    assert.equal("config", err.kind)
    client, err = glacier.client({ region = "us-west-2", endpoint_url = "ftp://h" })
    assert.is_nil(client)
    assert.equal("config", err.kind)
  end)

  it("says after close that it is closed", function()
    local client = clients.new(server)
    client:close()
    client:close()
    local response, err = client:initiate_job({ vaultName = "v" })
    assert.is_nil(response)
    assert.are.equal("cancelled", err.kind)
  end)

  it("called with a dot raises and says how to call it", function()
    local client = clients.new(server)
    assert.has_error(function()
      client.initiate_job({ vaultName = "v" })
    end, "call it with a colon: client:initiate_job{...}")
  end)

  it("names the endpoint where nobody answers", function()
    local client = assert(glacier.client({
      region = "us-west-2", endpoint_url = "http://127.0.0.1:1", max_attempts = 1,
      credentials = clients.CREDENTIALS,
    }))
    local _, err = client:initiate_job({ vaultName = "v" })
    assert.are.equal("network", err.kind)
    assert.are.equal("EndpointConnectionError", err.code)
    assert.is_true(err.retryable)
    assert.is_truthy(tostring(err):find(
      'Could not connect to the endpoint URL: "http://127.0.0.1:1/-/vaults/v/jobs"', 1, true))
  end)

  it("without credentials says which sources it asked", function()
    local config = require("glacier.config")
    local environment = config.environment
    config.environment = { AWS_EC2_METADATA_DISABLED = "true" }
    local client = assert(glacier.client({ region = "us-west-2", endpoint_url = server.url }))
    config.environment = environment
    local _, err = client:initiate_job({ vaultName = "v" })
    assert.are.equal("credentials", err.kind)
    assert.are.equal("NoCredentialsError", err.code)
    assert.is_truthy(tostring(err):find("Unable to locate credentials", 1, true))
    assert.are.same({}, server:requests())
  end)
end)
