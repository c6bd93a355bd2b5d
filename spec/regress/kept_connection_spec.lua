-- A retry rode a kept connection again, and was lost again: a request may ask
-- for a fresh one, and a failure tells whether it was lost on a kept one.

local clients = require "spec.support.clients"
local faults = require "spec.support.faults"
local http = require "glacier.core.http"

local at, keep, reset, send = faults.at, faults.keep, faults.reset, faults.send

local OK = at("request", send "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", keep())

local server, engine

setup(function()
  server = faults.start()
end)

teardown(function()
  server:stop()
end)

before_each(function()
  engine = http.engine()
end)

after_each(function()
  engine:close()
end)

local function run(more)
  local request = { method = "POST", url = server.url .. "/", proxy = "", body = "{}" }
  for name, value in pairs(more or {}) do
    request[name] = value
  end
  local transfer = assert(engine:start(request))
  while not transfer:done() do
    assert(engine:wait(5))
  end
  return transfer:response()
end

for name, fault in pairs {
  ["closed"] = at "request",
  ["closed amid the head"] = at("request", send "HTTP/1.1 200 O"),
  ["reset"] = at("request", reset()),
} do
  it("tells that it was lost on a kept connection that was " .. name, function()
    server:play { OK, fault, OK, fault }
    assert.are.equal("ok", run().body)
    local _, failure = run()
    assert.are.same({ "ConnectionClosedError", true }, { failure.code, failure.reused })
    assert.are.equal("ok", run { fresh_connection = true }.body)
    _, failure = run { fresh_connection = true }
    assert.are.same({ "ConnectionClosedError", false }, { failure.code, failure.reused })
  end)
end

it("is a failure of no kept connection where there is none", function()
  local port = faults.refusing_port()
  local _, failure = run { url = port.url }
  port.stop()
  assert.are.same({ "EndpointConnectionError", false }, { failure.code, failure.reused })
end)

it("goes over a fresh connection where that is asked for, by a proxy, too", function()
  for _, more in ipairs { {}, { url = "http://glacier.invalid/", proxy = server.url } } do
    server:play { OK, OK, OK, OK }
    for _, fresh in ipairs { false, true, true, false } do
      more.fresh_connection = fresh
      assert.are.equal("ok", run(more).body)
    end
    assert.are.equal(3, server:journal().connections)
    engine:close()
    engine = http.engine()
  end
end)

it("a GET that is lost on one of several kept connections goes over a fresh one next", function()
  server:play { OK, OK, OK, at "request", OK }
  local transfers = {}
  for i = 1, 3 do
    transfers[i] = assert(engine:start { method = "GET", url = server.url, proxy = "" })
  end
  while engine:active() > 0 do
    assert(engine:wait(5))
  end
  assert.are.equal(3, #transfers)
  assert.are.equal(3, server:journal().connections)
  assert.are.equal("ok", run({ method = "GET", body = "" }).body)
  assert.are.equal(4, server:journal().connections)
  assert.are.equal(5, #server:journal().requests)
end)

it("so does the call itself after a listing that was lost on one", function()
  local function json(status, body)
    return send(("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
      :format(status, #body, body))
  end
  server:play {
    at("request", json("500 No", '{"code":"InternalServerError"}'), keep()),
    at("request", send "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    at("request", json("200 OK", '{"JobList":[]}'), keep()),
    "initiate_job/success",
  }
  local client = clients.new(server, { max_attempts = 3 })
  finally(clients.close_all)
  assert(client:initiate_job { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } })
  local by = {}
  for i, request in ipairs(server:journal().requests) do
    by[i] = ("%s%d"):format(request.method, request.connection)
  end
  assert.are.equal("POST1 GET1 GET2 POST3", table.concat(by, " "))
end)
