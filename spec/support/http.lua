--- HTTP/1.1 messages for the replay server: reading requests, writing
-- replies. Source of the rules: RFC 9112. Knows nothing of sockets: a stream
-- is any table with `read() -> chunk | nil, err` and `write(bytes)`.

local http = {}

local HEAD_LIMIT = 64 * 1024
local BODY_LIMIT = 64 * 1024 * 1024

local REASONS = {
  [200] = "OK",
  [201] = "Created",
  [202] = "Accepted",
  [204] = "No Content",
  [206] = "Partial Content",
  [301] = "Moved Permanently",
  [302] = "Found",
  [400] = "Bad Request",
  [401] = "Unauthorized",
  [403] = "Forbidden",
  [404] = "Not Found",
  [408] = "Request Timeout",
  [413] = "Content Too Large",
  [429] = "Too Many Requests",
  [500] = "Internal Server Error",
  [501] = "Not Implemented",
  [502] = "Bad Gateway",
  [503] = "Service Unavailable",
  [504] = "Gateway Timeout",
}

---@alias Header { [1]: string, [2]: string } name as sent, value trimmed

--- The value of a header, several of one name joined by a comma.
---@param headers Header[]
---@param name string lower case
---@return string? value
function http.header(headers, name)
  local values = {}
  for _, header in ipairs(headers) do
    if header[1]:lower() == name then
      values[#values + 1] = header[2]
    end
  end
  return values[1] and table.concat(values, ",")
end

--- The path and the query of a request target, in origin or absolute form.
---@param target string
---@return string path
---@return string query "" where there is none
function http.split_target(target)
  local rest = target:gsub("^%a[%w+.-]*://[^/?]*", "")
  local path, query = rest:match("^([^?]*)%??(.*)$")
  return path, query
end

--- Splits a message's head, given without its last empty line.
---@param head string
---@param newline string "\r\n" on the wire, "\n" in a recording
---@return string? start_line
---@return Header[]|string headers, or what is wrong
function http.parse_head(head, newline)
  local headers = {}
  local start_line
  for line in (head .. newline):gmatch("(.-)" .. newline) do
    if not start_line then
      start_line = line
    else
      local name, value = line:match("^([%w!#$%%&'*+.^_`|~-]+):[ \t]*(.-)[ \t]*$")
      if not name then
        return nil, "a header line is malformed"
      end
      headers[#headers + 1] = { name, value }
    end
  end
  return start_line, headers
end

--- A reader over a stream, which keeps what was read too far.
---@param stream { read: function, write: function? }
function http.reader(stream)
  return { stream = stream, buffer = "", position = 1 }
end

local function fill(reader)
  local chunk, err = reader.stream:read()
  if not chunk then
    return nil, err
  end
  reader.buffer = reader.buffer:sub(reader.position) .. chunk
  reader.position = 1
  return true
end

--- The bytes up to `mark`, which is skipped.
local function take_until(reader, mark)
  local from = reader.position
  while true do
    local first, last = reader.buffer:find(mark, from, true)
    if first then
      local bytes = reader.buffer:sub(reader.position, first - 1)
      reader.position = last + 1
      return bytes
    end
    local waiting = #reader.buffer - reader.position + 1
    if waiting > HEAD_LIMIT then
      return nil, "too long a head"
    end
    local ok, err = fill(reader)
    if not ok then
      return nil, err
    end
    from = math.max(1, waiting - #mark + 2)
  end
end

local function take_bytes(reader, count)
  local pieces = {}
  while count > 0 do
    local piece = reader.buffer:sub(reader.position, reader.position + count - 1)
    reader.position = reader.position + #piece
    count = count - #piece
    pieces[#pieces + 1] = piece
    if count > 0 then
      local ok, err = fill(reader)
      if not ok then
        return nil, err
      end
    end
  end
  return table.concat(pieces)
end

local function take_chunked(reader)
  local pieces, total = {}, 0
  while true do
    local line, err = take_until(reader, "\r\n")
    if not line then
      return nil, err
    end
    local size = tonumber(line:match("^(%x+)%s*$") or line:match("^(%x+)%s*;"), 16)
    if not size or total + size > BODY_LIMIT then
      return nil, "a chunk's size is wrong"
    end
    if size == 0 then
      break
    end
    local piece
    piece, err = take_bytes(reader, size + 2)
    if not piece then
      return nil, err
    elseif piece:sub(-2) ~= "\r\n" then
      return nil, "a chunk has no end"
    end
    total = total + size
    pieces[#pieces + 1] = piece:sub(1, -3)
  end
  while true do
    local trailer, err = take_until(reader, "\r\n")
    if not trailer then
      return nil, err
    elseif trailer == "" then
      return table.concat(pieces)
    end
  end
end

local function take_body(reader, headers)
  local coding = http.header(headers, "transfer-encoding")
  local length = http.header(headers, "content-length")
  local expect = http.header(headers, "expect")
  if expect and expect:lower() == "100-continue" then
    local ok, err = reader.stream:write("HTTP/1.1 100 Continue\r\n\r\n")
    if not ok then
      return nil, err
    end
  end
  if coding then
    if coding:lower() ~= "chunked" or length then
      return nil, "the body's framing is wrong"
    end
    return take_chunked(reader)
  elseif not length then
    return ""
  elseif not length:find("^%d+$") or tonumber(length) > BODY_LIMIT then
    return nil, "the Content-Length is wrong"
  end
  return take_bytes(reader, tonumber(length))
end

--- Reads one request.
---@param reader table from `http.reader`
---@return { method: string, target: string, version: string, headers: Header[], body: string }?
---@return string? err "closed" where the peer is gone
function http.read_request(reader)
  local head, err = take_until(reader, "\r\n\r\n")
  if not head then
    return nil, err
  end
  local start_line, headers = http.parse_head(head, "\r\n")
  if not start_line then
    return nil, headers
  end
  local method, target, version = start_line:match("^(%u+) (%S+) HTTP/(1%.[01])$")
  if not method then
    return nil, "the request line is malformed"
  end
  local body
  body, err = take_body(reader, headers)
  if not body then
    return nil, err
  end
  return {
    method = method,
    target = target,
    version = version,
    headers = headers,
    body = body,
  }
end

--- Whether the connection may serve another request after this one.
---@param request table from `http.read_request`
---@return boolean
function http.keeps_alive(request)
  local connection = (http.header(request.headers, "connection") or ""):lower()
  if request.version == "1.0" then
    return connection == "keep-alive"
  end
  return not connection:find("close", 1, true)
end

local function has_body(status, method)
  return method ~= "HEAD" and status >= 200 and status ~= 204 and status ~= 304
end

--- The bytes of a reply. Content-Length is computed unless the reply frames
-- its body itself, with a Content-Length or a Transfer-Encoding of its own.
---@param reply { status: integer, reason: string?, headers: Header[]?, body: string? }
---@param options { method: string?, close: boolean? }
---@return string
function http.render(reply, options)
  local body = reply.body or ""
  local headers = reply.headers or {}
  local reason = reply.reason or REASONS[reply.status] or ""
  local lines = { ("HTTP/1.1 %d %s"):format(reply.status, reason) }
  for _, header in ipairs(headers) do
    lines[#lines + 1] = header[1] .. ": " .. header[2]
  end
  if
    reply.status >= 200
    and reply.status ~= 204
    and not http.header(headers, "content-length")
    and not http.header(headers, "transfer-encoding")
  then
    lines[#lines + 1] = ("Content-Length: %d"):format(#body)
  end
  if options.close and not http.header(headers, "connection") then
    lines[#lines + 1] = "Connection: close"
  end
  lines[#lines + 1] = "\r\n"
  return table.concat(lines, "\r\n") .. (has_body(reply.status, options.method) and body or "")
end

return http
