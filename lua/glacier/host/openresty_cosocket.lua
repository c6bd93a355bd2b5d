--- The host for nginx and OpenResty with a transport on nginx's own sockets,
-- in place of libcurl.

local openresty = require("glacier.host.openresty")
local transport = require("glacier.cosocket.transport")

---@type glacier.Host
local host = {}

for name, value in pairs(openresty) do
  host[name] = value
end
host.name = "openresty-cosocket"

--- A transport for a client.
---@param options table  the client's
---@return glacier.Transport?
---@return table? failure  where an option is not for this host
function host.transport(options)
  return transport.new(host, options)
end

return host
