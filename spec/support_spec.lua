-- The specs' own machinery: recordings, the verifier, the replay server.

local endpoint = require "spec.support.endpoint"
local http = require "spec.support.http"
local lfs = require "lfs"
local recording = require "spec.support.recording"
local sigv4 = require "spec.support.sigv4"
local socket = require "socket"

local KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
local DATE = "20120525T002453Z"
local SIGNED = "content-type;host;x-amz-date;x-amz-glacier-version"
local SNS = "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example"

--- Glacier requests with signatures observed from another implementation.
local VECTORS = {
  {
    name = "an empty body",
    target = "/-/vaults/examplevault/jobs",
    signature = "f58a83da9910abbc8691b4bc2db621b59b72620f4611f41d4f2dca0284fbd442",
  },
  {
    name = "an escaped vault and a session token",
    target = "/111122223333/vaults/a%20b%2F%C3%A9/jobs",
    token = "TOKEN/abc==",
    signature = "4abb5b75f71cb14d1a3324ed2b54be26393c5f03cc7064357fe04273971149a4",
  },
  {
    name = "dot segments",
    target = "/-/vaults/../jobs",
    indifferent = "vaults", -- removed by the `..` after it, so not signed
    signature = "92cf2c6d541fcc6ccb32d49f8c79448611af3f51516b62490abe9b69124be801",
  },
  {
    name = "a body",
    target = "/-/vaults/examplevault/jobs",
    body = '{"Type": "inventory-retrieval", "Format": "CSV", '
      .. '"Description": "My inventory job", "SNSTopic": "' .. SNS .. '"}',
    signature = "53e9544a9c7d04f5c37d816a1e6af4ba75304ab7c1ac9278ad25ed72d7fbcd0e",
  },
}

local function credentials_for(vector)
  return { AKIDEXAMPLE = { secret_access_key = KEY, session_token = vector.token } }
end

