-- A field of a response named "HTTP/..." made all fields before it vanish. More
-- fields than the signer takes were called a response that is too large.

local faults = require "spec.support.faults"
local http = require "glacier.core.http"
local sigv4 = require "glacier.core.sigv4"

local server, engine

setup(function()
  server = faults.start()
  engine = http.engine()
end)

teardown(function()
  engine:close()
  server:stop()
end)

local function get(head)
  server:play { faults.at("request", faults.send(head .. "Content-Length: 2\r\n\r\nok")) }
  local transfer = assert(engine:start { method = "GET", url = server.url, proxy = "" })
  while not transfer:done() do
    assert(engine:wait(5))
  end
  return assert(transfer:response())
end

for _, field in ipairs { "HTTP/1.1: 1", "HTTP/2: 1", "HTTP/: 1", "http/1.1: 1", "HTTP/1.1 200 OK: 1" } do
  it("a field called '" .. field .. "' hides none of the others", function()
    local response = get("HTTP/1.1 100 Continue\r\nX-Old: 1\r\n\r\nHTTP/1.1 202 Accepted\r\n" ..
      "x-amz-job-id: J\r\n" .. field .. "\r\nX-B: 2\r\n")
    assert.are.equal("J", response.headers["x-amz-job-id"])
    assert.are.equal("2", response.headers["x-b"])
    assert.are.equal("1", response.headers[field:match("^[^:]*"):lower()])
    assert.is_nil(response.headers["x-old"])
    assert.are.same({ 202, "Accepted", "ok" }, { response.status, response.reason, response.body })
  end)
end

it("a response may have many fields", function()
  local lines = {}
  for i = 1, 1000 do
    lines[i] = ("X-%d: %d\r\n"):format(i, i)
  end
  local response = get("HTTP/1.1 200 OK\r\n" .. table.concat(lines))
  assert.are.equal("129", response.headers["x-129"])
  assert.are.equal("1000", response.headers["x-1000"])
end)

local function sign(more)
  local request = {
    method = "POST", path = "/", query = "", headers = { "Host", "h" }, body = "", time = 1e9,
    region = "us-west-2", service = "glacier",
    credentials = sigv4.credentials("AKID", "secret"),
  }
  for name, value in pairs(more) do
    request[name] = value
  end
  local _, failure = sigv4.signer():sign(request)
  return failure
end

it("more fields or parameters than can be signed are the caller's error", function()
  local headers, query = {}, {}
  for i = 1, 129 do
    headers[2 * i - 1], headers[2 * i] = "X-" .. i, "v"
    query[i] = "q" .. i .. "=v"
  end
  for _, more in ipairs { { headers = headers }, { query = table.concat(query, "&") } } do
    local failure = sign(more)
    assert.are.same({ "config", "InvalidConfigError" }, { failure.kind, failure.code })
    assert.is_truthy(failure.message:find("128", 1, true), failure.message)
  end
end)

it("so is a URL or a field that is too long to send", function()
  for _, more in ipairs {
    { url = server.url .. "/" .. ("x"):rep(100000) },
    { headers = { "X-Long", ("x"):rep(300000) } },
  } do
    local request = { method = "GET", url = server.url, proxy = "" }
    for name, value in pairs(more) do
      request[name] = value
    end
    local transfer, failure = engine:start(request)
    assert.is_nil(transfer)
    assert.are.same({ "config", "InvalidConfigError" }, { failure.kind, failure.code })
  end
end)
