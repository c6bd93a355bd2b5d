-- Time-outs, each for what it is named after, and deadlines.

local clients = require "spec.support.clients"
local expect = require "spec.support.fault_assertions"
local fault_call = require "spec.support.fault_call"
local faults = require "spec.support.faults"
local socket = require "socket"

local at, drip, send, stall = faults.at, faults.drip, faults.send, faults.stall

local STARTED = "HTTP/1.1 202 Accepted\r\nx-amz-job-id: J\r\nLocation: /l\r\n"
local MANY = 200

local server

setup(function()
  server = faults.start()
end)

teardown(function()
  server:stop()
end)

after_each(clients.close_all)

describe("connect_timeout", function()
  it("ends an attempt to connect, and nothing was sent", function()
    local port = faults.silent_port()
    local outcome = fault_call.make(port, nil,
      { options = { connect_timeout = 0.2, read_timeout = 60 } })
    port.stop()
    expect.failed(outcome, {
      kind = "timeout", code = "ConnectTimeoutError", attempts = 2, sent = false,
      retryable = true,
    })
    assert.is_true(outcome.seconds >= 0.4 and outcome.seconds < fault_call.SECONDS)
    assert.are.equal(0, outcome.left)
  end)

  it("is not about what comes after", function()
    expect.harmless(server, {
      fault = at("request", faults.pause(0.3), send(STARTED .. "Content-Length: 0\r\n\r\n"),
        faults.keep()),
      options = { connect_timeout = 0.1, read_timeout = 2 },
    }, "J")
  end)
end)

describe("read_timeout", function()
  it("counts from the last byte, not from the first", function()
    local outcome = fault_call.make(server, {
      at("request", send "HTTP/1.1 202 ", drip(("x"):rep(10), 0.05), stall()),
    }, { options = { max_attempts = 1 } })
    assert.are.equal("ReadTimeoutError", outcome.err.code)
    assert.is_true(outcome.seconds >= 0.6 and outcome.seconds < fault_call.SECONDS)
    expect.recovered(outcome)
  end)

  it("is of an attempt: the next has its own", function()
    local outcome = fault_call.make(server, faults.times(2, at("head", stall())), {
      options = { max_attempts = 3 },
    })
    assert.is_truthy(outcome.response, tostring(outcome.err))
    assert.are.equal(2, outcome.response.ResponseMetadata.RetryAttempts)
    assert.is_true(outcome.seconds >= 0.5 and outcome.seconds < fault_call.SECONDS)
    expect.recovered(outcome)
  end)
end)

describe("timeout", function()
  local SECONDS = 0.4
  local PLACES = {
    ["at accept"] = at("accept", stall()),
    ["after the head of the request"] = at("head", stall()),
    ["amid the status line"] = at("request", send "HTTP/1.1 20", stall()),
    ["amid the headers"] = at("request", send(STARTED), stall()),
    ["amid the body"] = at("request", send(STARTED .. "Content-Length: 5\r\n\r\n"), stall()),
    ["amid bytes that come for ever"] = at("request", send "HTTP/1.1 202 ",
      drip(("x"):rep(500), 0.02)),
    ["amid a body that comes for ever"] = at("request", send(STARTED .. "\r\n"),
      drip(("x"):rep(500), 0.02)),
    ["amid interim answers that come for ever"] = at("request",
      drip(("HTTP/1.1 100 Continue\r\n\r\n"):rep(30), 0.005)),
  }

  local function is_over(outcome)
    assert.is_nil(outcome.response)
    assert.are.equal("timeout", outcome.err.kind)
    assert.are.equal("DeadlineExceededError", outcome.err.code)
    assert.is_false(outcome.err.retryable)
    assert.is_true(outcome.seconds < SECONDS + 0.5)
    assert.are.equal(0, outcome.left)
  end

  for name, fault in pairs(PLACES) do
    it("ends a call " .. name, function()
      local outcome = fault_call.make(server, { fault }, {
        options = { timeout = SECONDS, read_timeout = 60 },
      })
      is_over(outcome)
      assert.are.equal(1, outcome.err.attempts)
      assert.is_true(outcome.seconds >= SECONDS - 0.01)
      expect.recovered(outcome)
    end)
  end

  it("ends a call that connects", function()
    local port = faults.silent_port()
    local outcome = fault_call.make(port, nil,
      { options = { timeout = SECONDS, connect_timeout = 60 } })
    port.stop()
    is_over(outcome)
    assert.is_false(outcome.err.sent)
  end)

  it("ends a call between its attempts, with the last cause", function()
    local outcome = fault_call.make(server, faults.times(MANY, at "head"), {
      options = { timeout = SECONDS, max_attempts = MANY },
    })
    is_over(outcome)
    assert.is_true(outcome.err.attempts > 1)
    assert.are.equal("ConnectionClosedError", outcome.err.cause.code)
    assert.is_truthy(tostring(outcome.err):find(outcome.err.cause.message, 1, true))
  end)

  it("holds for all attempts together", function()
    local outcome = fault_call.make(server, faults.times(MANY, at("head", stall())), {
      options = { timeout = SECONDS, max_attempts = MANY, read_timeout = 0.15 },
    })
    is_over(outcome)
    assert.is_true(outcome.err.attempts > 1)
  end)

  it("counts what the credentials take", function()
    server:play {}
    local client = clients.new(server, fault_call.options {
      timeout = 0.1,
      credentials = function()
        socket.sleep(0.2)
        return clients.CREDENTIALS
      end,
    })
    local response, err = client:initiate_job { vaultName = "v" }
    assert.is_nil(response)
    assert.are.equal("DeadlineExceededError", err.code)
    assert.are.equal(0, server:journal().connections)
  end)

  it("is that of each call", function()
    server:play {}
    local client = clients.new(server, fault_call.options { timeout = 0.3 })
    for _ = 1, 2 do
      assert(client:initiate_job { vaultName = "v" })
      socket.sleep(0.2)
    end
    assert(client:initiate_job { vaultName = "v" })
  end)
end)
