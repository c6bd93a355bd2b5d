--- What holds of each host for nginx, whichever way it sends; the functions are
-- run by a spec file for one of them.

local assert = require "luassert"
local clients = require "spec.support.clients"
local during = require "spec.support.during"
local endpoint = require "spec.support.endpoint"
local faults = require "spec.support.faults"
local hosted_waits = require "spec.support.hosted_waits"
local nginx = require "spec.support.nginx"
local programs = require "spec.support.programs"
local socket = require "socket"
local start_names = require "spec.support.start_names"
local tls_certificates = require "spec.support.tls_certificates"

local nginx_tests = {}

local JOB = "initiate_job/success"

-- Ends the connection that a test before may have left.
local CLOSING = { status = 200, close = true }

-- Seconds of a slow call, and how late others may be meanwhile.
local SLOW = 1

--- What the tests of a host share.
---@param host string
---@param before string?  see nginx.start
---@return table scene
function nginx_tests.start(host, before)
  local scene = { host = host, stopping = {}, certificates = tls_certificates.new() }
  scene.endpoint = endpoint.start()
  scene.faults = faults.start()
  scene.tls = faults.start(scene.certificates:issue("good", { subject = "DNS:localhost" }))
  scene.other = faults.start(scene.certificates:issue("other", { subject = "DNS:example.org" }))
  scene.names, scene.silence = start_names(), start_names "--silent"
  scene.authority = scene.certificates:path "authority.pem"
  scene.app = {
    ca_bundle = scene.authority,
    config_file = scene.certificates:path "config",
    client = clients.options(scene.endpoint, { host = host, reconcile = false }),
  }
  scene.certificates:write("config", ("[profile program]\ncredential_process = sleep %g; echo "
    .. "'{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"%s\"}'\n"):format(
    SLOW, clients.CREDENTIALS.access_key_id, clients.CREDENTIALS.secret_access_key))
  scene.http = ("lua_socket_log_errors off; resolver 127.0.0.1:%s ipv6=off; "
    .. "lua_ssl_trusted_certificate %s;"):format(scene.names.port, scene.authority)
  scene.nginx = nginx.start { app = scene.app, http = scene.http, before = before }
  return scene
end

function nginx_tests.stop(scene)
  for _, each in ipairs { scene.nginx, scene.endpoint, scene.faults, scene.tls, scene.other,
    scene.names, scene.silence } do
    each:stop()
  end
  scene.certificates:remove()
end

local function check_answer(expected, answer, label)
  for name, value in pairs(expected) do
    if type(value) == "table" then
      for key, part in pairs(value) do
        assert.are.equal(part, (answer[name] or {})[key], label .. ": " .. name .. "." .. key
          .. " of " .. tostring(answer.failure and answer.failure.message))
      end
    else
      assert.are.equal(value, answer[name], label .. ": " .. name .. " of "
        .. tostring(answer.failure and answer.failure.message))
    end
  end
end

