-- Answers that are malformed, too large, or odd and yet right.

local clients = require "spec.support.clients"
local expect = require "spec.support.fault_assertions"
local fault_call = require "spec.support.fault_call"
local faults = require "spec.support.faults"

local at, drip, endless, keep, send, stall =
  faults.at, faults.drip, faults.endless, faults.keep, faults.send, faults.stall

local STARTED = "HTTP/1.1 202 Accepted\r\nx-amz-job-id: J\r\nLocation: /l\r\n"
local WHOLE = STARTED .. "Content-Length: 0\r\n\r\n"
local CHUNKED = STARTED .. "Transfer-Encoding: chunked\r\n\r\n"

local server

setup(function()
  server = faults.start()
end)

teardown(function()
  server:stop()
end)

after_each(clients.close_all)

-- Both where the server closes after it and where it leaves the end open.
local function each_end(bytes, use)
  use(at("request", send(bytes)))
  use(at("request", send(bytes), stall()))
end

describe("no HTTP", function()
  local ANSWERS = {
    { "but noise", ("\1\2\200noise"):rep(20) },
    { "but another protocol", "SSH-2.0-OpenSSH_9.2\r\n" },
    { "but HTTP/0.9", "<html><body>hello</body></html>" },
    { "but a version there is not", "HTTP/3.7 202 Accepted\r\nx-amz-job-id: J\r\n\r\n" },
    { "but a name there is not", "ICY 202 Accepted\r\nx-amz-job-id: J\r\n\r\n" },
    { "but a status in letters", "HTTP/1.1 abc Accepted\r\n\r\n" },
    { "but a status of four digits", "HTTP/1.1 2020 Accepted\r\n\r\n" },
    { "but a status of zeros", "HTTP/1.1 000 Accepted\r\n\r\n" },
    { "with a NUL in a header", "HTTP/1.1 202 Accepted\r\nx-a: a\0b\r\n\r\n" },
    { "with a header without a colon", "HTTP/1.1 202 Accepted\r\nx-a\r\n\r\n" },
    { "with a negative Content-Length", STARTED .. "Content-Length: -5\r\n\r\nhello" },
    { "with a coding there is not", STARTED .. "Transfer-Encoding: x-none\r\n\r\nhello" },
  }
  for _, case in ipairs(ANSWERS) do
    it(case[1] .. " is a protocol error, and final", function()
      each_end(case[2], function(fault)
        expect.final(server, { fault = fault, kind = "protocol", code = "HTTPClientError" })
      end)
    end)
  end

  local CHUNKS = {
    { "that has no size", "zz\r\nabc\r\n" },
    { "that is longer than it says", "3\r\nabcdef\r\n" },
    { "of a size beyond all bounds", "ffffffffffffffffffff\r\nabc\r\n" },
  }
  for _, case in ipairs(CHUNKS) do
    it("but a chunk " .. case[1] .. " is an answer lost", function()
      each_end(CHUNKED .. case[2], function(fault)
        expect.tried_again(server, {
          fault = fault, kind = "network", code = "ConnectionClosedError",
        })
      end)
    end)
  end
end)

describe("an answer too large", function()
  local FAULTS = {
    ["in its status line"] = at("request", send "HTTP/1.1 202 ", endless(("x"):rep(4096))),
    ["in a header"] = at("request", send "HTTP/1.1 202 OK\r\nx-a: ", endless(("x"):rep(4096))),
    ["in a header, of a known size"] = at("request",
      send("HTTP/1.1 202 OK\r\nx-a: " .. ("x"):rep(90000) .. "\r\n"), stall()),
    ["in its headers"] = at("request", send "HTTP/1.1 202 OK\r\n",
      endless(("x-a: 1\r\n"):rep(100))),
    ["in its interim answers"] = at("request",
      endless(("HTTP/1.1 100 Continue\r\n\r\n"):rep(100))),
    ["in a body without an end"] = at("request", send "HTTP/1.1 500 Oops\r\n\r\n",
      endless(("x"):rep(65536))),
    ["in a body of a known size"] = at("request",
      send "HTTP/1.1 500 Oops\r\nContent-Length: 17000000\r\n\r\n", endless(("x"):rep(65536))),
    ["in chunks"] = at("request", send(CHUNKED),
      endless("10000\r\n" .. ("x"):rep(65536) .. "\r\n")),
    ["in trailers"] = at("request", send(CHUNKED .. "0\r\n"), endless(("x-a: 1\r\n"):rep(100))),
  }
  for name, fault in pairs(FAULTS) do
    it(name .. " is a protocol error, and final", function()
      expect.final(server, {
        fault = fault, kind = "protocol", code = "ResponseTooLargeError",
        -- Time for 16 MiB.
        options = { read_timeout = 1 },
      })
    end)
  end

  it("is not told as a lack of memory", function()
    server:play { FAULTS["in a header"] }
    local client = clients.new(server, fault_call.options())
    local _, err = client:initiate_job { vaultName = "v" }
    assert.is_nil(err.message:lower():find("memory", 1, true))
  end)
end)

