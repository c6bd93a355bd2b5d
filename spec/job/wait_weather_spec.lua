-- What ends no wait, and what does: client:wait_job by a real client, a simulated
-- service and a clock that costs nothing.

local clients = require("spec.support.clients")
local job_world = require("spec.support.job_world")

local HOUR = 3600

after_each(clients.close_all)

describe("client:wait_job goes on", function()
  local function lasting(seconds, from, answer)
    local world = job_world.new()
    world:add({ ends = 4 * HOUR })
    world.fault = function()
      if world.time >= from and world.time < from + seconds then
        return answer(world)
      end
    end
    local description, err = world:wait()
    assert.is_nil(err and tostring(err))
    assert.equal("Succeeded", description.StatusCode)
    return world
  end

  local function service(status, code)
    return function(world) return world:refusal(status, code) end
  end

  local function failure(code, kind)
    return function() return nil, job_world.lost(code, kind) end
  end

  local WEATHER = {
    { "throttling", service(400, "ThrottlingException") }, { "429", service(429, "Slow") },
    { "500", service(500, "ServiceUnavailableException") }, { "503", service(503, "X") },
    { "a proxy's 502", function(world) return world:answer(502, "<html>") end },
    { "599", service(599, "X") }, { "408", service(408, "RequestTimeoutException") },
    { "no name", failure("EndpointConnectionError") }, { "a proxy that is away", failure("ProxyConnectionError") },
    { "lost connections", failure("ConnectionClosedError") },
    { "no answer", failure("ReadTimeoutError", "timeout") },
  }
  for _, case in ipairs(WEATHER) do
    it("through " .. case[1] .. " of hours, at the first look and later", function()
      lasting(2 * HOUR, 0, case[2])
      local world = lasting(12 * HOUR, HOUR, case[2])
      assert.is_true(world.time >= 13 * HOUR)
    end)
  end

  local FAULTS = {
    { "expired credentials", service(403, "ExpiredTokenException"), first = true },
    { "a certificate", failure("SSLError", "tls") },
    { "a foreign network's page", function(world) return world:answer(200, "<html>") end, briefly = true },
    { "answers that are cut", function(world) return world:answer(200, '{"JobId":"JO') end, briefly = true },
    { "a proxy's refusal", function(world) return world:answer(403, "<html>Forbidden</html>") end },
    { "a portal's redirection", function(world) return world:answer(302, "") end },
    { "a signature that has expired", service(403, "InvalidSignatureException") },
  }
  for _, case in ipairs(FAULTS) do
    it("through " .. case[1] .. " for a while", function()
      lasting(2 * HOUR, HOUR, case[2])
      if case.first then
        lasting(300, 0, case[2])
      elseif case.briefly then
        lasting(60, 0, case[2])
      end
    end)

    it("not through " .. case[1] .. " without end", function()
      for _, from in ipairs({ 0, HOUR }) do
        local world = job_world.new()
        world:add({})
        world.fault = function()
          if world.time >= from then
            return case[2](world)
          end
        end
        local description, err = world:wait()
        assert.is_nil(description)
        assert.not_equal("DeadlineExceededError", err.code)
        local limit = from > 0 and from + 3.6 * HOUR or case.first and 1800 or case.briefly and 120 or 0
        assert.is_true(world.time <= limit, world.time)
      end
    end)
  end

  it("through credentials that are renewed late", function()
    local count = 0
    local world = job_world.new({ options = { credentials = function()
      count = count + 1
      if count > 2 and count < 6 then
        return nil, "the helper is away"
      end
      return { access_key_id = "AKID", secret_access_key = "SECRET", expiration = os.time() + 20 * 60 }
    end } })
    world:add({ ends = 4 * HOUR })
    world.fault = function(request)
      if request.at > HOUR and request.at < 2 * HOUR then
        return world:refusal(403, "ExpiredTokenException")
      end
    end
    assert(world:wait())
  end)

  it("not through what does not pass", function()
    for _, case in ipairs({ { 403, "AccessDeniedException" }, { 403, "UnrecognizedClientException" },
      { 400, "InvalidParameterValueException" }, { 404, "ResourceNotFoundException" }, { 501, "X" },
      { 400, "MissingParameterValueException" } }) do
      for _, from in ipairs({ 0, HOUR }) do
        local world = job_world.new()
        world:add({ ends = 4 * HOUR })
        world.fault = function()
          if world.time >= from then
            return world:refusal(case[1], case[2])
          end
        end
        local description, err = world:wait()
        assert.is_nil(description)
        assert.equal(case[2], err.code)
        assert.is_true(world.time <= from + 1000)
      end
    end
  end)

  it("from 30 seconds on to 5 minutes where nothing is known", function()
    local world = job_world.new()
    world:add({ ends = 0 })
    world.fault = function()
      if world.time < HOUR then
        return nil, job_world.lost()
      end
    end
    assert(world:wait())
    local all = world:steps()
    assert.is_true(job_world.about(30, all[1].seconds))
    assert.is_true(job_world.about(300, all[#all].seconds))
    assert.is_true(world.time < HOUR + 331)
  end)
end)
