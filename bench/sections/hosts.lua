--- What a host's own way of waiting adds to a call, against one that blocks it
--- in the same program: of a server that answers at once, and of one that takes
--- its time, for which the host has to sleep.

local harness = require "bench.harness"
local machine = require "bench.machine"
local nginx = require "bench.nginx"

-- Of the server, milliseconds; and calls of a round.
local SERVERS = { { delay = 0, count = 1500 }, { delay = 2, count = 200 } }
local WAYS = {
  { host = "openresty", name = "nginx, libcurl", bar = 300 },
  { host = "openresty-cosocket", name = "nginx, its own sockets" },
}

local function add(name, server, blocking, waiting, bar)
  harness.row { work = ("%s, answered after %d ms"):format(name, server.delay),
    against = "a call that blocks it", unit = "us", floor = blocking / 1000, ours = waiting / 1000,
    bar = bar, added = true }
end

local function in_nginx(host, server)
  local commands = {}
  for i, name in ipairs { "blocking", WAYS[1].host, WAYS[2].host } do
    commands[i] = ("curl -sf --noproxy '*' '%s/?count=%d&host=%s&url=%s'"):format(host.url,
      server.count, name, server.url)
  end
  local medians, reasons = harness.compete(commands)
  for i, way in ipairs(WAYS) do
    if medians[1] and medians[i + 1] then
      add(way.name, server, medians[1][1], medians[i + 1][1], way.bar)
    else
      harness.row { work = way.name, skipped = reasons[i + 1] or reasons[1] }
    end
  end
end

local function in_luv(lua, server)
  local medians, reasons = harness.compete { machine.pin(machine.cores[1],
    ("%sbench/programs/hosted_luv.lua %s %d"):format(lua.run, server.url, server.count)) }
  if medians[1] then
    add("luv, " .. lua.name, server, medians[1][1], medians[1][2])
  else
    harness.row { work = "luv, " .. lua.name, skipped = reasons[1] }
  end
end

return function()
  local host, reason = nginx.start(true)
  if not host then
    harness.row { work = "nginx", skipped = reason }
  end
  for _, server in ipairs(SERVERS) do
    server.url = machine.serve(("%s/bench/server %d"):format(machine.build, server.delay))
    if host then
      in_nginx(host, server)
    end
    for _, lua in ipairs(machine.luas) do
      in_luv(lua, server)
    end
  end
end
