--- What every transport must make of a server's answers and faults: a table of
-- cases, each with what the fault server plays, the requests sent one after the
-- other, and what must come of each.

local faults = require "spec.support.faults"

local at, drip, keep, pause, send, stall =
  faults.at, faults.drip, faults.keep, faults.pause, faults.send, faults.stall

local OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
local CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

local function reply(bytes)
  return at("request", send(bytes), keep())
end

-- Ends the connection after it.
local function last(bytes)
  return at("request", send(bytes))
end

local POST = { method = "POST", body = "{}" }
local GET = { method = "GET" }

local function failure(kind, code, sent)
  return { failure = { kind = kind, code = code, sent = sent } }
end

local function request(fields)
  local result = { method = "GET" }
  for name, value in pairs(fields) do
    result[name] = value
  end
  return result
end

-- 100 bytes in 0.2 seconds.
local TRICKLE = request { low_speed_limit = 500, low_speed_time = 0.2, read_timeout = 5 }
local TRICKLED = failure("timeout", "ReadTimeoutError", true)

local LONG = "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"

local LOST = failure("network", "ConnectionClosedError", true)
local BAD = failure("protocol", "HTTPClientError", true)
local LARGE = failure("protocol", "ResponseTooLargeError", true)
local REFUSED = failure("config", "InvalidConfigError", false)

