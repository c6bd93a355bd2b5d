-- A program that closes all handles of its loop, as many do before they end or
-- between two tests, closes those of the library too: later calls waited for
-- what could not come.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

local PROGRAM = [[
local uv = require "luv"
local glacier = require "glacier"
local client = assert(glacier.client { max_attempts = 2 })
local params = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
local function spawn()
  return glacier.spawn(function() return client:initiate_job(params) end)
end
local function close_all()
  uv.walk(function(handle)
    if not handle:is_closing() then
      handle:close()
    end
  end)
end
print(spawn():wait().jobId)
for i = 1, 3 do
  close_all()
  if i > 1 then
    uv.run()
  end
  if i > 2 then
    collectgarbage()
    print(assert(client:initiate_job(params)).jobId)
  end
  local tasks = { spawn(), spawn() }
  print(tasks[1]:wait().jobId, tasks[2]:wait().jobId)
end
client:close()
close_all()
uv.run()
print "done"
]]

local lua = "lua" .. shell.version
if not shell.has(lua) or select(2, shell.run(lua .. " -e 'require [[luv]]'")) ~= 0 then
  assert(not os.getenv "CI", "there is no luv for " .. lua)
  pending("there is no luv for " .. lua)
  return
end

it("calls go on after a program has closed all handles of its loop", function()
  local server = endpoint.start()
  finally(function()
    server:stop()
  end)
  server:play({ "initiate_job/throttling", "initiate_job/success" }, { repeat_last = true })
  local output, status = shell.run(shell.environment(server) .. "timeout 20 " .. lua .. " -e " ..
    shell.quote(PROGRAM))
  assert.equal(0, status, output)
  assert.truthy(output:find("done", 1, true), output)
end)
