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

describe("a client", function()
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
