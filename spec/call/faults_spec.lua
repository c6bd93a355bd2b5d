-- Connections that end, break or stand still, at every place.

local clients = require "spec.support.clients"
local expect = require "spec.support.fault_assertions"
local fault_call = require "spec.support.fault_call"
local faults = require "spec.support.faults"
local glacier = require "glacier"
local socket = require "socket"

local at, pause, reset, send, stall =
  faults.at, faults.pause, faults.reset, faults.send, faults.stall

local STARTED = "HTTP/1.1 202 Accepted\r\nx-amz-job-id: J\r\nLocation: /l\r\n"
local WHOLE = STARTED .. "Content-Length: 0\r\n\r\n"
local HALF_BODY = STARTED .. "Content-Length: 10\r\n\r\n12345"

-- More than the system buffers for a connection.
local LARGE = { vaultName = "v", jobParameters = {
  Type = "select", ArchiveId = "a",
  SelectParameters = { Expression = ("x"):rep(8 * 1024 * 1024) },
} }

-- Such a request takes a while.
local PATIENT = { read_timeout = 1 }

-- The bytes of an answer that come before the fault, by its place.
local PLACES = {
  { "before the status line", "" },
  { "amid the status line", "HTTP/1.1 20" },
  { "after the status line", "HTTP/1.1 202 Accepted\r\n" },
  { "amid the headers", STARTED:sub(1, -9) },
  { "after a header", STARTED },
  { "after the head", STARTED .. "Content-Length: 10\r\n\r\n" },
  { "amid the body", HALF_BODY },
  { "amid a chunk", STARTED .. "Transfer-Encoding: chunked\r\n\r\n5\r\nabc" },
  { "before the last chunk", STARTED .. "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" },
  { "after an interim answer", "HTTP/1.1 100 Continue\r\n\r\n" },
  { "after switching protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n" },
}

local server

setup(function()
  server = faults.start()
end)

teardown(function()
  server:stop()
end)

after_each(clients.close_all)

local function is_closed(name, fault, params)
  it(name, function()
    expect.tried_again(server, {
      fault = fault, params = params, options = params and PATIENT,
      kind = "network", code = "ConnectionClosedError",
    })
  end)
end

local function is_silent(name, fault, params)
  it(name, function()
    expect.tried_again(server, {
      fault = fault, params = params, options = params and PATIENT,
      kind = "timeout", code = "ReadTimeoutError", once = name == "at accept",
    })
  end)
end

describe("a connection closed", function()
  is_closed("at accept", at "accept")
  is_closed("after the head of the request", at "head")
  is_closed("after the head of a large request", at "head", LARGE)
  is_closed("amid the body of the request", { at = "body", bytes = 1e6, steps = { pause(0) } },
    LARGE)
  for _, place in ipairs(PLACES) do
    is_closed(place[1] .. " of the answer", at("request", send(place[2])))
  end
end)

describe("a connection reset", function()
  -- At once, it would be a connection refused.
  is_closed("at accept", at("accept", pause(0.05), reset()))
  is_closed("after the head of the request", at("head", reset()))
  is_closed("after the head of a large request", at("head", reset()), LARGE)
  for _, place in ipairs(PLACES) do
    -- The pause lets the bytes be read before the reset takes them away.
    is_closed(place[1] .. " of the answer",
      at("request", send(place[2]), pause(0.05), reset()))
  end
end)

describe("a connection that stands still", function()
  is_silent("at accept", at("accept", stall()))
  is_silent("after the head of the request", at("head", stall()))
  is_silent("after the head of a large request", at("head", stall()), LARGE)
  for _, place in ipairs(PLACES) do
    is_silent(place[1] .. " of the answer", at("request", send(place[2]), stall()))
  end
end)

describe("a port that refuses", function()
  it("is tried again, and nothing was sent", function()
    local port = faults.refusing_port()
    local outcome = fault_call.make(port)
    port.stop()
    expect.failed(outcome, {
      kind = "network", code = "EndpointConnectionError", attempts = 2, sent = false,
      retryable = true,
    })
    assert.is_true(outcome.seconds < fault_call.SECONDS)
    assert.are.equal(0, outcome.left)
  end)
end)

