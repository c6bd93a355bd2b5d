-- A call that failed in TLS left errors in OpenSSL's queue: nginx logged
-- "ignoring stale global SSL error" over a healthy connection of its own.
-- (What each entry of the core leaves is in spec/core/error_queue_test.c.)

local nginx = require "spec.support.nginx"
local nginx_tests = require "spec.support.nginx_tests"
local faults = require "spec.support.faults"
local programs = require "spec.support.programs"

local reason = nginx.missing()
if reason and not os.getenv "CI" then
  pending("stale SSL errors: " .. reason)
  return
end

-- A server of nginx's own with TLS, to its left another one in its place.
local HTTP = [[%s
  server {
    listen 127.0.0.1:%d;
    location / { proxy_ssl_server_name off; proxy_http_version 1.1; proxy_pass %s; }
  }]]

local scene, server, port

setup(function()
  scene = nginx_tests.start "openresty"
  port = programs.free_port()
  server = nginx.start {
    app = scene.app, http = HTTP:format(scene.http, port, scene.tls.url),
  }
end)

teardown(function()
  server:stop()
  nginx_tests.stop(scene)
end)

local function log()
  local file = assert(io.open(server.folder .. "/error.log"))
  local text = file:read "*a"
  file:close()
  return text
end

-- A request by nginx's own TLS, which looks into the queue.
local function ask_nginx()
  local own = setmetatable({ url = "http://127.0.0.1:" .. port }, getmetatable(server))
  return own:ask("/")
end

local function send(target, more)
  local request = { method = "POST", body = "{}", headers = {}, connect_timeout = 3, url = target.url .. "/" }
  for name, value in pairs(more or {}) do
    request[name] = value
  end
  return server:ask("/app/send", request).failure
end

local OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

local FAILURES = {
  ["a certificate of another name"] = function()
    return send(scene.other)
  end,
  ["a server that speaks no TLS"] = function()
    scene.tls:play { faults.at("accept", faults.send "no TLS") }
    return send(scene.tls)
  end,
  ["a server that hangs up"] = function()
    scene.tls:play { faults.at "accept" }
    return send(scene.tls, { insecure = true })
  end,
  ["an answer that is cut"] = function()
    scene.tls:play { faults.at("request", faults.send(OK:sub(1, -2))) }
    return send(scene.tls, { insecure = true })
  end,
}

for name, fail in pairs(FAILURES) do
  it("nothing is left in the queue by " .. name, function()
    for _ = 1, 3 do
      assert.is_string(fail().code)
      scene.tls:play { faults.at("request", faults.send(OK), faults.keep()) }
      assert.are.equal("ok", ask_nginx().text)
    end
    assert.is_nil(log():find("stale global SSL error", 1, true), log())
  end)
end
