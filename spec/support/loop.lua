--- One select loop, and a coroutine for each connection.

local socket = require "socket"

local loop = {}
loop.__index = loop

local Connection = {}
Connection.__index = Connection

--- Waits for bytes; only inside the connection's coroutine.
---@return string? chunk
---@return string? err "closed" where the peer is gone
function Connection:read()
  while true do
    local data, err, partial = self.socket:receive(65536)
    data = data or partial
    if data and data ~= "" then
      return data
    elseif err ~= "timeout" then
      return nil, err
    end
    coroutine.yield "read"
  end
end

--- Sends all of the bytes, waiting where the peer is slow.
---@param bytes string
---@return true?
---@return string? err
function Connection:write(bytes)
  local from = 1
  while from <= #bytes do
    local last, err, partial = self.socket:send(bytes, from)
    from = (last or partial) + 1
    if not last then
      if err ~= "timeout" then
        return nil, err
      end
      coroutine.yield "write"
    end
  end
  return true
end

--- Lets the other connections run for a time.
---@param seconds number
function Connection:sleep(seconds)
  self.deadline = socket.gettime() + seconds
  coroutine.yield "sleep"
end

--- A loop over a port of 127.0.0.1.
---@param port integer 0 lets the system choose
---@param serve fun(connection: table) run in a coroutine for each connection,
--- which is closed when it returns
---@return table? loop
---@return string? err
function loop.new(port, serve)
  local listener, err = socket.bind("127.0.0.1", port, 1024)
  if not listener then
    return nil, err
  end
  listener:settimeout(0)
  return setmetatable({
    listener = listener,
    serve = serve,
    connections = {}, -- by socket
    count = 0,
    active_at = socket.gettime(),
    stopping = false,
  }, loop)
end

---@return string url such as "http://127.0.0.1:40001"
function loop:url()
  local address, port = self.listener:getsockname()
  return ("http://%s:%d"):format(address, tonumber(port))
end

--- Notes that something happened, which puts the idle end off.
function loop:touch()
  self.active_at = socket.gettime()
end

local function close(self, connection)
  connection.socket:close()
  self.connections[connection.socket] = nil
  self.count = self.count - 1
  self:touch()
end

local function resume(self, connection)
  local ok, waits_for = coroutine.resume(connection.thread, connection)
  if not ok then
    io.stderr:write(debug.traceback(connection.thread, tostring(waits_for)), "\n")
  end
  connection.waits_for = waits_for
  if coroutine.status(connection.thread) == "dead" then
    close(self, connection)
  end
end

local function accept_all(self)
  while true do
    local client = self.listener:accept()
    if not client then
      return
    elseif client:getfd() >= socket._SETSIZE then
      client:close() -- select cannot watch it
    else
      client:settimeout(0)
      client:setoption("tcp-nodelay", true)
      local connection = setmetatable({
        socket = client,
        thread = coroutine.create(self.serve),
      }, Connection)
      self.connections[client] = connection
      self.count = self.count + 1
      self:touch()
      resume(self, connection)
    end
  end
end

--- What to watch: sockets to read and to write, sleepers, the nearest deadline.
local function gather(self)
  local readers, writers, sleepers, deadline = { self.listener }, {}, {}, nil
  for client, connection in pairs(self.connections) do
    if connection.waits_for == "read" then
      readers[#readers + 1] = client
    elseif connection.waits_for == "write" then
      writers[#writers + 1] = client
    else
      sleepers[#sleepers + 1] = connection
      deadline = math.min(deadline or connection.deadline, connection.deadline)
    end
  end
  return readers, writers, sleepers, deadline
end

local function step(self, patience)
  local readers, writers, sleepers, deadline = gather(self)
  if patience then
    deadline = math.min(deadline or math.huge, self.active_at + patience)
  end
  local timeout = deadline and math.max(0, deadline - socket.gettime())
  local readable, writable = socket.select(readers, writers, timeout)
  for _, ready in ipairs { readable, writable } do
    for _, client in ipairs(ready) do
      if client == self.listener then
        accept_all(self)
      else
        resume(self, self.connections[client])
      end
    end
  end
  local now = socket.gettime()
  for _, connection in ipairs(sleepers) do
    if connection.deadline <= now then
      resume(self, connection)
    end
  end
end

--- Serves until `stopping` is set, or until there was no connection and no
-- request for a time.
---@param idle number seconds
---@param silent number? seconds without a request that end it though there are
--- connections: of a peer that waits for its end, for example
function loop:run(idle, silent)
  while not self.stopping do
    step(self, self.count == 0 and idle or silent)
    local patience = self.count == 0 and idle or silent
    if patience and socket.gettime() - self.active_at >= patience then
      break
    end
  end
  for client in pairs(self.connections) do
    client:close()
  end
  self.listener:close()
end

return loop
