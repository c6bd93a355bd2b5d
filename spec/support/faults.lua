--- The fault server as specs use it:
--
--     local server = faults.start()
--     server:play{ faults.at("head", faults.reset()), "initiate_job/success" }
--     ... requests to server.url ...
--     server:journal().requests[1]:header "x-amz-date"
--     server:stop()
--
-- and ports that do not accept. What entries and steps mean stands in
-- fault_script.lua. A failure here is one of the spec's own machinery, so it
-- raises.

local cjson = require "cjson"
local http = require "spec.support.http"
local lfs = require "lfs"
local mime = require "mime"
local plain_client = require "spec.support.client"
local socket = require "socket"
local quote = require "spec.support.quote"
local start_server = require "spec.support.start_server"

local faults = {}

local json = cjson.new()

local CONTROLLER = "127.0.0.2"

for _, name in ipairs {
  "send", "drip", "endless", "pause", "stall", "drain", "shutdown", "reset", "keep",
} do
  --- A step, with its arguments.
  faults[name] = function(...)
    return { name, ... }
  end
end

--- An entry: what is done at a place, step by step.
---@param place "accept"|"head"|"body"|"request"
function faults.at(place, ...)
  return { at = place, steps = { ... } }
end

--- The same entry several times.
---@return table[]
function faults.times(count, entry)
  local list = {}
  for index = 1, count do
    list[index] = entry
  end
  return list
end

local Request = {}
Request.__index = Request

--- A header's value by its lower-case name.
function Request:header(name)
  return http.header(self.headers, name)
end

local Server = {}
Server.__index = Server

local function control(server, verb, value)
  local link = socket.connect("127.0.0.1", tonumber(server.url:match "%d+$"), CONTROLLER)
  if not link then
    error("the fault server is gone", 3)
  end
  link:settimeout(10)
  link:setoption("tcp-nodelay", true)
  local reply = setmetatable({ socket = link }, plain_client):ask {
    method = value and "POST" or "GET",
    target = "/" .. verb,
    body = value and json.encode(value),
  }
  link:close()
  if reply.status ~= 200 then
    error(("fault server, %s: %s"):format(verb, reply.body), 3)
  end
  return json.decode(reply.body)
end

--- Sets what is done to the next connections and requests, and forgets the
-- journal.
---@param entries (string|table)[]
function Server:play(entries)
  control(self, "script", { entries = entries })
end

--- What came since the last `play`: connections and handshakes, as numbers;
-- failures, as texts; requests, each with method, target, headers, body (what
-- came of it, to 64 KiB), connection, signature, time.
function Server:journal()
  local journal = control(self, "journal")
  for _, request in ipairs(journal.requests) do
    request.body = mime.unb64(request.body) or ""
    setmetatable(request, Request)
  end
  return journal
end

--- Ends the server and waits for its end; a second call does nothing.
function Server:stop()
  if self.pipe then
    control(self, "stop", {})
    self.pipe:close()
    self.pipe = nil
  end
end

--- Starts a fault server.
---@param tls { certificate: string, key: string, protocol: string? }? paths of
--- PEM files, and the one version to speak: "tlsv1", "tlsv1_1", "tlsv1_2"
---@return table server with `url`
function faults.start(tls)
  local arguments = {}
  for name, value in pairs(tls or {}) do
    arguments[#arguments + 1] = "--" .. name .. " " .. quote(value)
  end
  local pipe, url = start_server("fault_server.lua", arguments)
  return setmetatable({ url = url, pipe = pipe }, Server)
end

local function bound()
  local listener = assert(socket.tcp())
  assert(listener:bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  return listener, { url = "http://127.0.0.1:" .. port }
end

--- A port that refuses: it is taken, and nobody listens.
---@return table port with `url` and `stop`
function faults.refusing_port()
  local listener, port = bound()
  function port.stop()
    listener:close()
  end
  return port
end

--- A port that does not answer: its queue of connections is full, so the
-- system drops what else would connect.
---@return table port with `url` and `stop`
function faults.silent_port()
  local listener, port = bound()
  assert(listener:listen(0))
  local held = { listener }
  for _ = 1, 4 do
    local filler = assert(socket.tcp())
    filler:settimeout(0)
    filler:connect("127.0.0.1", tonumber(port.url:match "%d+$"))
    held[#held + 1] = filler
  end
  function port.stop()
    for _, each in ipairs(held) do
      each:close()
    end
  end
  return port
end

--- How many descriptors this process has open.
---@return integer
function faults.descriptors()
  local count = 0
  for _ in lfs.dir "/proc/self/fd" do
    count = count + 1
  end
  return count
end

return faults
