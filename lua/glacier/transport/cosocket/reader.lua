--- Lines and lengths out of a socket's stream of bytes. What it reads is
-- bounded by whoever asks, and no byte is copied more often than twice, however
-- small the pieces are in which it comes.

local concat = table.concat
local ceil, huge, min = math.ceil, math.huge, math.min
local find, sub = string.find, string.sub
local ngx = _G.ngx
local setmetatable = setmetatable

local PIECE = 16384

-- What settimeouts takes at the most: milliseconds.
local LONGEST = 2 ^ 31 - 1

---@class glacier.CosocketReader
---@field touched boolean  whether any byte has come
---@field piece string     what came last
---@field at integer       the first byte of it that was not taken
---@field silence number   seconds without a byte that are too many
---@field stretch number   seconds that are to bring
---@field fewest number    so many bytes
---@field waited number?   seconds of this stretch; only what is spent here
--- counts. nil: there is no limit now
---@field bytes number     that it brought
local Reader = {}
Reader.__index = Reader

local reader = {}

-- No limit, and one of 0, are none.
local function limit_of(seconds)
  return seconds and seconds > 0 and seconds or huge
end

--- Reads from a socket.
---@param socket any
---@param limits table  read_timeout: seconds without a byte; low_speed_limit:
--- bytes a second, low_speed_time: seconds in which fewer are too few
---@return glacier.CosocketReader
function reader.new(socket, limits)
  local speed = limits.low_speed_limit or 0
  local stretch = speed > 0 and limit_of(limits.low_speed_time) or huge
  return setmetatable({
    socket = socket, piece = "", at = 1, touched = false, silence = limit_of(limits.read_timeout),
    stretch = stretch, fewest = stretch < huge and speed * stretch or 0, bytes = 0,
  }, Reader)
end

--- From here on it must not trickle.
function Reader:limit_speed()
  self.waited, self.bytes = self.stretch < huge and 0 or nil, 0
end

-- Counts what a wait has brought; a stretch that has its bytes is over early.
local function count(self, seconds, bytes)
  self.waited, self.bytes = self.waited + seconds, self.bytes + bytes
  if self.bytes >= self.fewest then
    self.waited, self.bytes = 0, 0
  end
end

-- Only where all of the piece was taken.
local function receive(self)
  local left = self.waited and self.stretch - self.waited or huge
  if left <= 0 then
    return nil, "slow"
  elseif left < huge then
    self.socket:settimeout(min(ceil(1000 * min(left, self.silence)), LONGEST))
  end
  local begun = self.waited and ngx.now()
  local piece, err = self.socket:receiveany(PIECE)
  if not piece then
    return nil, err == "timeout" and left < self.silence and "slow" or err
  end
  if begun then
    count(self, ngx.now() - begun, #piece)
  end
  self.touched = true
  self.piece, self.at = piece, 1
  return true
end

local function take_to(self, last)
  local bytes = sub(self.piece, self.at, last)
  self.at = last + 1
  return bytes
end

--- A line without its end, LF or CRLF (RFC 9112 2.2).
---@param limit integer  bytes it may have, with its end
---@return string?
---@return integer|string  its length, with its end; or the socket's err, or "too long"
function Reader:line(limit)
  local parts, length = {}, 0
  local last = find(self.piece, "\n", self.at, true)
  while not last do
    local part = take_to(self, #self.piece)
    parts[#parts + 1] = part
    length = length + #part
    if length >= limit then
      return nil, "too long"
    end
    local ok, err = receive(self)
    if not ok then
      return nil, err
    end
    last = find(self.piece, "\n", 1, true)
  end
  parts[#parts + 1] = take_to(self, last)
  local line = concat(parts)
  length = #line
  if length > limit then
    return nil, "too long"
  end
  return sub(line, 1, sub(line, -2, -2) == "\r" and -3 or -2), length
end

--- What there is of the next bytes.
---@param most integer
---@return string?
---@return string? err
function Reader:some(most)
  if self:is_empty() then
    local ok, err = receive(self)
    if not ok then
      return nil, err
    end
  end
  local left = #self.piece - self.at + 1
  return take_to(self, most < left and self.at + most - 1 or #self.piece)
end

--- Whether all that has come was taken.
---@return boolean
function Reader:is_empty()
  return self.at > #self.piece
end

return reader
