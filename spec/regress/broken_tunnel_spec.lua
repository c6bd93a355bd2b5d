-- A proxy that did not answer CONNECT as it should looked like an endpoint
-- that failed, and a proxy that refuses connections did so with http, too.

local clients = require "spec.support.clients"
local faults = require "spec.support.faults"
local glacier = require "glacier"

local at, pause, reset, send, stall =
  faults.at, faults.pause, faults.reset, faults.send, faults.stall

local server

setup(function()
  server = faults.start()
end)

teardown(function()
  server:stop()
end)

-- The error of a call by this proxy; nothing of the call was sent.
local function failure(url, proxy)
  local client = assert(glacier.client {
    region = "us-west-2", endpoint_url = url, credentials = clients.CREDENTIALS,
    max_attempts = 1, connect_timeout = 0.2,
    proxy = (proxy:gsub("//", "//me:s3cr3t@")),
  })
  local response, err = client:initiate_job { vaultName = "v" }
  client:close()
  assert.is_nil(response)
  assert.is_false(err.sent)
  assert.is_nil(tostring(err):find("s3cr3t", 1, true))
  return err
end

local function is_proxys(err, proxy)
  assert.are.same({ "network", "ProxyConnectionError", true },
    { err.kind, err.code, err.retryable })
  assert.are.equal('Failed to connect to proxy URL: "' .. proxy .. '"',
    tostring(err):match '^[^"]*"[^"]*"')
end

for name, fault in pairs {
  ["is closed at once"] = at "accept",
  ["is reset at once"] = at("accept", pause(0.02), reset()),
  ["is closed"] = at "head",
  ["is reset"] = at("head", reset()),
  ["gets half a status line"] = at("head", send "HTTP/1.1 2"),
  ["gets half a head"] = at("head", send "HTTP/1.1 200 OK\r\nX: "),
  ["gets half a head, then is reset"] =
    at("head", send "HTTP/1.1 200 OK\r\nX: ", pause(0.02), reset()),
  ["gets what is no HTTP"] = at("head", send "220 mail.example ready\r\n\r\n"),
  ["is denied"] = at("head", send "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
} do
  it("CONNECT that " .. name .. " is the proxy's failure", function()
    server:play { fault }
    is_proxys(failure("https://glacier.invalid", server.url), server.url)
  end)
end

for name, fault in pairs {
  ["without an answer"] = at("head", stall()),
  ["amid an answer"] = at("head", send "HTTP/1.1 200 OK\r\nX: 1\r\n", stall()),
} do
  it("CONNECT that stalls " .. name .. " is a time-out at the proxy", function()
    server:play { fault }
    local err = failure("https://glacier.invalid", server.url)
    assert.are.same({ "timeout", "ConnectTimeoutError" }, { err.kind, err.code })
    assert.are.equal('Connect timeout on proxy URL: "' .. server.url .. '"',
      tostring(err):match '^[^"]*"[^"]*"')
  end)
end

it("a tunnel that stalls once it stands is the endpoint's time-out", function()
  server:play { at("head", send "HTTP/1.1 200 OK\r\n\r\n", stall()) }
  local err = failure("https://glacier.invalid", server.url)
  assert.are.equal("ConnectTimeoutError", err.code)
  assert.are.equal('Connect timeout on endpoint URL: "https://glacier.invalid/-/vaults/v/jobs"',
    tostring(err):match '^[^"]*"[^"]*"')
end)

for _, scheme in ipairs { "http", "https" } do
  it("a proxy that refuses connections is told from the endpoint: " .. scheme, function()
    local port = faults.refusing_port()
    is_proxys(failure(scheme .. "://glacier.invalid", port.url), port.url)
    port.stop()
  end)

  it("a proxy without an address is told from the endpoint: " .. scheme, function()
    -- A label of 64 letters is no name: no server need be asked.
    local nowhere = "http://" .. ("a"):rep(64) .. ".example:1"
    is_proxys(failure(scheme .. "://glacier.invalid", nowhere), nowhere)
  end)
end
