--- The vault server: `lua5.4 spec/support/vault_server.lua [--port N] [--idle SECONDS]
-- [--setup FILE]`
--
-- Prints its URL, then plays a vault and the life of its jobs, by the rules of
-- the service; see vault.lua for what it can be told. It ends when told to, or
-- after 120 seconds without a connection and without a request, or 300 of silence.
-- FILE holds a first control in JSON.
--
-- Control, on the same port and never logged, bodies in JSON:
--   POST /__control/set   see `control.set`; its answer has the archives and jobs made
--   GET  /__control/log   the requests seen
--   POST /__control/stop

local ROOT = arg[0]:match("^(.*)spec/support/vault_server%.lua$") or ""
local BUILD = ROOT .. "build/" .. _VERSION:lower():gsub(" ", "")
package.path = ROOT .. "?.lua;" .. ROOT .. "lua/?.lua;" .. BUILD .. "/?.lua;" .. package.path
package.cpath = BUILD .. "/?.so;" .. package.cpath

local cjson = require "cjson"
local faults = require "spec.support.vault_faults"
local http = require "spec.support.http"
local jobs = require "spec.support.vault_jobs"
local loop = require "spec.support.loop"
local mime = require "mime"
local operations = require "spec.support.vault_operations"
local output = require "spec.support.vault_output"
local sigv4 = require "spec.support.sigv4"
local run_control = require "spec.support.control"
local socket = require "socket"

local json = cjson.new()

