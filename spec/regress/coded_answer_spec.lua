-- An answer that came gzipped, though identity was asked for, could not be
-- read: errors lost their code, and a list of jobs that was lost cost a job.

local clients = require "spec.support.clients"
local faults = require "spec.support.faults"
local http = require "glacier.core.http"
local shell = require "spec.support.shell"

local ERROR = '{"code":"ResourceNotFoundException","message":"Vault not found","type":"Client"}'

local server, folder

setup(function()
  server = faults.start()
  folder = shell.folder()
end)

teardown(function()
  server:stop()
  shell.remove(folder)
end)

after_each(clients.close_all)

local function gzip(text)
  local file = assert(io.open(folder .. "/text", "wb"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen(("gzip -nc %s/text"):format(shell.quote(folder)), "r"))
  local coded = pipe:read "*a"
  pipe:close()
  return coded
end

-- The raw data of RFC 1951 inside a file of RFC 1952 without a name.
local function deflate(text)
  return gzip(text):sub(11, -9)
end

local function answer(status, coding, body)
  return faults.at("request", faults.send("HTTP/1.1 " .. status .. "\r\n" ..
    (coding and "Content-Encoding: " .. coding .. "\r\n" or "") ..
    "Content-Length: " .. #body .. "\r\n\r\n" .. body))
end

local function get(entry, more)
  server:play { entry }
  local engine = http.engine()
  local request = {
    method = "GET", url = server.url, proxy = "", headers = { "Accept-Encoding", "identity" },
  }
  for name, value in pairs(more or {}) do
    request[name] = value
  end
  local transfer = assert(engine:start(request))
  while not transfer:done() do
    assert(engine:wait(5))
  end
  local response, failure = transfer:response()
  engine:close()
  return response, failure
end

it("a gzipped error keeps its code", function()
  server:play { answer("404 Not Found", "gzip", gzip(ERROR)) }
  local response, err = clients.new(server):initiate_job { vaultName = "v" }
  assert.is_nil(response)
  assert.are.same({ "ResourceNotFoundException", "Vault not found" }, { err.code, err.message })
  local request = server:journal().requests[1]
  assert.are.equal("identity", request:header "accept-encoding")
end)

for coding, code in pairs {
  gzip = gzip, ["X-GZip"] = gzip, deflate = deflate, identity = tostring,
  ["gzip, gzip"] = function(text) return gzip(gzip(text)) end,
} do
  it("a body in " .. coding .. " is decoded", function()
    assert.are.equal(ERROR, get(answer("200 OK", coding, code(ERROR))).body)
  end)
end

it("a coding that is none leaves the body as it is", function()
  for _, coding in ipairs { "utf-8", "none of yours", "UTF-8, binary" } do
    assert.are.equal(ERROR, get(answer("200 OK", coding, ERROR)).body)
  end
end)

it("a body is not decoded where that is not wanted, or where there is none", function()
  local coded = gzip(ERROR)
  assert.are.equal(coded, get(answer("206 Partial Content", "gzip", coded),
    { raw_body = true }).body)
  assert.are.equal("", get(answer("200 OK", "gzip", "")).body)
  assert.are.equal(200, get(answer("200 OK", "gzip", ""), { method = "HEAD" }).status)
end)

it("what is not what its coding says is an error that says so", function()
  for _, body in ipairs { "no gzip at all", gzip(ERROR) .. "more" } do
    local response, failure = get(answer("200 OK", "gzip", body))
    assert.is_nil(response)
    assert.are.equal("protocol", failure.kind)
    assert.is_truthy(failure.message:find("Content-Encoding", 1, true), failure.message)
  end
end)

it("a body is bounded by what it decodes to", function()
  local bomb = gzip(("0"):rep(8 * 1024 * 1024))
  assert.is_true(#bomb < 20000)
  local response, failure = get(answer("200 OK", "gzip", bomb), { max_body_bytes = 1024 * 1024 })
  assert.is_nil(response)
  assert.are.same({ "protocol", "ResponseTooLargeError" }, { failure.kind, failure.code })
  assert.are.equal(8 * 1024 * 1024, #get(answer("200 OK", "gzip", bomb)).body)
end)

it("a request without the header asks for nothing by itself", function()
  get(answer("200 OK", nil, "x"), { headers = {} })
  assert.is_nil(server:journal().requests[1]:header "accept-encoding")
end)
