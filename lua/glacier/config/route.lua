--- How a client reaches servers: its trust, its proxy, its connections.

local proxy = require("glacier.config.proxy")

local route = {}

--- Sets what a request does not say itself.
---@param options table      of the client: verify, tcp_keepalive, proxy
---@param ca_bundle string?  path of a PEM file
---@param environment table<string, string>
---@return fun(request: table): table  gives the same request
function route.new(options, ca_bundle, environment)
  local settled = proxy.settled(options.proxy, environment)
  return function(request)
    request.insecure = not options.verify
    request.tcp_keepalive = options.tcp_keepalive
    request.ca_bundle = request.ca_bundle or ca_bundle
    if request.proxy == nil then
      request.proxy = settled or proxy.choose(request.url, options.proxy, environment)
    end
    return request
  end
end

return route