return {
  { name = "a body of a length told, fields of one name, a reason",
    play = { reply("HTTP/1.1 418 I am a teapot \r\nX-A: 1\r\nx-a:  2 \r\nContent-Length: 3\r\n\r\na\0b") },
    send = { GET },
    expect = { { status = 418, reason = "I am a teapot", body = "a\0b", headers = { ["x-a"] = "1, 2" } } } },
  { name = "a status line without a reason, lines that end in LF alone",
    play = { reply("HTTP/1.1 200\nContent-Length: 1\n\nx") },
    send = { GET }, expect = { { status = 200, reason = "", body = "x" } } },
  { name = "a body in chunks with extensions and trailers",
    play = { reply(CHUNKED .. "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n"), reply(OK) },
    send = { GET, GET }, connections = 1,
    expect = { { body = "abc0123456789" }, { body = "ok" } } },
  { name = "a body in pieces", play = { at("request", drip(CHUNKED .. "2\r\nab\r\n0\r\n\r\n", 0.001), keep()) },
    send = { GET }, expect = { { body = "ab" } } },
  { name = "a body that ends with the connection", play = { last("HTTP/1.1 200 OK\r\n\r\nall of it") },
    send = { GET }, expect = { { body = "all of it" } } },
  { name = "an empty body that ends with the connection", play = { last("HTTP/1.1 200 OK\r\n\r\n") },
    send = { GET }, expect = { { body = "" } } },
  { name = "no body of HEAD, 204 and 304, whatever the head says",
    play = { reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), reply("HTTP/1.1 204 No Content\r\n\r\n"),
      reply("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), reply(OK) },
    send = { { method = "HEAD" }, GET, GET, GET }, connections = 1,
    expect = { { status = 200, body = "" }, { status = 204, body = "" }, { status = 304, body = "" },
      { body = "ok" } } },
  { name = "interim answers before the final one",
    play = { reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" .. OK), reply(OK) },
    send = { POST, POST }, connections = 1, expect = { { status = 200, body = "ok" }, { status = 200 } } },
  { name = "a redirect that is not followed",
    play = { reply("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n") },
    send = { GET }, expect = { { status = 302, headers = { location = "/elsewhere" } } }, requests = 1 },
  { name = "connections that are kept, or not", play = { reply(OK), reply(OK),
      reply("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
      reply("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), reply(OK) },
    send = { GET, POST, GET, GET, GET }, connections = 3,
    expect = { { status = 200 }, { status = 200 }, { status = 200 }, { status = 200 }, { status = 200 } } },
  { name = "bodies that are sent, with their length", play = {},
    send = { request { method = "POST", body = ("x"):rep(100000) }, request { method = "POST" }, GET },
    expect = { { status = 202 }, { status = 202 }, { status = 202 } },
    received = { { "content-length", "100000" }, { "content-length", "0" }, { "content-length", nil } } },
  { name = "headers as they were given", play = {},
    send = { request { headers = { "Host", "example.org", "X-Empty", "", "User-Agent", "spec" } } },
    expect = { { status = 202 } },
    received = { { "host", "example.org" } } },
  { name = "a head beyond its bound",
    play = { reply("HTTP/1.1 200 OK\r\nX: " .. ("y"):rep(2000) .. "\r\n\r\n"),
      reply(("HTTP/1.1 100 Continue\r\n\r\n"):rep(50) .. OK) },
    send = { request { max_header_bytes = 1000 }, request { max_header_bytes = 1000 } },
    expect = { LARGE, LARGE } },
  { name = "a body beyond its bound",
    play = { reply("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" .. ("y"):rep(2000)),
      reply(CHUNKED .. "7d0\r\n" .. ("y"):rep(2000) .. "\r\n0\r\n\r\n"),
      last("HTTP/1.1 200 OK\r\n\r\n" .. ("y"):rep(2000)) },
    send = { request { max_body_bytes = 1000 }, request { max_body_bytes = 1000 },
      request { max_body_bytes = 1000 } },
    expect = { LARGE, LARGE, LARGE } },
  { name = "a body as large as its bound",
    play = { reply("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" .. ("y"):rep(1000)) },
    send = { request { max_body_bytes = 1000 } }, expect = { { body = ("y"):rep(1000) } } },
  { name = "what is no HTTP", play = { last("SSH-2.0-OpenSSH_9.2\r\n\r\n") }, send = { POST }, expect = { BAD } },
  { name = "a connection closed before an answer", play = { at("request") }, send = { POST }, expect = { LOST },
    requests = 1 },
  { name = "a connection reset before an answer", play = { at("request", faults.reset()) }, send = { POST },
    expect = { LOST }, requests = 1 },
  { name = "a connection closed inside the head", play = { last(OK:sub(1, 20)) }, send = { POST }, expect = { LOST } },
  { name = "a connection closed inside the body",
    play = { last(OK:sub(1, -2)), last(CHUNKED .. "5\r\nabc"), last(CHUNKED .. "3\r\nabc\r\n") },
    send = { GET, GET, GET }, expect = { LOST, LOST, LOST }, requests = 3 },
  { name = "silence before an answer, and inside it",
    play = { at("request", stall()), at("request", send(OK:sub(1, 20)), stall()),
      at("request", send(OK:sub(1, -2)), stall()) },
    send = { request { read_timeout = 0.1 }, request { read_timeout = 0.1 }, request { read_timeout = 0.1 } },
    expect = { failure("timeout", "ReadTimeoutError", true), failure("timeout", "ReadTimeoutError", true),
      failure("timeout", "ReadTimeoutError", true) }, at_most = 3 },
  { name = "an answer that is slow without silence",
    play = { at("request", pause(0.15), send(OK:sub(1, 5)), pause(0.15), send(OK:sub(6)), keep()) },
    send = { request { read_timeout = 0.25 } }, expect = { { body = "ok" } } },
  { name = "a body that trickles",
    play = { at("request", send(LONG), drip(("x"):rep(200), 0.05)), at("request", send(LONG), stall()),
      at("request", send(CHUNKED), drip(("1\r\nx\r\n"):rep(100), 0.02)) },
    send = { TRICKLE, TRICKLE, TRICKLE },
    expect = { TRICKLED, TRICKLED, TRICKLED }, at_most = 6 },
  { name = "a body that comes slowly, but fast enough",
    play = { at("request", send(LONG), drip(("x"):rep(40), 0.02), send(("x"):rep(160)), keep()),
      at("request", pause(0.5), drip(OK, 0.02)) },
    send = { request { low_speed_limit = 4, low_speed_time = 0.5 }, TRICKLE },
    expect = { { body = ("x"):rep(200) }, { body = "ok" } }, at_most = 9 },
  { name = "an answer that takes longer than the call may",
    play = { at("request", drip(OK, 0.05)), at("request", stall()) },
    send = { request { timeout = 0.2 }, request { left = 0.2 } },
    expect = { failure("timeout", "DeadlineExceededError", true), failure("timeout", "DeadlineExceededError", true) },
    at_most = 3 },
  { name = "a call whose time is over", play = {}, send = { request { left = 0 } },
    expect = { failure("timeout", "DeadlineExceededError", false) }, requests = 0 },
  { name = "a kept connection that ends under a request that must not be sent twice",
    play = { reply(OK), at("head") }, send = { GET, POST }, expect = { { body = "ok" }, LOST },
    requests = 2 },
  { name = "a kept connection that ends under a request that may be sent twice",
    play = { reply(OK), at("head"), reply(OK) }, send = { GET, GET }, expect = { { body = "ok" }, { body = "ok" } },
    requests = 3, connections = 2 },
  { name = "a kept connection that the server has closed meanwhile",
    play = { last(OK), reply(OK) }, send = { GET, POST }, wait = 0.05,
    expect = { { body = "ok" }, { body = "ok" } }, requests = 2, connections = 2 },
  { name = "a fresh connection where one is asked for", play = { reply(OK), reply(OK), reply(OK), reply(OK) },
    send = { POST, request { method = "POST", fresh_connection = true },
      request { method = "POST", fresh_connection = true }, POST },
    expect = { { body = "ok" }, { body = "ok" }, { body = "ok" }, { body = "ok" } }, connections = 3 },
  { name = "connections that are lost, kept ones and fresh ones",
    play = { reply(OK), at("head"), reply(OK), at("head") },
    send = { POST, POST, request { method = "POST", fresh_connection = true },
      request { method = "POST", fresh_connection = true } },
    expect = { { body = "ok" },
      { failure = { code = "ConnectionClosedError", sent = true, reused = true } }, { body = "ok" },
      { failure = { code = "ConnectionClosedError", sent = true, reused = false } } } },
  { name = "a kept connection that is silent", play = { reply(OK), at("request", stall()) },
    send = { POST, request { method = "POST", read_timeout = 0.2 } },
    expect = { { body = "ok" }, { failure = { code = "ReadTimeoutError", sent = true, reused = true } } },
    at_most = 3 },
  { name = "many fields, and one called HTTP/",
    play = { reply("HTTP/1.1 200 OK\r\n" .. ("X-A: 1\r\n"):rep(300) .. "HTTP/2: 1\r\nX-B: 2\r\n" ..
      "Content-Length: 2\r\n\r\nok") },
    send = { GET }, expect = { { body = "ok", headers = { ["x-b"] = "2", ["http/2"] = "1",
      ["x-a"] = ("1, "):rep(299) .. "1" } } } },
  { name = "a body of a coding that is none, and an empty one of one that is",
    play = { reply("HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\nContent-Length: 2\r\n\r\nok"),
      reply("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n") },
    send = { GET, GET }, expect = { { body = "ok" }, { body = "" } } },
  { name = "a body in a coding that is not to be decoded",
    play = { reply("HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc") },
    send = { request { raw_body = true } }, expect = { { status = 206, body = "abc" } } },
  { name = "a body that is refused by its length alone",
    play = { at("request", send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"), stall()) },
    send = { request { max_body_bytes = 1000 } }, expect = { LARGE }, at_most = 3 },
  { name = "headers that would become others", play = {},
    send = { request { headers = { "X", "a\r\nY: b" } }, request { headers = { "X Y", "a" } },
      request { method = "GET /", headers = {} } },
    expect = { REFUSED, REFUSED, REFUSED }, requests = 0 },
  { name = "URLs of other schemes", play = {}, send = { request { url = "ftp://127.0.0.1/" } },
    expect = { REFUSED }, requests = 0 },
  { name = "a port that refuses", port = "refusing_port", send = { GET },
    expect = { failure("network", "EndpointConnectionError", false) } },
  { name = "a port that does not answer", port = "silent_port", send = { request { connect_timeout = 0.2 } },
    expect = { failure("timeout", "ConnectTimeoutError", false) }, at_most = 2 },
}
