-- A credentials function that calls its own client was told so in its own
-- coroutine alone: in another that it resumed, or in a program without the
-- library debug, each call called the function again, without end.

local shell = require "spec.support.shell"

local PROGRAM = [[
%s
local glacier = require "glacier"
local depth, client, call = 0, nil, nil
local PARAMS = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
local function plain(run) return run() end
local function nested(run)
  local result, err
  coroutine.wrap(function() result, err = run() end)()
  return result, err
end
local function twice(run)
  return nested(function() return nested(run) end)
end
local ways = { plain = plain, nested = nested, twice = twice }
for _, outer in ipairs { "plain", "nested" } do
  for _, inner in ipairs { "plain", "nested", "twice" } do
    depth = 0
    client = assert(glacier.client { region = "us-west-2", endpoint_url = "http://127.0.0.1:1",
      max_attempts = 1, host = %s, credentials = function()
        depth = depth + 1
        if depth > 20 then error("it does not end", 0) end
        local _, err = ways[inner](function() return client:initiate_job(PARAMS) end)
        return nil, err
      end })
    for _ = 1, 2 do -- what was told once is told again
      depth = 0
      local _, err = ways[outer](function() return client:initiate_job(PARAMS) end)
      print(depth, tostring(err))
    end
  end
end
]]

for _, missing in ipairs { "", "debug = nil; package.loaded.debug = nil" } do
  for _, host in ipairs { '"blocking"', '"auto"' } do
    it("a credentials function is told that it calls its client " .. missing .. host, function()
      local output, status = shell.run(("timeout 20 %s -e %s"):format(
        "env LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH=" .. shell.quote(shell.build .. "/?.so;;")
          .. " " .. shell.quote(shell.interpreter), shell.quote(PROGRAM:format(missing, host))))
      assert.equal(0, status, output)
      local count = 0
      for depth, message in output:gmatch "(%d+)\t([^\n]+)" do
        count = count + 1
        assert.equal("1", depth, message)
        assert.truthy(message:find("calls the client that it is to give", 1, true), message)
      end
      assert.equal(12, count, output)
    end)
  end
end