local CONTROL = "^/__control/(%a+)$"
local IDLE_SECONDS = 120
-- A program that failed keeps its connections while it waits for this one.
local SILENT_SECONDS = 300
local CREDENTIALS = {
  AKIDEXAMPLE = { secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
}

local state = {
  log = {},
  faults = faults.new {},
  clock_offset = 0,
  hash_headers = "aligned",
  verify = false,
  connections = 0,
  requests = 0,
  real_now = socket.gettime,
}

--- The server's clock, which specs can move on; seconds since 1970.
function state.now()
  return socket.gettime() + state.clock_offset
end

local function add_archives(list)
  local added = {}
  for index, given in ipairs(list) do
    if given.base64 then
      given.bytes = mime.unb64(given.base64)
    end
    local archive = state.jobs:add_archive(given)
    added[index] = { id = archive.id, size = archive.size, name = archive.name,
      tree_hash = archive.true_hash, description = archive.description }
  end
  return added
end

local function add_jobs(list)
  local added = {}
  for index, given in ipairs(list) do
    local job, refusal = state.jobs:start(given.vault or "examplevault", given.parameters, given)
    if not job then
      return nil, refusal.message
    end
    added[index] = { id = job.id }
  end
  return added
end

local control = {}

--- Sets whatever is given: `region`, `account`, `vaults` (they forget all that
-- was), `settings` (of the jobs to come, vault_jobs.SETTINGS), `archives`,
-- `inventory` (base64), `jobs`, `change` ({id =, settings of a job that is}),
-- `faults`, `seed`, `advance` (seconds that the clock moves on), `hash_headers`,
-- `verify` (true; "clock": the clock that was moved on is the one that the answers
-- show, and that dates are judged by),
-- `forget` (the log), `send_buffer`.
function control.set(options)
  local result = {}
  if options.region or options.account or options.vaults then
    state.jobs = jobs.new(options, state.now)
  end
  for name, value in pairs(options.settings or {}) do
    state.jobs.settings[name] = value
  end
  if options.inventory ~= nil then
    state.jobs.inventory = options.inventory and mime.unb64(options.inventory)
  end
  result.archives = add_archives(options.archives or {})
  local added, err = add_jobs(options.jobs or {})
  if not added then
    return nil, err
  end
  result.jobs = added
  for _, change in ipairs(options.change or {}) do
    local job = state.jobs.job_of[change.id]
    for name in pairs(jobs.SETTINGS) do
      if job and change[name] ~= nil then
        job[name] = change[name]
      end
    end
  end
  if options.faults then
    state.faults = faults.new(options.faults, options.seed)
  end
  state.clock_offset = state.clock_offset + (options.advance or 0)
  for _, name in ipairs { "hash_headers", "verify", "send_buffer" } do
    if options[name] ~= nil then
      state[name] = options[name]
    end
  end
  if options.forget then
    state.log = {}
  end
  return result
end

function control.log()
  return state.log
end

function control.stop()
  state.loop.stopping = true
  return {}
end

--- The clock that clients see.
local function shown_time()
  return state.verify == "clock" and state.now() or socket.gettime()
end

--- The function that adds to an answer's headers what every answer has, and
-- what a fault changes in them.
local function dresser(fault)
  return function(headers)
    state.requests = state.requests + 1
    local all = {
      { "x-amzn-RequestId", ("VAULT%051d"):format(state.requests) },
      { "Date", os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(shown_time())) },
    }
    local changed = fault.headers or {}
    for _, header in ipairs(headers) do
      if changed[header[1]] == nil then
        all[#all + 1] = header
      end
    end
    for name, value in pairs(changed) do
      if value then
        all[#all + 1] = { name, value }
      end
    end
    return all
  end
end

local function record(connection, request)
  local entry = {
    operation = request.operation, method = request.method, target = request.target,
    vault = request.vault, range = http.header(request.headers, "range"), job = request.job_id,
    first = request.first, last = request.last, connection = connection.number,
    time = socket.gettime(), sent = 0, body = request.body,
  }
  state.log[#state.log + 1] = entry
  return entry
end

--- The answer that a fault gives instead of the operation's.
local function faulty_answer(fault)
  if not fault.status then
    return nil
  elseif fault.body then
    return { status = fault.status, headers = {}, body = fault.body }
  end
  return operations.failure(fault.status, fault.code or "InternalFailure",
    fault.message or "A fault on purpose.")
end

--- Whether a request's signature is as the service wants it, where it is asked.
local function refused(request)
  if state.verify then
    local ok, reason = sigv4.verify(request, CREDENTIALS, { now = shown_time() })
    return not ok and operations.failure(403, "InvalidSignatureException", reason)
  end
end

--- Chooses the answer, or the job whose output is to be sent.
local function decide(request, fault)
  local reply = refused(request) or faulty_answer(fault)
  local job
  if not reply and not request.operation then
    reply = operations.failure(501, "UnknownOperationException", request.target)
  end
  if not reply and request.operation == "GetJobOutput" then
    job, reply = operations.output_job(state, request)
  end
  return reply or not job and operations.answer(state, request, fault), job
end

local function respond(connection, request, fault, entry)
  local dress = dresser(fault)
  local reply, job = decide(request, fault)
  local plan, refusal
  if job then
    plan, refusal = output.plan(state, job, request, fault)
    if plan then
      return output.send(state, connection, job, plan, fault, entry, dress)
    end
    reply = operations.failure(refusal.status, refusal.code, refusal.message)
  end
  entry.status, entry.job = reply.status, request.job_id
  if fault.lost then
    entry.ended = "lost"
    return false
  end
  if fault.broken then
    reply = operations.failure(fault.broken, "InternalFailure", "it was done all the same")
    entry.status = reply.status
  end
  reply.headers = dress(reply.headers)
  return connection:write(http.render(reply, { method = request.method })) and true or false
end

local function handle(connection, request)
  operations.recognize(request)
  request.first, request.last = output.parse_range(http.header(request.headers, "range"))
  local entry = record(connection, request)
  local fault = state.faults:take(request)
  entry.faults = fault.rules[1] and fault.rules or nil
  if fault.delay then
    connection:sleep(fault.delay)
  end
  if fault.close then
    entry.ended = "closed"
    return false
  end
  return respond(connection, request, fault, entry) and http.keeps_alive(request)
end

local function serve(connection)
  local reader = http.reader(connection)
  state.connections = state.connections + 1
  connection.number = state.connections
  if state.send_buffer then
    connection.socket:setoption("send-buffer-size", state.send_buffer)
  end
  local keep = true
  while keep do
    local request = http.read_request(reader)
    if not request then
      return
    end
    state.loop:touch()
    local verb = request.target:match(CONTROL)
    if verb then
      keep = connection:write(http.render(run_control(control, verb, request), {}))
    else
      keep = handle(connection, request)
    end
  end
end

local function fail(message)
  io.stderr:write(message, "\n")
  os.exit(1)
end

local function parse_arguments(arguments)
  local options = { port = 0, idle = IDLE_SECONDS }
  for index = 1, #arguments, 2 do
    local name, value = arguments[index]:match "^%-%-(%a+)$", arguments[index + 1]
    if not name or not value or options[name] == nil and name ~= "setup" then
      fail "usage: vault_server.lua [--port N] [--idle SECONDS] [--setup FILE]"
    end
    options[name] = name == "setup" and value or tonumber(value)
  end
  return options
end

local function main()
  local options = parse_arguments(arg)
  local err
  state.jobs = jobs.new({}, state.now)
  if options.setup then
    local file = assert(io.open(options.setup))
    assert(control.set(json.decode(file:read "*a")))
    file:close()
  end
  state.loop, err = loop.new(options.port, serve)
  if not state.loop then
    fail(err)
  end
  print(state.loop:url())
  io.stdout:flush()
  state.loop:run(options.idle, SILENT_SECONDS)
end

main()
