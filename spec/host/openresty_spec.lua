-- host = "openresty", in a real nginx.
-- Runs on one Lua: what it tests runs in programs of its own.

local clients = require "spec.support.clients"
local cases = require "spec.support.transport_cases"
local nginx = require "spec.support.nginx"
local nginx_tests = require "spec.support.nginx_tests"

if nginx.are_missing("host openresty", pending) then
  return
end

describe("host openresty", function()
  local scene = nginx_tests.during({ setup = setup, teardown = teardown }, "openresty")

  it("is what is found in nginx", function()
    assert.are.equal("config", scene.nginx:ask("/app/client", { host = "luv" }).kind)
    scene.endpoint:play { "initiate_job/success" }
    assert.is_string(scene.nginx:ask("/app/client", { host = "auto" }).job_id)
  end)

  it("blocks where the user wants that, in any phase", function()
    scene.endpoint:play { "initiate_job/success" }
    assert.is_string(scene.nginx:ask("/app/client", { host = "blocking" }).job_id)
  end)

  it("goes by the proxy of the environment that nginx drops", function()
    local server = nginx.start {
      app = { client = clients.options({ url = "http://glacier.invalid" }, { host = "openresty" }) },
      variables = "http_proxy=" .. scene.endpoint.url,
    }
    scene.endpoint:reset()
    scene.endpoint:play { "initiate_job/success" }
    local answer = server:ask "/app/call"
    server:stop()
    assert.is_string(answer.job_id, answer.message)
    assert.are.equal("http://glacier.invalid/-/vaults/vault/jobs",
      scene.endpoint:requests()[1].target)
  end)

  for _, case in ipairs(cases) do
    it("takes " .. case.name, function()
      nginx_tests.run_case(scene, case)
    end)
  end

  for _, name in ipairs(nginx_tests.ORDER) do
    it(name, function()
      nginx_tests.tests[name](scene)
    end)
  end
end)