local function request_for(vector)
  local signed = SIGNED .. (vector.token and ";x-amz-security-token" or "")
  local headers = {
    { "Host", "glacier.us-east-1.amazonaws.com" },
    { "Content-Type", "application/json" },
    { "X-Amz-Date", DATE },
    { "x-amz-glacier-version", "2012-06-01" },
    {
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20120525/us-east-1/glacier/aws4_request, "
        .. "SignedHeaders=" .. signed .. ", Signature=" .. vector.signature,
    },
  }
  if vector.token then
    headers[#headers + 1] = { "X-Amz-Security-Token", vector.token }
  end
  return {
    method = "POST",
    target = vector.target,
    headers = headers,
    body = vector.body or "{}",
  }
end

local function at_date()
  return { now = sigv4.parse_date(DATE) }
end

--- Calls `use` with the text changed by one in each byte in turn.
local function each_change(text, use)
  for index = 1, #text do
    local byte = (text:byte(index) + 1) % 256
    use(text:sub(1, index - 1) .. string.char(byte) .. text:sub(index + 1), index)
  end
end

describe("recordings", function()
  it("all parse, say their source, and are responses", function()
    local count = 0
    for folder in lfs.dir "spec/recordings" do
      if not folder:find "^%." then
        for name in lfs.dir("spec/recordings/" .. folder) do
          if not name:find "^%." then
            local recorded = assert(recording.load(folder .. "/" .. name))
            assert.is_true(#recorded.source > 10)
            assert.is_true(recorded.status >= 200 and recorded.status <= 599)
            assert.is_true(#recorded.headers > 0)
            count = count + 1
          end
        end
      end
    end
    assert.is_true(count >= 21)
  end)

  it("carry a job id of 92 characters where a job was started", function()
    for _, name in ipairs { "success", "success_select" } do
      local recorded = assert(recording.load("initiate_job/" .. name))
      local id = http.header(recorded.headers, "x-amz-job-id")
      assert.equal(202, recorded.status)
      assert.truthy(id:find "^[%w_-]+$")
      assert.equal(92, #id)
      assert.equal(id, http.header(recorded.headers, "location"):match "[^/]+$")
    end
  end)

  it("keep every byte of a body but the file's last newline", function()
    local bytes = "\0\r\n\255\n\n"
    local text = "# Source: this spec\nHTTP/1.1 200 OK\nA: b\n\n" .. bytes .. "\n"
    local recorded = assert(recording.parse(text))
    assert.equal(bytes, recorded.body)
    assert.same({ { "A", "b" } }, recorded.headers)
  end)

  it("may have no body and no reason", function()
    local recorded = assert(recording.parse "# Source: this spec\nHTTP/1.1 500 \nA: b\n")
    assert.same({ 500, "", "" }, { recorded.status, recorded.reason, recorded.body })
    assert.same({ { "A", "b" } }, recorded.headers)
  end)

  it("are refused without source, with a bad line, or by a bad name", function()
    assert.is_nil(recording.parse "HTTP/1.1 200 OK\n\n")
    assert.is_nil(recording.parse "# Source: x y\nHTTP/2 200 OK\n\n")
    assert.is_nil(recording.parse "# Source: x y\nHTTP/1.1 200 OK\nno colon\n\n")
    assert.is_nil(recording.load "../support/http.lua")
    assert.is_nil(recording.load "initiate_job/none_such")
  end)
end)

describe("the verifier", function()
  for _, vector in ipairs(VECTORS) do
    local credentials = credentials_for(vector)

    local function refuses(change)
      local request = request_for(vector)
      change(request)
      local ok, reason = sigv4.verify(request, credentials, at_date())
      assert.is_nil(ok)
      assert.is_string(reason)
    end

    it("accepts " .. vector.name, function()
      assert.is_true(sigv4.verify(request_for(vector), credentials, at_date()))
    end)

    it("refuses any changed byte of " .. vector.name, function()
      local kept_from, kept_to = 0, -1
      if vector.indifferent then
        kept_from, kept_to = vector.target:find(vector.indifferent, 1, true)
      end
      for _, part in ipairs { "method", "target", "body" } do
        each_change(request_for(vector)[part], function(changed, index)
          if part ~= "target" or index < kept_from or index > kept_to then
            refuses(function(request)
              request[part] = changed
            end)
          end
        end)
      end
      for number, header in ipairs(request_for(vector).headers) do
        each_change(header[2], function(changed)
          refuses(function(request)
            request.headers[number][2] = changed
          end)
        end)
      end
      each_change(KEY, function(changed)
        local others = credentials_for(vector)
        others.AKIDEXAMPLE.secret_access_key = changed
        assert.is_nil(sigv4.verify(request_for(vector), others, at_date()))
      end)
    end)
  end

  local REFUSED = {
    { "Range", "bytes=0-1", "range was sent and is not signed" },
    { "x-amz-extra", "1", "x-amz-extra was sent and is not signed" },
    { "x-amz-content-sha256", ("0"):rep(64), "x-amz-content-sha256 is not the body's hash" },
    { "X-Amz-Security-Token", "T", "x-amz-security-token was sent and is not signed" },
  }
  for _, case in ipairs(REFUSED) do
    it("refuses " .. case[1] .. " added unsigned", function()
      local request = request_for(VECTORS[1])
      table.insert(request.headers, { case[1], case[2] })
      local _, reason = sigv4.verify(request, credentials_for(VECTORS[1]), at_date())
      assert.equal(case[3], reason)
    end)
  end

  local LISTS = {
    { "host;content-type;x-amz-date;x-amz-glacier-version", "SignedHeaders is not sorted" },
    { "content-type;x-amz-date;x-amz-glacier-version", "host is not signed" },
    { "host;x-amz-date;x-amz-glacier-version", "content-type was sent and is not signed" },
    { "content-type;host;user-agent;x-amz-date;x-amz-glacier-version",
      "user-agent must not be signed" },
    { "amz-sdk-request;content-type;host;x-amz-date;x-amz-glacier-version",
      "amz-sdk-request must not be signed" },
  }
  for _, case in ipairs(LISTS) do
    it("refuses the list " .. case[1], function()
      local request = request_for(VECTORS[1])
      local authorization = request.headers[5]
      authorization[2] = authorization[2]:gsub(SIGNED:gsub("%p", "%%%0"), case[1])
      table.insert(request.headers, { "User-Agent", "spec" })
      table.insert(request.headers, { "amz-sdk-request", "attempt=1" })
      local _, reason = sigv4.verify(request, credentials_for(VECTORS[1]), at_date())
      assert.equal(case[2], reason)
    end)
  end

  it("takes a date up to five minutes off, or any if told so", function()
    local request, credentials = request_for(VECTORS[1]), credentials_for(VECTORS[1])
    local now = sigv4.parse_date(DATE)
    assert.equal(1337905493, now)
    assert.is_true(sigv4.verify(request, credentials, { now = now + 300 }))
    assert.is_true(sigv4.verify(request, credentials, { now = now - 300 }))
    assert.is_nil(sigv4.verify(request, credentials, { now = now + 301 }))
    assert.is_nil(sigv4.verify(request, credentials))
    assert.is_true(sigv4.verify(request, credentials, { now = false }))
  end)

  it("wants the service and the region it is told", function()
    local request, credentials = request_for(VECTORS[1]), credentials_for(VECTORS[1])
    assert.is_nil(sigv4.verify(request, credentials, { now = false, service = "sts" }))
    assert.is_nil(sigv4.verify(request, credentials, { now = false, region = "us-west-2" }))
    assert.is_true(sigv4.verify(request, credentials, { now = false, region = "us-east-1" }))
  end)
end)

describe("the replay server", function()
  local server

  before_each(function()
    server = endpoint.start()
  end)

  after_each(function()
    server:stop()
  end)

  local function connect()
    local client = assert(socket.connect("127.0.0.1", tonumber(server.url:match "%d+$")))
    client:settimeout(10)
    return client
  end

  local function send(client, request)
    local lines = { request.method .. " " .. request.target .. " HTTP/1.1" }
    for _, header in ipairs(request.headers or {}) do
      lines[#lines + 1] = header[1] .. ": " .. header[2]
    end
    if request.body then
      lines[#lines + 1] = "Content-Length: " .. #request.body
    end
    assert(client:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (request.body or "")))
  end

  local function receive(client)
    local lines = {}
    repeat
      local line = assert(client:receive "*l")
      lines[#lines + 1] = line ~= "" and line or nil
    until line == ""
    local status_line, headers = http.parse_head(table.concat(lines, "\n"), "\n")
    local length = tonumber(http.header(headers, "content-length"))
    return {
      status = tonumber(status_line:match "^HTTP/1%.1 (%d+)"),
      headers = headers,
      body = length > 0 and assert(client:receive(length)) or "",
    }
  end

  local function ask(client, request)
    send(client, request)
    return receive(client)
  end

  local function get(target)
    return { method = "GET", target = target }
  end

  it("plays a recording to a signed request, dated by its clock", function()
    server:set_clock(sigv4.parse_date(DATE))
    server:play "initiate_job/success"
    local reply = ask(connect(), request_for(VECTORS[1]))
    assert.equal(202, reply.status)
    assert.equal(92, #http.header(reply.headers, "x-amz-job-id"))
    assert.truthy(http.header(reply.headers, "date"):find "^Fri, 25 May 2012 00:24:5%d GMT$")
    local request = server:requests()[1]
    assert.equal("ok", request.signature)
    assert.equal(DATE, request:header "x-amz-date")
  end)

  it("refuses a request that is signed wrongly, and keeps the reply for the next", function()
    server:set_clock(false)
    server:play { "initiate_job/success", "initiate_job/throttling" }
    local client, wrong = connect(), request_for(VECTORS[1])
    wrong.body = "[]"
    assert.equal(403, ask(client, wrong).status)
    assert.equal(202, ask(client, request_for(VECTORS[1])).status)
    local requests = server:requests()
    assert.equal("the signature does not match", requests[1].signature)
    assert.equal("ok", requests[2].signature)
  end)

  it("checks dates against the true time unless told otherwise", function()
    server:play "initiate_job/success"
    assert.equal(403, ask(connect(), request_for(VECTORS[1])).status)
    assert.equal("X-Amz-Date is more than 5 minutes off", server:requests()[1].signature)
  end)

  it("knows the keys added, with their tokens", function()
    server:set_clock(false)
    server:play "initiate_job/success"
    assert.equal(403, ask(connect(), request_for(VECTORS[2])).status)
    server:add_credentials {
      access_key_id = "AKIDEXAMPLE",
      secret_access_key = KEY,
      session_token = VECTORS[2].token,
    }
    assert.equal(202, ask(connect(), request_for(VECTORS[2])).status)
  end)

  it("keeps connections alive, numbers them, and journals in order", function()
    server:play { status = 200, verify = false }
    local first, second = connect(), connect()
    for index = 1, 1000 do
      assert.equal(200, ask(first, get("/" .. index)).status)
    end
    ask(second, get "/last")
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
    local reply = ask(connect(), {
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
    local client = connect()
    local text = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      .. "5\r\nab\0cd\r\nA;x=1\r\n0123456789\r\n0\r\nT: t\r\n\r\n"
    client:setoption("tcp-nodelay", true)
    for index = 1, #text do
      assert(client:send(text:sub(index, index)))
    end
    assert.equal(200, receive(client).status)
    assert.equal("ab\0cd0123456789", server:requests()[1].body)
  end)

  it("plays by method and path, so many times, and repeats the last", function()
    server:play {
      { status = 201, match = { method = "PUT" }, verify = false, times = 2 },
      { status = 202, match = { path = "^/a$" }, verify = false },
      { status = 203, match = { path = "^/a$" }, verify = false },
      { status = 204, match = { path = "^/b$" }, verify = false, times = 1 },
    }
    local client, seen = connect(), {}
    for _, path in ipairs { "/a?q", "/b", "/a", "/a" } do
      seen[#seen + 1] = ask(client, get(path)).status
    end
    assert.same({ 202, 204, 203, 203 }, seen)
  end)
end)