local function check_journal(case, journal)
  if case.requests then
    assert.are.equal(case.requests, #journal.requests)
  end
  if case.connections then
    assert.are.equal(case.connections, journal.connections)
  end
  for index, field in ipairs(case.received or {}) do
    assert.are.equal(field[2], journal.requests[index]:header(field[1]))
  end
end

--- Runs one of transport_cases.lua.
function nginx_tests.run_case(scene, case)
  local server = case.port and faults[case.port]() or scene.faults
  if case.play then
    server:play { CLOSING }
    scene.nginx:ask("/app/send", { method = "GET", url = server.url, headers = {} })
    server:play(case.play)
  end
  local begun = socket.gettime()
  for index, request in ipairs(case.send) do
    socket.sleep(index > 1 and case.wait or 0)
    local copy = { url = server.url .. "/path?query", headers = {}, connect_timeout = 5 }
    for name, value in pairs(request) do
      copy[name] = value
    end
    check_answer(case.expect[index], scene.nginx:ask("/app/send", copy), "request " .. index)
  end
  assert.is_true(socket.gettime() - begun < (case.at_most or 5))
  if case.play then
    check_journal(case, server:journal())
  else
    server.stop()
  end
end

local function ask_tls(scene, server, more)
  local request = {
    method = "POST", body = "{}", headers = {}, connect_timeout = 5,
    url = server.url:gsub("127%.0%.0%.1", "localhost") .. "/",
  }
  for name, value in pairs(more or {}) do
    request[name] = value
  end
  return scene.nginx:ask("/app/send", request)
end

local function check_refused(answer)
  assert.is_table(answer.failure)
  assert.are.equal("SSLError", answer.failure.code, answer.failure.message)
  assert.are.equal("tls", answer.failure.kind)
  assert.is_false(answer.failure.sent)
end

local tests = {}

tests["verifies certificates, and keeps connections over TLS"] = function(scene)
  scene.tls:play {}
  for _ = 1, 3 do
    local answer = ask_tls(scene, scene.tls)
    assert.are.equal(202, answer.status, answer.failure and answer.failure.message)
  end
  assert.are.equal(1, scene.tls:journal().handshakes)
end

tests["refuses a certificate of another name"] = function(scene)
  scene.other:play {}
  -- Often, as a handshake may end with a wait or without.
  for _ = 1, 50 do
    check_refused(ask_tls(scene, scene.other))
  end
  assert.are.equal(0, #scene.other:journal().requests)
end

tests["never takes a connection that was not verified for one that was"] = function(scene)
  scene.other:play {}
  for _ = 1, 20 do
    assert.are.equal(202, ask_tls(scene, scene.other, { insecure = true }).status)
    check_refused(ask_tls(scene, scene.other))
  end
  assert.are.equal(20, #scene.other:journal().requests)
end

tests["tells a handshake that is cut from a refusal"] = function(scene)
  scene.tls:play { CLOSING }
  assert.are.equal(200, ask_tls(scene, scene.tls).status)
  scene.tls:play { faults.at "accept" }
  local failure = ask_tls(scene, scene.tls, { connect_timeout = 2 }).failure
  assert.are.equal("ConnectionClosedError", failure.code, failure.message)
  assert.is_false(failure.sent)
end

tests["says of a name that there is none"] = function(scene)
  local failure = ask_tls(scene, { url = "http://nowhere.invalid:1" }).failure
  assert.are.equal("EndpointConnectionError", failure.code, failure.message)
end

-- Asks for a target that takes SLOW seconds, and for others meanwhile.
local function check_pings_during(scene, target, recording)
  local worst = programs.measure_gap(function()
    scene.endpoint:play { recording }
    local link, worst = scene.nginx:send(target), 0
    local begun = socket.gettime()
    repeat
      local asked = socket.gettime()
      assert.are.equal("content", scene.nginx:ask("/app/ping").phase)
      worst = math.max(worst, socket.gettime() - asked)
      socket.sleep(0.01)
    until socket.gettime() - begun > SLOW * 0.9
    local answer = scene.nginx:receive(link)
    assert.is_string(answer.job_id, answer.message)
    return worst
  end)
  assert.is_true(worst < programs.LONGEST_GAP, "a ping took " .. worst)
end

-- From here on nothing goes wrong on purpose.
tests["is not held up by a slow call"] = function(scene)
  scene.nginx:forget_errors()
  check_pings_during(scene, "/app/call", { recording = JOB, delay = SLOW })
end

tests["is not held up by a credential_process"] = function(scene)
  check_pings_during(scene, "/app/process", JOB)
  local request = scene.endpoint:requests()[1]
  assert.are.equal("ok", request.signature)
end

tests["makes 50 calls at once, of one request"] = function(scene)
  scene.endpoint:play({ { recording = JOB, delay = SLOW, verify = false } }, { repeat_last = true })
  local begun = socket.gettime()
  assert.are.equal(50, scene.nginx:ask("/app/burst?count=50").good)
  assert.is_true(socket.gettime() - begun < 2 * SLOW)
end

tests["makes 50 calls at once, of 50 requests, with one client"] = function(scene)
  scene.endpoint:play({ { recording = JOB, delay = SLOW, verify = false } }, { repeat_last = true })
  local links, begun = {}, socket.gettime()
  for index = 1, 50 do
    links[index] = scene.nginx:send "/app/call"
  end
  for index = 1, 50 do
    assert.is_string(scene.nginx:receive(links[index]).job_id)
  end
  assert.is_true(socket.gettime() - begun < 2 * SLOW)
end

tests["loads credentials once for the first calls of 50 requests"] = function(scene)
  scene.endpoint:play(JOB)
  local links = {}
  for i = 1, 50 do
    links[i] = scene.nginx:send "/app/shared"
  end
  for _, link in ipairs(links) do
    local answer = scene.nginx:receive(link)
    assert.is_string(answer.job_id, answer.message)
    assert.are.equal(1, answer.loads)
  end
end

-- AddressSanitizer keeps what is freed for a while: 8 MiB (spec/support/asan.sh).
local MOST_GROWTH = (os.getenv "SANITIZE" and 12 or 2) * 1024 * 1024

tests["makes 5,000 calls without growth"] = function(scene)
  scene.endpoint:play({ { recording = JOB, verify = false } }, { repeat_last = true })
  assert.are.equal(500, scene.nginx:ask("/app/many?count=500").good)
  local kilobytes = scene.nginx:ask("/app/many?count=4").kilobytes
  local memory, descriptors = scene.nginx:usage()
  for _ = 1, 9 do
    assert.are.equal(500, scene.nginx:ask("/app/many?count=500").good)
  end
  local more_kilobytes = scene.nginx:ask("/app/many?count=4").kilobytes - kilobytes
  local more_memory, more_descriptors = scene.nginx:usage()
  assert.is_true(more_kilobytes < 256, "Lua holds more: " .. more_kilobytes)
  assert.is_true(more_memory - memory < MOST_GROWTH, "bytes: " .. more_memory - memory)
  assert.is_true(more_descriptors <= descriptors + 2)
  scene.endpoint:reset()
end

tests["ends a call whose client goes away"] = function(scene)
  scene.endpoint:play({ { recording = JOB, verify = false } }, { repeat_last = true })
  local _, before
  scene.nginx:ask "/app/call"
  _, before = scene.nginx:usage()
  scene.endpoint:play({ { recording = JOB, delay = 3 } }, { repeat_last = true })
  local links = {}
  for index = 1, 5 do
    links[index] = scene.nginx:send "/app/call"
  end
  socket.sleep(0.2)
  assert.are.equal(5, scene.nginx:ask("/app/active").count)
  for index = 1, 5 do
    links[index]:close()
  end
  local begun = socket.gettime()
  local active, descriptors
  repeat
    socket.sleep(0.01)
    active = scene.nginx:ask("/app/active").count
    _, descriptors = scene.nginx:usage()
  until active == 0 and descriptors <= before or socket.gettime() - begun > 1
  assert.are.equal(0, active)
  assert.is_true(descriptors <= before, descriptors .. " descriptors, before " .. before)
end

tests["ends a call when its client is closed"] = function(scene)
  scene.endpoint:play({ { recording = JOB, delay = 3 } }, { repeat_last = true })
  local begun = socket.gettime()
  local outcome = scene.nginx:ask "/app/closing"
  assert.are.equal("cancelled", outcome.kind)
  assert.are.equal("cancelled", outcome.later.kind)
  assert.is_true(socket.gettime() - begun < 1)
end

tests["works in rewrite, access, content and timers"] = function(scene)
  scene.endpoint:play({ JOB }, { repeat_last = true })
  for _, target in ipairs { "/rewrite", "/access", "/app/call", "/app/timer" } do
    local outcome = scene.nginx:ask(target)
    assert.is_string(outcome.job_id, target .. ": " .. tostring(outcome.message))
  end
  assert.are.equal("timer", scene.nginx:ask("/app/timer").phase)
end

tests["names the phase in which no call can wait"] = function(scene)
  scene.nginx:ask "/phases"
  scene.nginx:ask "/balancer"
  local phases = scene.nginx:ask "/app/phases"
  for _, phase in ipairs { "init", "init_worker", "set", "header_filter", "body_filter", "log",
    "balancer" } do
    local outcome = phases[phase]
    assert.is_table(outcome, phase)
    assert.are.equal("config", outcome.kind)
    assert.is_truthy(outcome.message:find("'" .. phase .. "'", 1, true), outcome.message)
  end
end

tests["runs tasks, and tells how they ended"] = function(scene)
  local outcome = scene.nginx:ask "/app/tasks"
  assert.is_false(outcome.ok)
  assert.are.equal("broken", outcome.err)
  assert.are.equal(3, outcome.values[1])
end

tests["gives an output to a sink that waits"] = function(scene)
  local body = ("0123456789abcdef"):rep(131072)
  local head = "HTTP/1.1 %s X\r\nContent-Length: %d\r\n%s\r\n"
  scene.endpoint:play { { status = 200, body = body } }
  local first = scene.nginx:ask "/app/output"
  assert.are.same({ #body, 0 }, { first.size, first.attempts })
  scene.endpoint:play {
    { raw = head:format(200, #body, "") .. body:sub(1, 1000000) },
    { raw = head:format(206, #body - 1000000, ("Content-Range: bytes 1000000-%d/%d\r\n")
      :format(#body - 1, #body)) .. body:sub(1000001) },
  }
  local second = scene.nginx:ask "/app/output"
  assert.are.same({ #body, first.hash, 1 }, { second.size, second.hash, second.attempts })
  scene.endpoint:play { { status = 200, body = body } }
  assert.are.equal("SinkError", scene.nginx:ask("/app/output?enough=1").code)
  scene.endpoint:play { "initiate_job/resource_not_found" }
  local none = scene.nginx:ask "/app/output"
  assert.are.same({ 0, "ResourceNotFoundException" }, { none.size, none.code })
end

tests["waits for jobs in requests and timers, and answers others"] = function(scene)
  for _, target in ipairs { "/app/waits", "/app/waits?timer=1" } do
    scene.endpoint:play(hosted_waits.entries())
    local link = scene.nginx:send(target)
    local slowest = 0
    for _ = 1, 10 do
      local begun = socket.gettime()
      scene.nginx:ask "/app/ping"
      slowest = math.max(slowest, socket.gettime() - begun)
    end
    assert.are.equal(hosted_waits.EXPECTED, scene.nginx:receive(link).outcome)
    assert.is_true(slowest < 1, slowest)
  end
end

tests["finishes what is under way when it is told to reload"] = function(scene)
  scene.endpoint:play({ { recording = JOB, delay = 0.5 } }, { repeat_last = true })
  local links = {}
  local old = scene.nginx:workers()[1]
  for index = 1, 10 do
    links[index] = scene.nginx:send "/app/call"
  end
  socket.sleep(0.2)
  local seconds = scene.nginx:reload(function()
    for index = 1, 10 do
      assert.is_string(scene.nginx:receive(links[index]).job_id)
    end
  end)
  assert.is_true(seconds < 5)
  assert.are_not.equal(old, scene.nginx:workers()[1])
  assert.are.equal(1, #scene.nginx:workers())
  assert.is_string(scene.nginx:ask("/app/call").job_id)
end

tests["ends with the worker, and leaves a clean log"] = function(scene)
  scene.endpoint:play({ { recording = JOB, delay = 0.5 } }, { repeat_last = true })
  local link = scene.nginx:send "/app/call"
  socket.sleep(0.2)
  scene.nginx:quit()
  assert.is_string(scene.nginx:receive(link).job_id)
  assert.are.equal("", scene.nginx:errors())
end

--- In the order in which they run: the last one ends the nginx.
nginx_tests.ORDER = {
  "verifies certificates, and keeps connections over TLS",
  "refuses a certificate of another name",
  "never takes a connection that was not verified for one that was",
  "tells a handshake that is cut from a refusal",
  "says of a name that there is none",
  "is not held up by a slow call",
  "is not held up by a credential_process",
  "makes 50 calls at once, of one request",
  "makes 50 calls at once, of 50 requests, with one client",
  "loads credentials once for the first calls of 50 requests",
  "makes 5,000 calls without growth",
  "ends a call whose client goes away",
  "ends a call when its client is closed",
  "works in rewrite, access, content and timers",
  "names the phase in which no call can wait",
  "runs tasks, and tells how they ended",
  "gives an output to a sink that waits",
  "waits for jobs in requests and timers, and answers others",
  "finishes what is under way when it is told to reload",
  "ends with the worker, and leaves a clean log",
}

nginx_tests.tests = tests

--- As nginx_tests.start, from the setup of a block to its teardown.
---@param hooks { setup: function, teardown: function }  busted's
---@return table scene  filled at the setup
function nginx_tests.during(hooks, host, before)
  return during(hooks, function()
    return nginx_tests.start(host, before)
  end, nginx_tests.stop)
end

return nginx_tests
