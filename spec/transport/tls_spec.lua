-- TLS: whom the client believes, and connections that break below it.

local clients = require "spec.support.clients"
local expect = require "spec.support.fault_assertions"
local fault_call = require "spec.support.fault_call"
local faults = require "spec.support.faults"
local socket = require "socket"
local tls_certificates = require "spec.support.tls_certificates"

local at, pause, reset, send, stall =
  faults.at, faults.pause, faults.reset, faults.send, faults.stall

local WHOLE = "HTTP/1.1 202 Accepted\r\nx-amz-job-id: J\r\nContent-Length: 0\r\n\r\n"

local certificates, good, authority
local started = {}

-- A fault server with a certificate of its own.
local function start(certificate, protocol)
  local server = faults.start {
    certificate = certificate.certificate, key = certificate.key, protocol = protocol,
  }
  started[#started + 1] = server
  return server
end

local function trusting(more)
  local options = { ca_bundle = authority, connect_timeout = 1 }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return options
end

setup(function()
  certificates = tls_certificates.new()
  authority = certificates:path "authority.pem"
  good = start(certificates:issue "good")
end)

teardown(function()
  for _, server in ipairs(started) do
    server:stop()
  end
  certificates:remove()
end)

after_each(clients.close_all)

-- Fails before anything of the request is sent, and is not tried again.
local function refuses(server, options)
  local outcome = fault_call.make(server, {}, { options = options })
  expect.failed(outcome, {
    kind = "tls", code = "SSLError", attempts = 1, sent = false, retryable = false,
  })
  assert.is_nil(outcome.next)
  assert.are.equal(0, #server:journal().requests)
  assert.is_true(outcome.seconds < fault_call.SECONDS)
  assert.are.equal(0, outcome.left)
  return outcome.err
end

local function accepts(server, options)
  local outcome = expect.harmless(server,
    { fault = "initiate_job/success", options = options }, fault_call.JOB_ID)
  assert.are.equal(1, outcome.connections)
end

describe("a certificate", function()
  it("of the authority in ca_bundle is accepted, and the connection kept", function()
    accepts(good, trusting())
  end)

  it("may be the only one in ca_bundle", function()
    local own = certificates:issue("own", { self_signed = true })
    accepts(start(own), { ca_bundle = own.certificate })
  end)

  it("of an authority that the system does not know is refused", function()
    refuses(good)
  end)

  local WRONG = {
    { "signed by itself", { self_signed = true }, "self%-signed" },
    { "that has expired", { days = -1 }, "expired" },
    { "of another name", { subject = "DNS:elsewhere.example" }, "name" },
    { "of another address", { subject = "IP:127.0.0.3" }, "name" },
  }
  for number, case in ipairs(WRONG) do
    it(case[1] .. " is refused, unless verify = false", function()
      local server = start(certificates:issue("wrong" .. number, case[2]))
      local err = refuses(server, trusting())
      assert.is_truthy(tostring(err):find(case[3]))
      refuses(server)
      accepts(server, { verify = false })
      accepts(server, trusting { verify = false })
    end)
  end
end)

describe("the protocol", function()
  for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
    it(version .. " is spoken", function()
      accepts(start(certificates:issue(version), version), trusting())
    end)
  end

  for _, version in ipairs { "tlsv1", "tlsv1_1" } do
    it(version .. " is refused, verify = false or not", function()
      local server = start(certificates:issue(version), version)
      refuses(server, trusting())
      refuses(server, { verify = false })
    end)
  end

  it("is TLS, or nothing is sent", function()
    local outcome = fault_call.make(good, { at("accept", send "SSH-2.0-OpenSSH_9.2\r\n") },
      { options = trusting() })
    expect.failed(outcome, {
      kind = "tls", code = "SSLError", attempts = 1, sent = false, retryable = false,
    })
    expect.recovered(outcome)
  end)
end)

describe("a ca_bundle", function()
  local BUNDLES = {
    ["that is not there"] = function() return certificates:path "none.pem" end,
    ["that is empty"] = function() return certificates:write("empty.pem", "") end,
    ["without a certificate"] = function() return certificates:write("text.pem", "text\n") end,
    ["that is a folder"] = function() return certificates.folder end,
  }
  for name, make in pairs(BUNDLES) do
    it(name .. " is an error that names it, never no check", function()
      local path = make()
      local err = refuses(good, { ca_bundle = path })
      assert.is_truthy(tostring(err):find(path, 1, true))
    end)
  end
end)

describe("a handshake", function()
  local FAULTS = {
    { "closed at once", at "accept" },
    { "closed after its first message", at("accept", pause(0.05)) },
    { "closed half", at("accept", faults.shutdown(), faults.drain()) },
    { "reset", at("accept", pause(0.05), reset()) },
  }
  for _, case in ipairs(FAULTS) do
    it(case[1] .. " is a connection lost, and nothing was sent", function()
      expect.tried_again(good, {
        fault = case[2], kind = "network", code = "ConnectionClosedError", sent = false,
        options = trusting(),
      })
    end)
  end

  it("that stands still ends by connect_timeout", function()
    expect.tried_again(good, {
      fault = at("accept", stall()), kind = "timeout", code = "ConnectTimeoutError",
      sent = false, options = trusting { connect_timeout = 0.3 },
    })
  end)
end)

describe("over TLS", function()
  local LOST = {
    { "closed after the request", at "request" },
    { "reset after the request", at("request", reset()) },
    { "closed amid the headers", at("request", send(WHOLE:sub(1, 40))) },
    { "closed amid the body", at("request", send((WHOLE:gsub("0\r\n\r\n$", "9\r\n\r\nx")))) },
  }
  for _, case in ipairs(LOST) do
    it("a connection " .. case[1] .. " is an answer lost", function()
      expect.tried_again(good, {
        fault = case[2], kind = "network", code = "ConnectionClosedError", options = trusting(),
      })
    end)
  end

  it("a connection that stands still ends by read_timeout", function()
    expect.tried_again(good, {
      fault = at("head", stall()), kind = "timeout", code = "ReadTimeoutError",
      options = trusting(),
    })
  end)

  it("bytes that come one by one are waited for", function()
    expect.harmless(good, {
      fault = at("request", faults.drip(WHOLE, 0.01), faults.keep()), options = trusting(),
    }, "J")
  end)

  -- An idle connection ends with an alert, which is input like any other.
  it("a kept-alive connection closed while idle is not used again", function()
    good:play { at("request", send(WHOLE)) }
    local client = clients.new(good, fault_call.options(trusting { max_attempts = 1 }))
    assert(client:initiate_job { vaultName = "first" })
    socket.sleep(0.05)
    local response, err = client:initiate_job { vaultName = "second" }
    assert.is_truthy(response, tostring(err))
    local journal = good:journal()
    assert.are.equal(2, journal.connections)
    assert.are.equal(2, #journal.requests)
  end)
end)
