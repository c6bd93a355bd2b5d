-- The replay server, on which the other specs stand.

local client = require "spec.support.client"
local endpoint = require "spec.support.endpoint"
local http = require "spec.support.http"
local sigv4 = require "spec.support.sigv4"
local socket = require "socket"
local vectors = require "spec.support.vectors"

describe("the replay server", function()
  local server

  before_each(function()
    server = endpoint.start()
  end)

  after_each(function()
    server:stop()
  end)

  local function connect()
    return client.connect(server.url)
  end

  local function get(target)
    return { method = "GET", target = target }
  end

  it("plays a recording to a signed request, dated by its clock", function()
    server:set_clock(sigv4.parse_date(vectors.DATE))
    server:play "initiate_job/success"
    local reply = connect():ask(vectors.request(vectors.list[1]))
    assert.equal(202, reply.status)
    assert.equal(92, #http.header(reply.headers, "x-amz-job-id"))
    assert.truthy(http.header(reply.headers, "date"):find "^Fri, 25 May 2012 00:24:5%d GMT$")
    local request = server:requests()[1]
    assert.equal("ok", request.signature)
    assert.equal(vectors.DATE, request:header "x-amz-date")
  end)

  it("refuses a request that is signed wrongly, and keeps the reply for the next", function()
    server:set_clock(false)
    server:play { "initiate_job/success", "initiate_job/throttling" }
    local link, wrong = connect(), vectors.request(vectors.list[1])
    wrong.body = "[]"
    assert.equal(403, link:ask(wrong).status)
    assert.equal(202, link:ask(vectors.request(vectors.list[1])).status)
    local requests = server:requests()
    assert.equal("the signature does not match", requests[1].signature)
    assert.equal("ok", requests[2].signature)
  end)

  it("checks dates against the true time unless told otherwise", function()
    server:play "initiate_job/success"
    assert.equal(403, connect():ask(vectors.request(vectors.list[1])).status)
    assert.equal("X-Amz-Date is more than 5 minutes off", server:requests()[1].signature)
  end)

  it("knows the keys added, with their tokens", function()
    server:set_clock(false)
    server:play "initiate_job/success"
    assert.equal(403, connect():ask(vectors.request(vectors.list[2])).status)
    server:add_credentials {
      access_key_id = "AKIDEXAMPLE",
      secret_access_key = vectors.KEY,
      session_token = vectors.list[2].token,
    }
    assert.equal(202, connect():ask(vectors.request(vectors.list[2])).status)
  end)

  it("keeps connections alive, numbers them, and journals in order", function()
    server:play { status = 200, verify = false }
    local first, second = connect(), connect()
    for index = 1, 1000 do
      assert.equal(200, first:ask(get("/" .. index)).status)
    end
    second:ask(get "/last")
    local requests = server:requests()
    assert.equal(1001, #requests)
    for index = 1, 1000 do
      assert.equal("/" .. index, requests[index].target)
      assert.equal(requests[1].connection, requests[index].connection)
    end
    assert.is_true(requests[1001].connection ~= requests[1].connection)
  end)

  it("keeps header names as sent, and any byte of a body both ways", function()
    local bytes = {}
    for byte = 0, 255 do
      bytes[#bytes + 1] = string.char(byte)
    end
    bytes = table.concat(bytes)
    server:play { status = 200, body = bytes, headers = { ["X-b"] = "1" }, verify = false }
    local reply = connect():ask({
      method = "PUT",
      target = "/",
      headers = { { "X-MiXeD", "a b" } },
      body = bytes,
    })
    assert.equal(bytes, reply.body)
    assert.same({ "X-b", "1" }, reply.headers[1])
    assert.equal(bytes, server:requests()[1].body)
    assert.same({ "X-MiXeD", "a b" }, server:requests()[1].headers[1])
  end)

  it("reads chunked bodies, also byte by byte", function()
    server:play { status = 200, verify = false }
    local link = connect()
    local text = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      .. "5\r\nab\0cd\r\nA;x=1\r\n0123456789\r\n0\r\nT: t\r\n\r\n"
    for index = 1, #text do
      assert(link.socket:send(text:sub(index, index)))
    end
    assert.equal(200, link:receive().status)
    assert.equal("ab\0cd0123456789", server:requests()[1].body)
  end)

  it("plays by method and path, so many times, and repeats the last", function()
    server:play {
      { status = 201, match = { method = "PUT" }, verify = false, times = 2 },
      { status = 202, match = { path = "^/a$" }, verify = false },
      { status = 203, match = { path = "^/a$" }, verify = false },
      { status = 204, match = { path = "^/b$" }, verify = false, times = 1 },
    }
    local link, seen = connect(), {}
    for _, path in ipairs { "/a?q", "/b", "/a", "/a" } do
      seen[#seen + 1] = link:ask(get(path)).status
    end
    assert.same({ 202, 204, 203, 203 }, seen)
    assert.equal(403, link:ask(get "/b").status) -- none left, so the signature counts
  end)

  it("answers 501 where nothing is left to play, and starts again in a loop", function()
    local link, once = connect(), { status = 200, verify = false }
    server:play({ once, { status = 204, verify = false } }, { loop = true })
    local seen = {}
    for index = 1, 3 do
      seen[index] = link:ask(get "/").status
    end
    assert.same({ 200, 204, 200 }, seen)
    once.match = { method = "GET" }
    server:play(once, { repeat_last = false })
    assert.equal(200, link:ask(get "/").status)
    assert.equal(403, link:ask(get "/").status)
    server:set_clock(false)
    assert.equal(501, link:ask(vectors.request(vectors.list[1])).status)
  end)

  it("replaces a recording's headers by those given beside it", function()
    server:play {
      recording = "initiate_job/throttling",
      headers = { Date = "Sun, 25 Mar 2012 12:00:00 GMT", ["x-amz-retry-after"] = "7" },
      verify = false,
    }
    local headers = connect():ask(get "/").headers
    assert.equal("Sun, 25 Mar 2012 12:00:00 GMT", http.header(headers, "date"))
    assert.equal("7", http.header(headers, "x-amz-retry-after"))
  end)

  it("does not let a delayed reply hold another connection up", function()
    server:play {
      { status = 200, body = "slow", delay = 0.5, match = { path = "slow" }, verify = false },
      { status = 200, body = "fast", match = { path = "fast" }, verify = false },
    }
    local slow, fast = connect(), connect()
    local begun = socket.gettime()
    slow:send(get "/slow")
    slow.socket:settimeout(0)
    assert.equal("fast", fast:ask(get "/fast").body)
    assert.equal("timeout", select(2, slow.socket:receive(1)))
    slow.socket:settimeout(10)
    assert.equal("slow", slow:receive().body)
    assert.is_true(socket.gettime() - begun >= 0.5)
  end)

  it("closes where asked, and can break off anywhere", function()
    server:play {
      { status = 200, close = true, verify = false },
      { raw = "HTTP/1.1 200 OK\r\nConte", verify = false },
      { raw = "", verify = false },
      { status = 200, verify = false },
    }
    local link = connect()
    link:send(get "/")
    assert.truthy(link:drain():find("\r\nConnection: close\r\n", 1, true))
    link = connect()
    link:send(get "/")
    assert.equal("HTTP/1.1 200 OK\r\nConte", link:drain())
    link = connect()
    link:send(get "/")
    assert.equal("", link:drain())
    link = connect()
    link:send { method = "GET", target = "/", headers = { { "Connection", "close" } } }
    assert.truthy(link:drain():find "^HTTP/1.1 200 OK\r\n")
  end)

  it("answers 400 to what is no HTTP", function()
    local link = connect()
    assert(link.socket:send "nonsense\r\n\r\n")
    assert.truthy(link:drain():find "^HTTP/1.1 400 ")
    assert.same({}, server:requests())
  end)

  it("forgets on reset, and names what it cannot play", function()
    server:play { status = 200, verify = false }
    connect():ask(get "/")
    server:reset()
    assert.same({}, server:requests())
    assert.equal(403, connect():ask(get "/").status)
    local ok, err = pcall(server.play, server, "initiate_job/none_such")
    assert.is_false(ok)
    assert.truthy(err:find("none_such", 1, true))
  end)

  it("ends when stopped, and by itself once it is idle", function()
    local url = server.url
    server:stop()
    assert.is_nil((socket.connect("127.0.0.1", tonumber(url:match "%d+$"))))
    local idle = endpoint.start { idle = 0.2 }
    assert.is_nil(idle.pipe:read(1)) -- waits for the end of its output
    assert.is_nil((socket.connect("127.0.0.1", tonumber(idle.url:match "%d+$"))))
    idle.pipe:close()
  end)
end)
