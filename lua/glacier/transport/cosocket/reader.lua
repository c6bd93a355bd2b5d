--- Lines and lengths out of a socket's stream of bytes. What it reads is
-- bounded by whoever asks, and no byte is copied more often than twice, however
-- small the pieces are in which it comes.

local concat = table.concat
local find, sub = string.find, string.sub
local setmetatable = setmetatable

local PIECE = 16384

---@class glacier.CosocketReader
---@field touched boolean  whether any byte has come
---@field piece string     what came last
---@field at integer       the first byte of it that was not taken
local Reader = {}
Reader.__index = Reader

local reader = {}

function reader.new(socket)
  return setmetatable({ socket = socket, piece = "", at = 1, touched = false }, Reader)
end

-- Only where all of the piece was taken.
local function receive(self)
  local piece, err = self.socket:receiveany(PIECE)
  if not piece then
    return nil, err
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
