--- The replay server: `lua5.4 spec/support/server.lua [--port N] [--idle SECONDS] [--play NAME]...`
--
-- Prints its URL, answers requests with recordings and inline replies, checks
-- their signatures and keeps a journal of them. `--play` plays the recordings
-- named, in order, from the start, for ever. It ends when told to, or after
-- 120 seconds without a connection and without a request.
--
-- Control, on the same port and never journaled, bodies in JSON:
--   POST /__control/play         {entries = [...], repeat_last =, loop =}
--   POST /__control/credentials  {access_key_id =, secret_access_key =, session_token =}
--   POST /__control/clock        {now = seconds since 1970 | false}; {} is the true time again
--   GET  /__control/journal      [{method, target, headers, body, connection, signature, time}...]
--                                with the bodies in base64
--   POST /__control/reset        forgets journal and play list
--   POST /__control/stop

local ROOT = arg[0]:match("^(.*)spec/support/server%.lua$") or ""
local BUILD = ROOT .. "build/" .. _VERSION:lower():gsub(" ", "")
package.path = ROOT .. "?.lua;" .. ROOT .. "lua/?.lua;" .. BUILD .. "/?.lua;" .. package.path
package.cpath = BUILD .. "/?.so;" .. package.cpath

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local mime = require "mime"
local player = require "spec.support.player"
local sigv4 = require "spec.support.sigv4"
local run_control = require "spec.support.control"
local socket = require "socket"

local CONTROL = "^/__control/(%a+)$"
local IDLE_SECONDS = 120
local NOTHING_TO_PLAY = {
  status = 501,
  headers = { { "Content-Type", "text/plain" } },
  body = "The play list has no reply for this request.",
}

local state = {
  credentials = {
    AKIDEXAMPLE = { secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  },
  journal = {},
  player = player.new {},
  refusal = assert(player.resolve "initiate_job/invalid_signature"),
  clock_offset = 0,
  checks_dates = true,
  connections = 0,
}

--- The server's clock, which specs can set; seconds since 1970.
local function now()
  return socket.gettime() + state.clock_offset
end

local control = {}

function control.play(options)
  local list, err = player.new(options.entries or {}, options)
  if not list then
    return nil, err
  end
  state.player = list
  return {}
end

function control.credentials(key)
  if type(key.access_key_id) ~= "string" or type(key.secret_access_key) ~= "string" then
    return nil, "access_key_id and secret_access_key are required"
  end
  state.credentials[key.access_key_id] = {
    secret_access_key = key.secret_access_key,
    session_token = key.session_token,
  }
  return {}
end

function control.clock(options)
  state.checks_dates = options.now ~= false
  state.clock_offset = options.now and options.now - socket.gettime() or 0
  return {}
end

function control.journal()
  return state.journal
end

function control.reset()
  state.journal = {}
  state.player = player.new {}
  return {}
end

function control.stop()
  state.loop.stopping = true
  return {}
end

--- Whether a request is signed as it must be.
---@return string verdict "ok", "unchecked", or the reason
local function check_signature(request, wanted)
  if wanted == false then
    return "unchecked"
  end
  local options = type(wanted) == "table" and wanted or {}
  local ok, reason = sigv4.verify(request, state.credentials, {
    service = options.service,
    region = options.region,
    now = state.checks_dates and now(),
  })
  return ok and "ok" or reason
end

local function record(connection, request, verdict)
  if not connection.number then
    state.connections = state.connections + 1
    connection.number = state.connections
  end
  state.journal[#state.journal + 1] = {
    method = request.method,
    target = request.target,
    headers = request.headers,
    body = mime.b64(request.body) or "",
    connection = connection.number,
    signature = verdict,
    time = socket.gettime(),
  }
end

--- Chooses the reply to a request and notes the request in the journal.
local function choose(connection, request)
  local entry = state.player:find(request.method, request.target)
  local verdict = check_signature(request, entry and entry.verify)
  record(connection, request, verdict)
  if verdict ~= "ok" and verdict ~= "unchecked" then
    return state.refusal
  elseif not entry then
    return NOTHING_TO_PLAY
  end
  state.player:use(entry)
  return entry
end

--- A recording's reply gets the server's date.
local function dated(reply)
  local copy = { status = reply.status, reason = reply.reason, body = reply.body }
  copy.headers = { { "Date", os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(now())) } }
  for _, header in ipairs(reply.headers) do
    copy.headers[#copy.headers + 1] = header
  end
  return copy
end

--- Sends a reply.
---@return boolean keep whether the connection may serve another request
local function send(connection, request, reply)
  if reply.delay then
    connection:sleep(reply.delay)
  end
  if reply.raw then
    connection:write(reply.raw)
    return false
  end
  local close = reply.close or not http.keeps_alive(request)
  local message = reply.dated and dated(reply) or reply
  local bytes = http.render(message, { method = request.method, close = close })
  return connection:write(bytes) and not close
end

local function serve(connection)
  local reader = http.reader(connection)
  local keep = true
  while keep do
    local request, err = http.read_request(reader)
    if not request then
      if err ~= "closed" then
        local reply = { status = 400, body = tostring(err) }
        connection:write(http.render(reply, { close = true }))
      end
      return
    end
    state.loop:touch()
    local verb = request.target:match(CONTROL)
    local reply = verb and run_control(control, verb, request) or choose(connection, request)
    keep = send(connection, request, reply)
  end
end

local function parse_arguments(arguments)
  local options = { port = 0, idle = IDLE_SECONDS, play = {} }
  local index = 1
  while arguments[index] do
    local name, value = arguments[index], arguments[index + 1]
    if name == "--play" and value then
      options.play[#options.play + 1] = value
    elseif (name == "--port" or name == "--idle") and tonumber(value) then
      options[name:sub(3)] = tonumber(value)
    else
      return nil, "usage: server.lua [--port N] [--idle SECONDS] [--play NAME]..."
    end
    index = index + 2
  end
  return options
end

local function fail(message)
  io.stderr:write(message, "\n")
  os.exit(1)
end

local function main()
  local options, err = parse_arguments(arg)
  if not options then
    fail(err)
  end
  state.player, err = player.new(options.play, { loop = true })
  if not state.player then
    fail(err)
  end
  state.loop, err = loop.new(options.port, serve)
  if not state.loop then
    fail(err)
  end
  print(state.loop:url())
  io.stdout:flush()
  state.loop:run(options.idle)
end

main()
