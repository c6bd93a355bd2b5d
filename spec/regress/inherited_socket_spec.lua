-- Children that the host started held libcurl's sockets open: a connection did
-- not end while a program of io.popen ran.

local clients = require "spec.support.clients"
local endpoint = require "spec.support.endpoint"
local http = require "glacier.core.http"

local server

setup(function()
  server = endpoint.start()
end)

teardown(function()
  server:stop()
end)

after_each(clients.close_all)

-- What a child of this process has open that is a socket.
local function sockets_of_child()
  local pipe = assert(io.popen("ls -l /proc/self/fd | grep -c 'socket:' ; true", "r"))
  local count = tonumber(pipe:read "*l")
  pipe:close()
  return count
end

it("a child inherits no socket of an engine, of a connection, or of a request on its way", function()
  local before = sockets_of_child() -- the runner's own, if it has any
  local engine = http.engine()
  assert.are.equal(before, sockets_of_child())
  local transfer = assert(engine:start { method = "GET", url = server.url .. "/", proxy = "" })
  engine:step()
  assert.are.equal(before, sockets_of_child())
  while not transfer:done() do
    assert(engine:wait(5))
  end
  assert.are.equal(before, sockets_of_child())
  server:play { "initiate_job/success" }
  local client = clients.new(server)
  assert(client:initiate_job { vaultName = "examplevault" })
  assert.are.equal(before, sockets_of_child())
  engine:close()
end)
