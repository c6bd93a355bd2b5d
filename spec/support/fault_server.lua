--- The fault server: `lua5.4 spec/support/fault_server.lua [--idle SECONDS]
-- [--certificate PEM --key PEM [--protocol NAME]]`
--
-- Prints its URL, then does to each connection and request what its script
-- says, and keeps a journal. With a certificate it speaks TLS, of the one
-- version named or of any from 1.2. It ends when told to, or after 60 seconds
-- without a connection.
--
-- Control is a connection from 127.0.0.2, which no client under test uses:
-- so the script has all others to itself, TLS or not. Bodies in JSON:
--   POST /script   {entries = [...]}, see fault_script.lua
--   GET  /journal  {connections =, handshakes =, failures = [...], requests = [...]}
--   POST /stop

local ROOT = arg[0]:match("^(.*)spec/support/fault_server%.lua$") or ""
local BUILD = ROOT .. "build/" .. _VERSION:lower():gsub(" ", "")
package.path = ROOT .. "?.lua;" .. package.path
package.cpath = BUILD .. "/?.so;" .. package.cpath

local cjson = require "cjson"
local fault_script = require "spec.support.fault_script"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local mime = require "mime"
local sigv4 = require "spec.support.sigv4"
local socket = require "socket"
local tls_stream = require "spec.support.tls_stream"

local json = cjson.new()

local CONTROLLER = "127.0.0.2"
local IDLE_SECONDS = 60
-- What has arrived on other connections is looked at before the journal is.
local SETTLING_SECONDS = 0.005
-- Of a body, what the journal keeps.
local KEPT_BYTES = 64 * 1024
local CREDENTIALS = {
  AKIDEXAMPLE = { secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
}

local state = { script = fault_script.new {} }

local function new_journal()
  return { connections = 0, handshakes = 0, failures = {}, requests = {} }
end

local control = {}

function control.script(connection, options)
  connection:sleep(SETTLING_SECONDS)
  local script, err = fault_script.new(options.entries)
  if not script then
    return nil, err
  end
  state.script = script
  state.journal = new_journal()
  return {}
end

function control.journal(connection)
  connection:sleep(SETTLING_SECONDS)
  return state.journal
end

function control.stop()
  state.loop.stopping = true
  return {}
end

local function serve_control(connection)
  local reader = http.reader(connection)
  local request = http.read_request(reader)
  while request do
    local verb = request.target:sub(2)
    local options = request.body ~= "" and json.decode(request.body) or {}
    local result, err = control[verb](connection, options)
    connection:write(http.render({
      status = result and 200 or 400,
      body = json.encode(result or { message = err }),
    }, {}))
    request = http.read_request(reader)
  end
end

--- Notes what has come of a request, whole or not.
local function record(request, number)
  local whole = not request.cut
  local ok, reason
  if whole then
    ok, reason = sigv4.verify(request, CREDENTIALS, { now = socket.gettime() })
  end
  local requests = state.journal.requests
  requests[#requests + 1] = {
    method = request.method,
    target = request.target,
    headers = request.headers,
    body = mime.b64(request.body:sub(1, KEPT_BYTES)) or "",
    connection = number,
    signature = ok and "ok" or whole and reason or "unchecked",
    time = socket.gettime(),
  }
end

--- What a connection is read from and written to: itself, or TLS on it.
local function open_stream(connection)
  if not state.tls then
    return connection
  end
  local stream, err = tls_stream.new(connection, state.tls)
  local journal = state.journal
  if stream then
    journal.handshakes = journal.handshakes + 1
  else
    journal.failures[#journal.failures + 1] = err
  end
  return stream
end

--- Serves requests until one of them ends the connection.
local function serve_requests(connection, stream, number)
  local source = fault_script.source(stream)
  while source:wait() do
    local entry = state.script:take "request"
    local request, err = fault_script.receive(source, entry)
    if not request then
      state.journal.failures[#state.journal.failures + 1] = err
      return
    end
    record(request, number)
    if not fault_script.act(connection, stream, entry, request) then
      return
    end
  end
end

local function serve(connection)
  state.loop:touch()
  if connection.socket:getpeername() == CONTROLLER then
    return serve_control(connection)
  end
  local journal = state.journal
  journal.connections = journal.connections + 1
  local number = journal.connections
  local entry = state.script:take "accept"
  if entry and not fault_script.act(connection, connection, entry) then
    return
  end
  local stream = open_stream(connection)
  if stream then
    serve_requests(connection, stream, number)
    if stream ~= connection then
      stream:close()
    end
  end
end

local function fail(message)
  io.stderr:write(message, "\n")
  os.exit(1)
end

local function parse_arguments(arguments)
  local options = { idle = IDLE_SECONDS }
  for index = 1, #arguments, 2 do
    local name, value = arguments[index]:match "^%-%-(%a+)$", arguments[index + 1]
    if not name or not value then
      fail "usage: fault_server.lua [--idle N] [--certificate PEM --key PEM [--protocol NAME]]"
    end
    options[name] = tonumber(value) or value
  end
  return options
end

local function main()
  local options = parse_arguments(arg)
  local err
  state.journal = new_journal()
  if options.certificate then
    state.tls, err = tls_stream.context(options)
    if not state.tls then
      fail(err)
    end
  end
  state.loop, err = loop.new(0, serve)
  if not state.loop then
    fail(err)
  end
  print((state.loop:url():gsub("^http", state.tls and "https" or "http")))
  io.stdout:flush()
  state.loop:run(options.idle)
end

main()