describe("an odd answer that is right", function()
  local INTERIM = "HTTP/1.1 103 Early Hints\r\nx-amz-job-id: WRONG\r\n\r\n"
  local ANSWERS = {
    { "after 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n" .. WHOLE, keep() },
    { "after several interim answers", INTERIM:rep(3) .. WHOLE, keep() },
    { "of HTTP/1.0, closed at its end", (STARTED:gsub("1%.1", "1.0")) .. "\r\nbody" },
    { "without a length, closed at its end", STARTED .. "\r\nbody" },
    { "with lines that end in LF", (WHOLE:gsub("\r", "")), keep() },
    { "in chunks with extensions and trailers",
      CHUNKED .. "1;a=b\r\nx\r\n0\r\nx-amz-job-id: LATE\r\n\r\n", keep() },
    { "with one Content-Length said twice", STARTED
      .. "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", keep() },
    { "in chunks, with a Content-Length", STARTED
      .. "Content-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", keep() },
    { "with a Content-Length beyond all bounds", STARTED
      .. "Content-Length: 99999999999999999999999\r\n\r\nbody" },
    { "with a body in gzip", STARTED
      .. "Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\31\139\8\0\0\0\0\0\0\3", keep() },
    { "dated long ago", STARTED
      .. "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n", keep() },
    { "dated with no date", STARTED .. "Date: yesterday\r\nContent-Length: 0\r\n\r\n", keep() },
  }
  for _, case in ipairs(ANSWERS) do
    it(case[1] .. " is read", function()
      local fault = case[3] and at("request", send(case[2]), case[3])
        or at("request", send(case[2]))
      local outcome = expect.harmless(server, { fault = fault }, "J")
      assert.are.equal(case[3] and 1 or 2, outcome.connections)
    end)
  end

  it("that comes byte by byte is waited for, as long as bytes come", function()
    local reason = "HTTP/1.1 202 " .. ("x"):rep(20)
    local rest = WHOLE:match "\r\n.*"
    for _, fault in ipairs {
      at("request", drip(WHOLE, 0.005), keep()),
      -- A line alone takes longer than the read time-out.
      at("request", drip(reason, 0.02), send(rest), keep()),
      at("request", send(STARTED .. "Content-Length: 20\r\n\r\n"), drip(("x"):rep(20), 0.02),
        keep()),
    } do
      local outcome = expect.harmless(server, { fault = fault }, "J")
      assert.is_true(outcome.seconds > 0.25)
      assert.are.equal(1, outcome.connections)
    end
  end)
end)

describe("two lengths that differ", function()
  it("leave the next call its own answer", function()
    for _, lengths in ipairs {
      "Content-Length: 5\r\nContent-Length: 0\r\n", "Content-Length: 0\r\nContent-Length: 5\r\n",
    } do
      local outcome = fault_call.make(server,
        { at("request", send(STARTED .. lengths .. "\r\nhello"), keep()) })
      assert.is_true(outcome.response ~= nil or outcome.err.kind == "protocol")
      expect.recovered(outcome)
    end
  end)
end)

describe("a redirect", function()
  for _, status in ipairs { 301, 302, 303, 307, 308 } do
    it(("with %d is an error, and the other place sees nothing"):format(status), function()
      local other = faults.start()
      local outcome = fault_call.make(server, { {
        status = status,
        headers = { { "Location", other.url .. "/elsewhere" } },
      } })
      local seen = other:journal()
      other:stop()
      expect.failed(outcome, {
        kind = "service", code = tostring(status), attempts = 1, sent = true, retryable = false,
      })
      expect.recovered(outcome)
      assert.are.equal(1, outcome.connections)
      assert.are.equal(0, seen.connections)
    end)
  end
end)

describe("an exception", function()
  it("with a body in gzip is told by its status", function()
    local outcome = fault_call.make(server, { {
      status = 404,
      headers = { { "Content-Type", "application/json" }, { "Content-Encoding", "gzip" } },
      body = "\31\139\8\0\0\0\0\0\0\3\1\2\3",
    } })
    assert.are.equal("service", outcome.err.kind)
    assert.are.equal("404", outcome.err.code)
    assert.is_nil(tostring(outcome.err):find "%c")
    expect.recovered(outcome)
  end)

  it("without a right date is told as any other", function()
    for _, date in ipairs { "yesterday", "", "Thu, 01 Jan 1970 00:00:00 GMT" } do
      local outcome = fault_call.make(server, { {
        recording = "initiate_job/resource_not_found", headers = { Date = date },
      } })
      assert.are.equal("ResourceNotFoundException", outcome.err.code)
      assert.are.equal(1, outcome.err.attempts)
      expect.recovered(outcome)
    end
  end)

  it("of a status there is not is told by it", function()
    local outcome = fault_call.make(server, { { status = 999, body = "what?" } })
    assert.are.equal("service", outcome.err.kind)
    assert.are.equal("999", outcome.err.code)
    expect.recovered(outcome)
  end)
end)
