-- host = "openresty-cosocket", in a real nginx: the same list of cases, and
-- what is its own.
-- Runs on one Lua: what it tests runs in programs of its own.

local cases = require "spec.support.transport_cases"
local nginx = require "spec.support.nginx"
local nginx_tests = require "spec.support.nginx_tests"

if nginx.are_missing("host openresty-cosocket", pending) then
  return
end

-- As doc/hosts/nginx.md says it.
local WITHOUT_LIBCURL = [[
  package.preload["glacier.core.http"] = function()
    error("libcurl is not wanted here", 0)
  end]]

describe("host openresty-cosocket", function()
  local scene = nginx_tests.during({ setup = setup, teardown = teardown },
    "openresty-cosocket", WITHOUT_LIBCURL)

  for _, case in ipairs(cases) do
    it("takes " .. case.name, function()
      nginx_tests.run_case(scene, case)
    end)
  end

  for _, option in ipairs { "ca_bundle", "proxy" } do
    it("says that " .. option .. " is not for it", function()
      local outcome = scene.nginx:ask("/app/client", { [option] = "http://127.0.0.1:1" })
      assert.are.equal("config", outcome.kind)
      assert.is_truthy(outcome.message:find("'" .. option .. "'", 1, true), outcome.message)
      assert.is_truthy(outcome.message:find("openresty", 1, true))
    end)
  end

  it("goes direct, whatever proxy the environment has", function()
    local server = nginx.start {
      app = scene.app, http = scene.http, variables = "http_proxy=http://127.0.0.1:1",
    }
    scene.endpoint:play { "initiate_job/success" }
    local answer = server:ask "/app/call"
    server:stop()
    assert.is_string(answer.job_id, answer.message)
  end)

  for _, host in ipairs { "openresty", "blocking", "auto" } do
    it("says that libcurl is not there for the host " .. host, function()
      local outcome = scene.nginx:ask("/app/client", { host = host })
      assert.are.equal("config", outcome.kind)
      assert.is_truthy(outcome.message:find("libcurl is not wanted here", 1, true), outcome.message)
    end)
  end

  it("does without libcurl", function()
    scene.endpoint:play { "initiate_job/success" }
    assert.is_string(scene.nginx:ask("/app/call").job_id)
    assert.are.equal(1, scene.nginx:ask("/app/burst?count=1").good)
    local maps = scene.nginx:maps()
    assert.is_truthy(maps:find("sigv4.so", 1, true))
    assert.is_nil(maps:find("curl", 1, true))
    assert.is_nil(maps:find("core/http.so", 1, true))
  end)

  for _, name in ipairs(nginx_tests.ORDER) do
    it(name, function()
      nginx_tests.tests[name](scene)
    end)
  end
end)

describe("host openresty-cosocket: nginx's directives", function()
  local scene = nginx_tests.during({ setup = setup, teardown = teardown }, "openresty-cosocket")

  local function restarted(http, ask)
    local server = nginx.start { app = scene.app, http = "lua_socket_log_errors off; " .. http }
    local answer = server:ask("/app/send", {
      method = "GET", headers = {}, connect_timeout = 0.3, url = ask,
    })
    server:stop()
    return answer.failure
  end

  it("says which one is missing for names", function()
    local failure = restarted("", "http://localhost:1/")
    assert.are.equal("config", failure.kind)
    assert.is_truthy(failure.message:find("'resolver'", 1, true), failure.message)
  end)

  it("says which one is missing for certificates", function()
    local failure = restarted(("resolver 127.0.0.1:%s ipv6=off;"):format(scene.names.port),
      (scene.tls.url:gsub("127%.0%.0%.1", "localhost")))
    assert.are.equal("SSLError", failure.code, failure.message)
    assert.is_truthy(failure.message:find("'lua_ssl_trusted_certificate'", 1, true))
  end)

  it("bounds the looking up of names by connect_timeout", function()
    local failure = restarted(("resolver 127.0.0.1:%s ipv6=off; resolver_timeout 1s;"):format(scene.silence.port),
      "http://localhost:1/")
    assert.are.equal("ConnectTimeoutError", failure.code, failure.message)
    assert.is_false(failure.sent)
  end)
end)
