--- What the fault server does, entry by entry.
--
-- An entry is a recording's name, a reply (see PlayEntry of player.lua), or
-- {at = PLACE, steps = {...}}. Each request uses up the first entry; one "at
-- accept" waits for a new connection instead. Once there are no more, jobs
-- are started: initiate_job/success answers.
--
-- A place: "accept", before anything is read; "head", once the request's head
-- is there; "body", once `bytes` of its body are there too; "request", when
-- it is whole.
--
-- A step is {NAME, argument...}. After the last one the connection is closed,
-- with what was not read still in it, unless a step says otherwise:
--   send BYTES              drip BYTES SECONDS (one byte, then the time)
--   endless BYTES           over and over until the peer is gone
--   pause SECONDS           stall (neither read nor write for half a minute)
--   drain                   read until the peer closes
--   shutdown                no more is sent; the connection stays
--   reset                   close with RST
--   keep                    serve the next request, the last step

local http = require "spec.support.http"
local player = require "spec.support.player"

local fault_script = {}

local STALL_SECONDS = 30

local PLACES = { accept = true, head = true, body = true, request = true }

local steps = {}

function steps.send(_, stream, bytes)
  return stream:write(bytes)
end

function steps.drip(connection, stream, bytes, seconds)
  local ok = true
  for index = 1, #bytes do
    ok = ok and stream:write(bytes:sub(index, index))
    connection:sleep(ok and seconds or 0)
  end
  return ok
end

function steps.endless(connection, stream, bytes)
  while stream:write(bytes) do
    connection:sleep(0) -- the others come first
  end
end

function steps.pause(connection, _, seconds)
  connection:sleep(seconds)
  return true
end

function steps.stall(connection)
  connection:sleep(STALL_SECONDS)
end

function steps.drain(_, stream)
  while stream:read() do -- luacheck: ignore 542
  end
end

function steps.shutdown(connection)
  return connection.socket:shutdown "send"
end

function steps.reset(connection)
  connection.socket:setoption("linger", { on = true, timeout = 0 })
end

function steps.keep()
  return true
end

local function resolve(entry)
  if type(entry) == "table" and entry.steps then
    if not PLACES[entry.at] then
      return nil, "no such place"
    end
    for _, step in ipairs(entry.steps) do
      if not steps[step[1]] then
        return nil, "no such step: " .. tostring(step[1])
      end
    end
    return entry
  end
  local reply, err = player.resolve(entry)
  return reply and { at = entry.at or "request", reply = reply }, err
end

local Script = {}
Script.__index = Script

--- A script.
---@param entries table
---@return table? script
---@return string? err
function fault_script.new(entries)
  local script = { first = 1, usual = assert(resolve { recording = "initiate_job/success" }) }
  for index, entry in ipairs(entries or {}) do
    local resolved, err = resolve(entry)
    if not resolved then
      return nil, ("entry %d: %s"):format(index, err)
    end
    script[index] = resolved
  end
  return setmetatable(script, Script)
end

--- Uses up the entry for a new connection or for a request.
---@param what "accept"|"request"
---@return table? entry of a connection only where there is one for it
function Script:take(what)
  local entry = self[self.first]
  if not entry or (entry.at == "accept") ~= (what == "accept") then
    return what == "request" and self.usual or nil
  end
  self.first = self.first + 1
  return entry
end

local Source = {}
Source.__index = Source

--- A stream that what was read can be put back into.
function fault_script.source(stream)
  return setmetatable({ stream = stream, waiting = "" }, Source)
end

--- Waits for the first bytes of a request, and keeps them.
---@return true? there are some
function Source:wait()
  local chunk = self:read()
  self.waiting = chunk or ""
  return chunk and true
end

function Source:read()
  local waiting = self.waiting
  if waiting ~= "" then
    self.waiting = ""
    return waiting
  end
  return self.stream:read()
end

function Source:write(bytes)
  return self.stream:write(bytes)
end

--- Reads a head and at least `bytes` of the body, and no more than has come.
local function receive_some(source, bytes)
  local text = ""
  local first, last
  repeat
    local chunk, err = source:read()
    if not chunk then
      return nil, err
    end
    text = text .. chunk
    first, last = text:find("\r\n\r\n", 1, true)
  until first and #text - last >= bytes
  local start_line, headers = http.parse_head(text:sub(1, first - 1), "\r\n")
  if not start_line then
    return nil, headers
  end
  local method, target = start_line:match "^(%u+) (%S+)"
  return { method = method, target = target, headers = headers, body = text:sub(last + 1),
    cut = true }
end

--- Reads as much of a request as its entry wants.
---@return table? request with `cut` where it may not be all
---@return string? err
function fault_script.receive(source, entry)
  if entry.at == "request" then
    local reader = http.reader(source)
    local request, err = http.read_request(reader)
    source.waiting = reader.buffer:sub(reader.position)
    return request, err
  end
  return receive_some(source, entry.at == "body" and entry.bytes or 0)
end

local function answer(stream, reply, request)
  local close = reply.close or request.cut
  return stream:write(http.render(reply, { method = request.method, close = close })) and
    not close
end

--- Does what an entry says.
---@param connection table of the loop
---@param stream table the same, or TLS on it
---@param entry table
---@param request table? nil at accept
---@return boolean keep whether the connection is to be served on
function fault_script.act(connection, stream, entry, request)
  if entry.reply then
    return answer(stream, entry.reply, request)
  end
  local kept
  for _, step in ipairs(entry.steps) do
    kept = step[1] == "keep"
    if not steps[step[1]](connection, stream, step[2], step[3]) then
      return false
    end
  end
  return kept
end

return fault_script
