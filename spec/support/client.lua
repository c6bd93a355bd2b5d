--- A plain HTTP client over a socket, for specs that must see every byte.

local http = require "spec.support.http"
local socket = require "socket"

local client = {}
client.__index = client

local TIMEOUT = 10

--- Connects to a server of this machine.
---@param url string such as "http://127.0.0.1:40001"
---@return table client with `socket`
function client.connect(url)
  local connected = assert(socket.connect("127.0.0.1", tonumber(url:match "%d+$")))
  connected:settimeout(TIMEOUT)
  connected:setoption("tcp-nodelay", true)
  return setmetatable({ socket = connected }, client)
end

--- Sends a request; Content-Length is added where there is a body.
---@param request { method: string, target: string, headers: Header[]?, body: string? }
function client:send(request)
  local lines = { request.method .. " " .. request.target .. " HTTP/1.1" }
  for _, header in ipairs(request.headers or {}) do
    lines[#lines + 1] = header[1] .. ": " .. header[2]
  end
  if request.body then
    lines[#lines + 1] = "Content-Length: " .. #request.body
  end
  local head = table.concat(lines, "\r\n") .. "\r\n\r\n"
  assert(self.socket:send(head .. (request.body or "")))
end

--- Receives a response that says its length.
---@return { status: integer, headers: Header[], body: string }
function client:receive()
  local lines = {}
  repeat
    local line = assert(self.socket:receive "*l")
    lines[#lines + 1] = line ~= "" and line or nil
  until line == ""
  local status_line, headers = http.parse_head(table.concat(lines, "\n"), "\n")
  local length = tonumber(http.header(headers, "content-length") or 0)
  return {
    status = tonumber(status_line:match "^HTTP/1%.1 (%d+)"),
    headers = headers,
    body = length > 0 and assert(self.socket:receive(length)) or "",
  }
end

--- Sends a request and receives its response.
function client:ask(request)
  self:send(request)
  return self:receive()
end

--- Receives all that comes until the server closes the connection.
---@return string
function client:drain()
  local all, err, partial = self.socket:receive "*a"
  return all or err == "closed" and partial or error(err)
end

function client:close()
  self.socket:close()
end

return client
