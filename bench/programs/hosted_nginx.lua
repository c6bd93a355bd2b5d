--- Runs in nginx's init_by_lua: calls that block the worker, and such as do not.

local common = require "bench.programs.common"

local ngx = _G.ngx

local clients = {}

--- Times calls in a host, and prints nanoseconds a turn.
return function(host, url, count)
  local key = host .. " " .. url
  clients[key] = clients[key] or common.client(url, { host = host })
  ngx.say(common.time(count, function()
    assert(clients[key]:initiate_job(common.PARAMS))
  end))
end
