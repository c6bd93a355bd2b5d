--- The ways to send requests: libcurl's engine, or nginx's own sockets. What
-- this program may come to need is loaded with this module.

local host_of = require("glacier.host")
local sending = require("glacier.transport.sending")

local pcall, rawget, tostring = pcall, rawget, tostring

-- Where there is no libcurl, hosts with sockets of their own do without.
local has_libcurl, libcurl = pcall(require, "glacier.transport.libcurl")
local cosocket = rawget(_G, "ngx") and require("glacier.transport.cosocket")

local transport = {
  failure = sending.failure,
  finish = sending.finish,
}

--- A transport for a client.
---@param host glacier.Host
---@param options table  the client's
---@return glacier.Transport?
---@return {message: string, code: string?}? failure
function transport.new(host, options)
  if host.has_sockets then
    return cosocket.new(host, options)
  elseif has_libcurl then
    return libcurl.new(host)
  end
  return nil, { message = host_of.no_libcurl or tostring(libcurl) }
end

return transport
