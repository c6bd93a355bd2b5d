--- Reads a response of HTTP/1.1 (RFC 9112): interim ones are passed over, and
-- a body is as long as its head says.

local reader = require("glacier.transport.cosocket.reader")
local sending = require("glacier.transport.sending")
local text = require("glacier.text")

local concat = table.concat
local find, format, gmatch, gsub = string.find, string.format, string.gmatch, string.gsub
local lower, match = text.lower, string.match
local huge = math.huge
local pcall, tonumber = pcall, tonumber

local response = {}

local MAX_HEADER_BYTES = 64 * 1024
local MAX_BODY_BYTES = 16 * 1024 * 1024
local MAX_CHUNK_LINE = 4096

-- Seconds until it is looked again whether a receiver has room.
local ROOM_SECONDS = 0.002
local BLOCK, MOST_PARTS = 16384, 1024

local function failed(code, message)
  return nil, sending.failure(code, message, true)
end

local function broken(what)
  return failed("HTTPClientError", what)
end

-- What a socket says as a failure.
local function lost(err, place)
  if err == "timeout" then
    return failed("ReadTimeoutError", "no byte came in time")
  elseif err == "slow" then
    return failed("ReadTimeoutError", "too few bytes came in time")
  end
  return failed("ConnectionClosedError", format("the connection ended %s: %s", place, err))
end

-- A line of a head or a trailer, which together have their bound.
local function head_line(state, place)
  local line, length = state.reader:line(state.head_left)
  if line then
    state.head_left = state.head_left - length
    return line
  elseif length == "too long" then
    return failed("ResponseTooLargeError", "the response's headers are larger than " ..
      state.max_head .. " bytes")
  end
  return lost(length, place)
end

-- Fields of one name are one value, joined by commas (RFC 9110 5.3). Neither
-- a folded line nor one without a colon is a field.
local function read_fields(state)
  local fields = {}
  local line, failure
  repeat
    line, failure = head_line(state, "inside the response's head")
    if not line then
      return nil, failure
    end
    local name, value = match(line, "^([^ \t\v\f\r:][^:]*):(.*)$")
    if name then
      name, value = lower(text.trim(name)), text.trim(value)
      fields[name] = fields[name] and fields[name] .. ", " .. value or value
    end
  until line == ""
  return fields
end

local function read_head(state)
  local line, failure = head_line(state, "before an answer")
  if not line then
    return nil, failure
  end
  local minor, status, reason = match(line, "^HTTP/1%.([0-9]) ([0-9][0-9][0-9])(.*)$")
  if not minor or reason ~= "" and not find(reason, "^ ") then
    return broken("the answer is none of HTTP/1.1")
  end
  local headers
  headers, failure = read_fields(state)
  if not headers then
    return nil, failure
  end
  return {
    status = tonumber(status),
    reason = text.trim(reason),
    headers = headers,
  }, tonumber(minor)
end

