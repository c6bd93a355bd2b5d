--- TLS on a connection of the loop, server's side.

local ssl = require "ssl"

local tls_stream = {}
tls_stream.__index = tls_stream

local WAITS = { wantread = "read", wantwrite = "write" }

--- What a server needs for its handshakes.
---@param options { certificate: string, key: string, protocol: string? } paths
--- of PEM files; a protocol's name as LuaSec has it: the only one spoken
---@return any? context
---@return string? err
function tls_stream.context(options)
  return ssl.newcontext {
    mode = "server",
    protocol = options.protocol or "any",
    certificate = options.certificate,
    key = options.key,
    -- The versions before 1.2 want what is refused at the usual level.
    ciphers = options.protocol and "DEFAULT:@SECLEVEL=0" or "DEFAULT",
    options = options.protocol and {} or { "no_tlsv1", "no_tlsv1_1" },
  }
end

--- Shakes hands; only inside the connection's coroutine.
---@param connection table of the loop; it goes on waiting by its own socket
---@param context any
---@return table? stream with read, write and close
---@return string? err
function tls_stream.new(connection, context)
  local raw = connection.socket
  local descriptor = raw:getfd()
  local tls, err = ssl.wrap(raw, context)
  if not tls then
    return nil, err
  end
  raw:setfd(descriptor) -- wrapping took it away, and the loop selects by it
  tls:settimeout(0)
  local self = setmetatable({ tls = tls, raw = raw }, tls_stream)
  local ok
  repeat
    ok, err = tls:dohandshake()
    if WAITS[err] then
      coroutine.yield(WAITS[err])
    end
  until ok or not WAITS[err]
  if not ok then
    self:close()
    return nil, err
  end
  return self
end

function tls_stream:read()
  while true do
    local data, err, partial = self.tls:receive(16384)
    data = data or partial
    if data and data ~= "" then
      return data
    elseif not WAITS[err] then
      return nil, err
    end
    coroutine.yield(WAITS[err])
  end
end

function tls_stream:write(bytes)
  local from = 1
  while from <= #bytes do
    local last, err, partial = self.tls:send(bytes, from)
    from = (last or partial) + 1
    if not last then
      if not WAITS[err] then
        return nil, err
      end
      coroutine.yield(WAITS[err])
    end
  end
  return true
end

--- Ends TLS and the connection with it. The descriptor is closed once: by the
-- time the loop closes its socket the number may be another connection's.
function tls_stream:close()
  if self.tls then
    self.tls:close()
    self.tls = nil
    self.raw:setfd(-1)
  end
end

return tls_stream
