--- Lines and lengths out of a socket's stream of bytes. What it reads is
-- bounded by whoever asks.

local find, sub = string.find, string.sub
local min = math.min
local setmetatable = setmetatable

local PIECE = 16384

---@class glacier.CosocketReader
---@field touched boolean  whether any byte has come
---@field rest string      what has come and was not taken
local Reader = {}
Reader.__index = Reader

local reader = {}

function reader.new(socket)
  return setmetatable({ socket = socket, rest = "", touched = false }, Reader)
end

local function fill(self)
  local piece, err = self.socket:receiveany(PIECE)
  if not piece then
    return nil, err
  end
  self.touched = true
  self.rest = self.rest .. piece
  return true
end

--- A line without its end, LF or CRLF (RFC 9112 2.2).
---@param limit integer  bytes it may have, with its end
---@return string?
---@return string? err  of the socket, or "too long"
function Reader:line(limit)
  local from = 1
  local last = find(self.rest, "\n", from, true)
  while not last do
    from = #self.rest + 1
    if from > limit then
      return nil, "too long"
    end
    local ok, err = fill(self)
    if not ok then
      return nil, err
    end
    last = find(self.rest, "\n", from, true)
  end
  if last > limit then
    return nil, "too long"
  end
  local stop = sub(self.rest, last - 1, last - 1) == "\r" and last - 2 or last - 1
  local line = sub(self.rest, 1, stop)
  self.rest = sub(self.rest, last + 1)
  return line, last
end

--- What there is of the next bytes.
---@param most integer
---@return string?
---@return string? err
function Reader:some(most)
  if self.rest == "" then
    local ok, err = fill(self)
    if not ok then
      return nil, err
    end
  end
  local length = min(most, #self.rest)
  local piece = sub(self.rest, 1, length)
  self.rest = sub(self.rest, length + 1)
  return piece
end

return reader
