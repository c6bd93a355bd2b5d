--- The host for nginx and OpenResty with a transport on nginx's own sockets,
-- in place of libcurl.

local openresty = require("glacier.host.openresty")

---@type glacier.Host
local host = {}

for name, value in pairs(openresty) do
  host[name] = value
end
host.name = "openresty-cosocket"
host.has_sockets = true

return host
