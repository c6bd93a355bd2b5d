--- What others do the same work with, where they are installed.

local harness = require "bench.harness"
local machine = require "bench.machine"

local PEERS = "bench/programs/peers/"
local BODY = [[{"Type":"inventory-retrieval","Format":"CSV"}]]

-- A script that makes one call, against curl that signs one itself.
local function one_call(url)
  local lua = machine.luas[1]
  local spawn = ("%s/bench/spawn 10 "):format(machine.build)
  local curl = ("%scurl -s --noproxy \"*\" -o /dev/null --aws-sigv4 aws:amz:us-west-2:glacier " ..
    "--user AKIDEXAMPLE:key -H \"x-amz-glacier-version: 2012-06-01\" --data \"%s\" " ..
    "%s/-/vaults/examplevault/jobs"):format(spawn, BODY:gsub('"', '\\"'), url)
  local ours = lua.run:gsub("(%S+)%s*$", spawn .. "%1 ")
  harness.group { scale = 1e6, unit = "ms", floor = { name = "curl --aws-sigv4", command = curl },
    rows = { { work = "a script that makes two calls, " .. lua.name,
      command = ours .. "bench/programs/call.lua " .. url .. " 1" } } }
end

return function()
  local url = machine.serve(machine.build .. "/bench/server")
  local lua = machine.luas[1]
  local function row(bar)
    return { { work = "full call, " .. lua.name, bar = bar,
      command = ("%sbench/programs/call.lua %s 4000"):format(lua.run, url) } }
  end
  local function against(name, command, bar)
    harness.group { rows = row(bar), floor = { name = name, command = command } }
  end
  against("boto3", ("python3 %sboto3_call.py %s 500"):format(PEERS, url), 1 / 15)
  against("npm's aws4 and node's http", ("node %saws4_call.js %s 3000"):format(PEERS, url))
  against("@aws-sdk/client-glacier", ("node %ssdk_call.js %s 1000"):format(PEERS, url))
  one_call(url)
end
