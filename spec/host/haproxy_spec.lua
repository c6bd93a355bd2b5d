-- HAProxy with one thread, so that nothing runs beside what holds it up.
-- Runs on one Lua: what it tests runs in programs of its own.

local endpoint = require "spec.support.endpoint"
local http_client = require "spec.support.client"
local hosted_waits = require "spec.support.hosted_waits"
local programs = require "spec.support.programs"
local socket = require "socket"

local CONFIGURATION = [[
global
  nbthread 1
  lua-prepend-path "%s/?.lua"
  lua-prepend-path "%s/lua/?.lua"
  lua-prepend-path "%s/lua/?/init.lua"
  lua-prepend-path "%s/build/lua5.3/?.so" cpath
  lua-load %s/spec/support/haproxy_program.lua
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend main
  bind 127.0.0.1:%d
  http-request lua.glacier_call if { path /action }
  http-request return status 200 content-type text/plain lf-string %%[var(txn.glacier)] if { path /action }
  http-request use-service lua.glacier_call if { path /service }
  http-request return status 200 content-type text/plain string static
]]

local SEQUENCE, CALLS = 30, 5
local START_SECONDS = 10

describe("glacier.host.haproxy", function()
  local reason = programs.missing("haproxy", "5.3")
  local server, program, url, report

  if reason then
    pending(reason)
    return
  end

  local function ask(target, before_reply)
    local client = http_client.connect(url)
    client:send({ method = "GET", target = target, headers = { { "Host", "localhost" } } })
    if before_reply then
      before_reply(client)
    end
    local response = client:receive()
    client:close()
    return response
  end

  local function await_start()
    local deadline = socket.gettime() + START_SECONDS
    while not pcall(ask, "/static") do
      assert(socket.gettime() < deadline, program:output())
      socket.sleep(0.02)
    end
  end

  local function stop()
    if program then
      program:stop()
      server:stop()
    end
  end

  local function start()
    stop()
    local root, port = programs.ROOT, programs.free_port()
    server = endpoint.start()
    programs.play(server)
    url = "http://127.0.0.1:" .. port
    program = programs.start({
      version = "5.3",
      url = server.url,
      command = "haproxy -db -f haproxy.cfg",
      files = {
        ["haproxy.cfg"] = CONFIGURATION:format(root, root, root, root, root, port),
      },
    })
    await_start()
    report = assert(program:report(), program:output())
    return report.gap
  end

  setup(function()
    programs.measure_gap(start)
    programs.print_figures("HAProxy",
      "%.3f ms a call, %.3f ms where it blocks; longest gap %.1f ms",
      report.yielding_seconds * 1000, report.configuration_seconds * 1000, report.gap * 1000)
  end)

  teardown(stop)

  it("makes calls of 1 s at once in tasks, and others run on", function()
    assert.are.equal("haproxy", report.host)
    assert.are.equal(CALLS, report.at_once)
    assert.is_true(report.at_once_seconds >= 0.9 and report.at_once_seconds < 2)
    assert.is_true(report.gap < programs.LONGEST_GAP, report.gap)
    assert.is_true(report.ticks > 20)
  end)

  it("makes calls one after the other by one connection", function()
    local connections, requests = programs.connections(server, "fast_yielding")
    assert.are.equal(SEQUENCE, report.yielding)
    assert.are.equal(1, connections)
    assert.are.equal(SEQUENCE, requests)
  end)

  it("gives outputs to sinks that wait", function()
    assert.are.equal(2 * #programs.OUTPUT, report.outputs)
  end)

  it("waits for jobs, several at once", function()
    assert.are.equal(hosted_waits.EXPECTED, report.waits)
  end)

  it("blocks while the configuration is read, and in others' coroutines", function()
    assert.are.equal(SEQUENCE, report.configuration)
    assert.is_true(report.configuration_retried)
    assert.is_true(report.initialisation)
    assert.is_true(report.own)
  end)

  it("runs tasks spawned before the start, but cannot wait for them there", function()
    assert.are.equal("HAProxy runs no task while this waits for one", report.configuration_join)
    assert.is_true(report.early)
  end)

  it("ends calls when the client is closed", function()
    for i = 1, 3 do
      assert.are.equal("cancelled CancelledError", report["closed_" .. i])
    end
    assert.is_true(report.closed_seconds < 0.9)
  end)

  it("tells of failures, tries again, and raises what a task raised", function()
    assert.are.equal("network EndpointConnectionError", report.refused)
    assert.is_true(report.retried)
    assert.are.equal("later", report.raised_later)
  end)

  for _, target in ipairs({ "/action", "/service" }) do
    local function longest_wait()
      local longest, count = 0, 0
      local response = ask(target, function(waiting)
        repeat
          local began = socket.gettime()
          assert.are.equal("static", ask("/static").body)
          longest = math.max(longest, socket.gettime() - began)
          count = count + 1
          socket.sleep(0.01)
        until #socket.select({ waiting.socket }, nil, 0) > 0
      end)
      assert.are.equal("true", response.body)
      assert.is_true(count > 20)
      return longest
    end

    it("calls in " .. target .. " and answers others meanwhile", function()
      local longest = programs.measure_gap(longest_wait)
      assert.is_true(longest < programs.LONGEST_GAP, longest)
      programs.print_figures("HAProxy", "%s: static replies within %.1f ms", target, longest * 1000)
    end)
  end
end)