-- A body is kept in blocks: a part of one byte costs a string and a place.
local function append(body, part)
  local tail = body.tail
  tail[#tail + 1] = part
  body.tail_bytes = body.tail_bytes + #part
  if body.tail_bytes >= BLOCK or #tail >= MOST_PARTS then
    body[#body + 1] = concat(tail)
    body.tail, body.tail_bytes = {}, 0
  end
end

local function new_body()
  return { tail = {}, tail_bytes = 0 }
end

local function whole(body)
  body[#body + 1] = concat(body.tail)
  return concat(body)
end

-- Waits until a receiver takes a piece without waiting. One that is closed has
-- none, and says so itself.
local function await_room(state, size)
  local is_open, room = pcall(state.receiver.room, state.receiver)
  while is_open and room < size do
    state.host.sleep(ROOM_SECONDS)
    is_open, room = pcall(state.receiver.room, state.receiver)
  end
end

-- Gives the sink a piece, or keeps it. Where bytes are always there reading
-- never waits, and so holds the worker up.
local function take(state, body, piece)
  if state.host then
    state.host.breathe()
  end
  if not state.sink then
    append(body, piece)
    return true
  end
  if state.receiver then
    await_room(state, #piece)
  end
  local ok, what = state.sink(piece, state.head)
  state.receiver = ok and what or nil
  return ok, what
end

-- Appends that many bytes to the body; `huge`: all until the end.
local function read_bytes(state, body, count)
  state.body_left = state.body_left - (count < huge and count or 0)
  while count > 0 and state.body_left >= 0 do
    local piece, err = state.reader:some(count)
    if not piece and count == huge and err == "closed" then
      return true
    elseif not piece then
      return lost(err, "inside the response's body")
    end
    local ok, failure = take(state, body, piece)
    if not ok then
      return nil, failure
    end
    if count == huge then
      state.body_left = state.body_left - #piece
    end
    count = count - #piece
  end
  if state.body_left < 0 then
    return failed("ResponseTooLargeError", format("the response's body is larger than %d bytes",
      state.max_body))
  end
  return true
end

local function chunk_line(state)
  local line, err = state.reader:line(MAX_CHUNK_LINE)
  if not line and err ~= "too long" then
    return lost(err, "inside the response's body")
  end
  return line or ""
end

-- RFC 9112 7.1. More digits than these are larger than any bound.
local function read_chunks(state, body)
  local size, line, ok, failure
  repeat
    line, failure = chunk_line(state)
    if not line then
      return nil, failure
    end
    size = match(line, "^([0-9A-Fa-f]+)[ \t\r]*$") or match(line, "^([0-9A-Fa-f]+)[ \t\r]*;")
    if not size or #size > 12 then
      return broken("a chunk of the response has no size")
    end
    size = tonumber(size, 16)
    ok, failure = read_bytes(state, body, size)
    if ok and size > 0 then
      line, failure = chunk_line(state)
      ok = line == ""
      if line and not ok then
        return broken("a chunk of the response is longer than its size")
      end
    end
    if not ok then
      return nil, failure
    end
  until size == 0
  return read_fields(state)
end

-- The length that a head tells (RFC 9112 6.3); nil: it tells none.
local function content_length(headers)
  local length
  for part in gmatch(headers["content-length"] or "", "[^,]*") do
    part = match(text.trim(part), "^[0-9]*$")
    if not part or #part > 15 or length and part ~= "" and tonumber(part) ~= length then
      return broken("the response's Content-Length is no number")
    end
    length = tonumber(part) or length
  end
  return length
end

-- The body, and whether its end was the connection's, too.
local function read_body(state, head, method)
  local body = new_body()
  local status, coding = head.status, head.headers["transfer-encoding"]
  if method == "HEAD" or status == 204 or status == 304 then
    return "", false
  elseif coding then
    if lower(coding) ~= "chunked" then
      return broken("the response's Transfer-Encoding is not known")
    end
    local fields, failure = read_chunks(state, body)
    if not fields then
      return nil, failure
    end
    return whole(body), false
  end
  local length, failure = content_length(head.headers)
  if failure then
    return nil, failure
  end
  local ok
  ok, failure = read_bytes(state, body, length or huge)
  if not ok then
    return nil, failure
  end
  return whole(body), length == nil
end

-- Those that cannot be read without their library; any other word may stand
-- there for nothing.
local CODINGS = {
  gzip = true, ["x-gzip"] = true, deflate = true, br = true, zstd = true, compress = true,
  ["x-compress"] = true,
}

-- Whether a body is in a coding that was not asked for. nginx has no zlib for
-- Lua.
local function check_coding(headers)
  for coding in gmatch(lower(headers["content-encoding"] or ""), "[^ \t,]+") do
    if CODINGS[coding] then
      return broken("the answer came with Content-Encoding: " .. coding ..
        ", which was not asked for and cannot be decoded here; host = \"openresty\" can")
    end
  end
  return true
end

-- RFC 9112 9.3.
local function is_kept(headers, minor)
  local connection = "," .. gsub(lower(headers.connection or ""), "[ \t]", "") .. ","
  if find(connection, ",close,", 1, true) then
    return false
  end
  return minor >= 1 or find(connection, ",keep-alive,", 1, true) ~= nil
end

local function final_head(state)
  local head, minor
  repeat
    head, minor = read_head(state)
    if head and head.status == 101 then
      return broken("the server speaks another protocol")
    end
  until not head or head.status >= 200
  return head, minor
end

--- Reads the response to a request.
---@param socket any
---@param method string  of the request
---@param limits table  max_header_bytes?, max_body_bytes?, raw_body?, sink?,
--- and what the reader takes;
--- raw_body: whatever its Content-Encoding, the body is given as it is
---@return {status: integer, reason: string, headers: table, body: string?}?
---@return boolean|glacier.Failure kept  whether the connection serves another
--- request; or the failure
---@return boolean? touched  of a failure: whether any byte had come
function response.read(socket, method, limits)
  local state = {
    reader = reader.new(socket, limits), host = limits.host,
    max_head = limits.max_header_bytes or MAX_HEADER_BYTES,
    max_body = limits.max_body_bytes or MAX_BODY_BYTES,
  }
  state.head_left, state.body_left = state.max_head, state.max_body
  local head, minor = final_head(state)
  if not head then
    return nil, minor, state.reader.touched
  end
  if limits.sink and sending.is_success(head) then
    state.sink, state.head = limits.sink, head
    state.body_left, state.max_body = huge, huge
  end
  state.reader:limit_speed()
  local body, to_end = read_body(state, head, method)
  if not body then
    return nil, to_end, true
  end
  if body ~= "" and not limits.raw_body and not state.sink then
    local ok, failure = check_coding(head.headers)
    if not ok then
      return nil, failure, true
    end
  end
  head.body = not state.sink and body or nil
  return head, not to_end and state.reader:is_empty() and is_kept(head.headers, minor)
end

return response