describe("a kept-alive connection", function()
  -- The first call is answered in full; then comes the fault.
  local function second_call(script, seconds, options)
    server:play(script)
    local before = faults.descriptors()
    local client = clients.new(server, fault_call.options(options))
    local first = assert(client:initiate_job { vaultName = "first" })
    socket.sleep(seconds)
    local response, err = client:initiate_job { vaultName = "second" }
    local journal = server:journal()
    assert(client:initiate_job { vaultName = "third" })
    client:close()
    assert.are.equal(before, faults.descriptors())
    return response, err, journal, first
  end

  local function is_sent_once_more(fault)
    local response, _, journal = second_call({ "initiate_job/success", fault }, 0)
    assert.are.equal(1, response.ResponseMetadata.RetryAttempts)
    assert.are.equal(3, #journal.requests)
    assert.are.equal(journal.requests[1].connection, journal.requests[2].connection)
    assert.are.equal("attempt=1; max=2", journal.requests[2]:header "amz-sdk-request")
    assert.is_truthy(journal.requests[3]:header("amz-sdk-request")
      :find("attempt=2; max=2", 1, true))

    local err
    response, err, journal = second_call({ "initiate_job/success", fault }, 0, { max_attempts = 1 })
    assert.is_nil(response)
    assert.are.equal("ConnectionClosedError", err.code)
    assert.is_true(err.sent)
    -- libcurl would have sent the request again, and started a second job.
    assert.are.equal(2, #journal.requests)
  end

  it("closed after a request is an answer lost, and nothing is sent unasked", function()
    is_sent_once_more(at "request")
  end)

  it("reset after a request is an answer lost, and nothing is sent unasked", function()
    is_sent_once_more(at("request", reset()))
  end)

  it("closed while idle is not used again", function()
    local response, _, journal =
      second_call({ at("request", send(WHOLE)) }, 0.05, { max_attempts = 1 })
    assert.are.equal(fault_call.JOB_ID, response.jobId)
    assert.are.equal(2, journal.connections)
  end)

  it("reset while idle is not used again", function()
    local response, _, journal =
      second_call({ at("request", send(WHOLE), pause(0.02), reset()) }, 0.05, { max_attempts = 1 })
    assert.are.equal(fault_call.JOB_ID, response.jobId)
    assert.are.equal(2, journal.connections)
  end)

  it("with an answer nobody asked for gives it to no call", function()
    local stray = WHOLE:gsub("job%-id: J", "job-id: STRAY")
    local response, err, journal = second_call({
      at("request", send(WHOLE), pause(0.02), send(stray), faults.keep()),
    }, 0.05, { max_attempts = 1 })
    assert.is_truthy(response, tostring(err))
    assert.are.equal(fault_call.JOB_ID, response.jobId)
    assert.are.equal(2, #journal.requests)

    response = second_call({ at("request", send(WHOLE .. stray), faults.keep()) }, 0)
    assert.are.equal(fault_call.JOB_ID, response.jobId)
  end)
end)

describe("an answer to a request that is still being sent", function()
  local FORBIDDEN = "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: AccessDeniedException\r\n"
    .. "Content-Length: 0\r\n\r\n"

  local FAULTS = {
    ["and read to its end"] = at("head", send(FORBIDDEN), faults.drain()),
    ["and closed half"] = at("head", send(FORBIDDEN), faults.shutdown(), faults.drain()),
    ["and never read"] = at("head", send(FORBIDDEN), stall()),
  }
  for name, fault in pairs(FAULTS) do
    it(name .. " is the answer", function()
      expect.final(server, {
        fault = fault, params = LARGE, options = PATIENT,
        kind = "service", code = "AccessDeniedException",
      })
    end)
  end

  it("is not waited for with Expect: 100-continue", function()
    local outcome = expect.harmless(server, {
      fault = "initiate_job/success", params = LARGE, options = PATIENT,
    }, fault_call.JOB_ID)
    assert.is_nil(outcome.journal.requests[1]:header "expect")
    assert.are.equal(1, outcome.connections)
  end)
end)

describe("a server that is gone for good", function()
  it("ends the call by its deadline, with the last cause", function()
    local gone = faults.start()
    local client = assert(glacier.client(clients.options(gone, fault_call.options {
      max_attempts = 50, timeout = 0.5,
    })))
    assert(client:initiate_job { vaultName = "v" })
    gone:stop()
    local begun = socket.gettime()
    local response, err = client:initiate_job { vaultName = "v" }
    local seconds = socket.gettime() - begun
    client:close()
    assert.is_nil(response)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("DeadlineExceededError", err.code)
    assert.is_true(err.attempts > 1)
    assert.are.equal("EndpointConnectionError", err.cause.code)
    assert.is_true(seconds < 1)
  end)
end)
