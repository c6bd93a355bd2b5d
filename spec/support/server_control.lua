--- The control path of the specs' own servers, as seen by a spec: what
-- control.lua answers, asked.

local cjson = require "cjson"
local ltn12 = require "ltn12"
local socket_http = require "socket.http"

local json = cjson.new()

local server_control = {}

--- Asks a server for something on its control path.
---@param server table  with url
---@param verb string
---@param value table?  the options; nil: a GET
---@return table answer
function server_control.ask(server, verb, value)
  local chunks = {}
  local body = value and json.encode(value)
  local ok, status = socket_http.request {
    url = server.url .. "/__control/" .. verb,
    method = body and "POST" or "GET",
    headers = { ["content-length"] = body and #body or nil },
    source = body and ltn12.source.string(body),
    sink = ltn12.sink.table(chunks),
  }
  local text = table.concat(chunks)
  if not ok or status ~= 200 then
    error(("%s, %s: %s %s"):format(server.url, verb, tostring(status), text), 3)
  end
  return json.decode(text)
end

--- Ends a server and waits for its end; a second call does nothing.
---@param server table  with url and pipe
function server_control.stop(server)
  if server.pipe then
    server_control.ask(server, "stop", {})
    server.pipe:close()
    server.pipe = nil
  end
end

return server_control
