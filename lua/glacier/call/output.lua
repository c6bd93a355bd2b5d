--- Where the body of a response goes that is not kept in memory: to a function,
-- the sink, or to a file. Whatever the number of attempts, no byte comes twice:
-- after a cut the rest is asked for by Range.

local digest = require("glacier.core.digest")
local errors = require("glacier.errors")
local file_core = require("glacier.core.file")
local protected = require("glacier.host").protected

local format, gsub, match, sub =
  string.format, string.gsub, string.match, string.sub
local open_path, remove = io and io.open, os.remove
local pcall = pcall
local setmetatable, tonumber, type = setmetatable, tonumber, type

---@class glacier.SinkObject  a sink that sees the head before any byte
---@field head? fun(head: {status: integer, headers: table}): any, any  names in
--- lower case; nil and a message, or an error, end the call
---@field write? fun(bytes: string): any, any  takes a piece, as a function would
---@field receiver? userdata  a range of glacier.core.download: takes the bytes
--- in the place of `write`, where that can be without Lua
---@field buffer_bytes? integer  for a receiver: received at once, at the most

---@class glacier.Output
---@field problem glacier.Error?  why it takes no more
local Output = {}
Output.__index = Output

local output = {}

local function file_error(path, reason, code)
  return errors.config(format("cannot write '%s': %s", path, reason), code or "FileError")
end

-- A new file beside the one that is to be: the name says what is whole.
local function open_file(path, overwrite)
  if not open_path or not remove then
    return nil, file_error(path, "this program has no io.open or no os.remove")
  elseif not overwrite and file_core.exists(path) then
    return nil, file_error(path, "it exists already (overwrite = true replaces it)", "FileExists")
  end
  local temporary = path .. "." .. gsub(digest.uuid(), "-", "") .. ".new"
  local file, reason = open_path(temporary, "wb")
  if not file then
    return nil, file_error(path, reason)
  end
  return { handle = file, temporary = temporary, path = path, overwrite = overwrite }
end

--- The output that the options of a call ask for.
---@param options table  sink: a function that takes a piece; path, overwrite
---@return glacier.Output?  nil where they ask for none
---@return glacier.Error? err
function output.of(options)
  local file, err
  if options.sink and options.path then
    return nil, errors.config("Options 'sink' and 'path' exclude each other")
  elseif type(options.sink) == "table" and not options.sink.write and
      not options.sink.receiver then
    return nil, errors.config("Option 'sink': the table has neither write nor receiver")
  elseif options.path then
    file, err = open_file(options.path, options.overwrite)
    if not file then
      return nil, err
    end
  elseif not options.sink then
    return nil
  end
  local sink = options.sink
  local object = type(sink) == "table" and sink or {}
  return setmetatable({
    sink = object ~= sink and sink or object.write, judge = object.head,
    receiver = object.receiver, from = object.receiver and object.receiver:position(),
    buffer_bytes = object.buffer_bytes, file = file, taken_here = 0,
  }, Output)
end

-- How many bytes have been taken, by whoever took them. A receiver that its
-- owner has closed amid the call takes no more, which ends the call.
local function taken(self)
  local receiver = self.receiver
  if not receiver then
    return self.taken_here
  end
  local ok, position = pcall(receiver.position, receiver)
  if ok then
    self.taken_here = position - self.from
  else
    self.problem = self.problem or errors.new("cancelled", "SinkError",
      "the receiver of the body was closed", { sent = true })
  end
  return self.taken_here
end

-- What of the whole a response has: its first and last byte, counted from 0,
-- and the whole's length as text; nil where it does not tell, as "*" does not.
local function span_of(head)
  if head.status == 206 then
    local first, last, total = match(head.headers["content-range"] or "",
      "^bytes ([0-9]+)%-([0-9]+)/([0-9*]+)$")
    return tonumber(first), tonumber(last), total ~= "*" and total or nil
  end
  local length = match(head.headers["content-length"] or "", "^[0-9]+$")
  return 0, length and tonumber(length) - 1, length
end

local function refuse(self, what)
  self.problem = errors.new("protocol", "ResponseParserError",
    "the rest of the body cannot be told from the answer: " .. what, { sent = true })
  return nil
end

-- A response begins: how many of its bytes are here already.
local function begin(self, head)
  local first, last, total = span_of(head)
  self.head = head
  if not self.first_head then
    self.first_head, self.base, self.last, self.total = head, first or 0, last, total
    self.skip = 0
    return true
  end
  if not first or head.status ~= self.first_head.status and head.status ~= 206 then
    return refuse(self, "it does not say which bytes it has")
  elseif first > self.base + taken(self) then
    return refuse(self, "it begins behind them")
  elseif total and self.total and total ~= self.total then
    return refuse(self, "it is of another length")
  end
  self.skip = self.base + taken(self) - first
  return true
end

local function write(self, piece)
  local written, reason = self.file.handle:write(piece)
  if not written then
    self.problem = file_error(self.file.path, reason)
  end
end

-- What a function of the user's says of what it was given.
local function ask(self, call, value)
  local ok, result, message = protected.call(call, value)
  if ok and (result or message == nil) then
    return
  end
  message = ok and message or result
  if errors.is_error(message) then
    self.problem = message
  else
    self.problem = errors.new("cancelled", "SinkError", "the sink ended the call: " ..
      (type(message) == "string" and message or "a " .. type(message)), { sent = true })
  end
end

local function place(self, piece)
  taken(self)
  if self.problem then
    return
  end
  local ok, failure = self.receiver:write(piece)
  if not ok then
    self.problem = errors.new(failure.kind, failure.code, failure.message, { sent = true })
  end
end

local function put(self, piece)
  if self.receiver then
    place(self, piece)
    return
  end
  self.taken_here = self.taken_here + #piece
  if self.file then
    write(self, piece)
  else
    ask(self, self.sink, piece)
  end
end

-- A response begins: it is judged, and where its bytes belong.
local function open(self, head)
  if self.judge then
    ask(self, self.judge, head)
  end
  return not self.problem and begin(self, head)
end

--- Takes a piece of a response's body.
---@param piece string
---@param head {status: integer, headers: table}  of the response
---@return true|nil taken
---@return any what  a failure, whose reason is `problem`; or who takes the rest
--- of this body without Lua, where the transport can do that
function Output:take(piece, head)
  if (self.head == head or open(self, head)) and not self.problem then
    local skipped = self.skip < #piece and self.skip or #piece
    self.skip = self.skip - skipped
    piece = skipped > 0 and sub(piece, skipped + 1) or piece
    if piece ~= "" then
      put(self, piece)
    end
    taken(self)
  end
  if self.problem then
    return nil, { kind = self.problem.kind, code = self.problem.code,
      message = self.problem.message, sent = true }
  end
  return true, self.skip == 0 and self.receiver or nil
end

--- Makes a request ask for what is not here yet.
---@param request glacier.Request
---@param name string  of the header that does
function Output:ask_rest(request, name)
  local count = taken(self)
  local from = self.first_head and self.base + count
  if not from or not self.last or count == 0 or from > self.last then
    return
  end
  local headers = request.headers
  local at = #headers + 1
  for i = 1, #headers, 2 do
    at = headers[i] == name and i or at
  end
  headers[at], headers[at + 1] = name, format("bytes=%.0f-%.0f", from, self.last)
end

--- The response that tells of the whole: the first, once all of it is here.
---@param response table  the last
---@return table? response
---@return glacier.Error? err
function Output:whole(response)
  local first = self.first_head
  if not first or response.status < 200 or response.status >= 300 then
    return response
  end
  local count, expected = taken(self), self.last and self.last - self.base + 1
  if self.problem then
    return nil, self.problem
  elseif expected and count ~= expected then
    return nil, errors.new("protocol", "ResponseParserError", format(
      "the body has %.0f bytes, not %.0f", count, expected), { sent = true })
  end
  return { status = first.status, reason = first.reason, headers = first.headers }
end

--- Ends it: a file gets its name where the call succeeded, else it is gone.
---@param result table?  of the call
---@param err glacier.Error?
---@return table? result
---@return glacier.Error? err
function Output:finish(result, err)
  local file = self.file
  if not file then
    return result, err
  end
  local closed, reason = file.handle:close()
  local ok, failure
  if result and not closed then
    err = file_error(file.path, reason)
  elseif result then
    ok, failure = file_core.publish(file.temporary, file.path, file.overwrite)
    if not ok then
      local is_there = not file.overwrite and file_core.exists(file.path)
      err = errors.config(failure.message, is_there and "FileExists" or "FileError")
    end
  end
  if not ok then
    remove(file.temporary)
    return nil, err
  end
  return result
end

return output
