-- A program that ended right after it had waited for a task that slept was
-- ended by a signal: luv breaks where a timer is closed and not let go.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

local PROGRAM = [[
require "luv"
local glacier = require "glacier"
local client = assert(glacier.client { max_attempts = 2 })
local task = glacier.spawn(function()
  return client:initiate_job { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
end)
local way = ...
if way == "close" then
  client:close()
elseif way == "block" or way == "both" then
  client:initiate_job { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
end
if way == "both" then
  client:close()
elseif not way then
  print(task:wait().jobId)
end
]]

local lua = "lua" .. shell.version
if not shell.has(lua) or select(2, shell.run(lua .. " -e 'require [[luv]]'")) ~= 0 then
  assert(not os.getenv "CI", "there is no luv for " .. lua)
  pending("there is no luv for " .. lua)
  return
end

it("a program may end once it has waited for a task", function()
  local server = endpoint.start()
  finally(function()
    server:stop()
  end)
  for _ = 1, 5 do
    server:reset()
    server:play { "initiate_job/throttling", "initiate_job/success" }
    local output, status = shell.run(shell.environment(server) .. lua .. " -e " ..
      shell.quote(PROGRAM))
    assert.equal(0, status, output)
  end
end)

-- A task is amid its call then, and its handles are the loop's.
for _, way in ipairs { "close", "block", "both", "leave" } do
  it("a program may end amid a task, by way of " .. way, function()
    local server = endpoint.start()
    finally(function()
      server:stop()
    end)
    for _ = 1, 5 do
      server:reset()
      server:play({ recording = "initiate_job/success" }, { repeat_last = true })
      local output, status = shell.run(shell.environment(server) .. lua .. " -e " ..
        shell.quote("local function run(...) " .. PROGRAM .. " end run('" .. way .. "')"))
      assert.equal(0, status, output)
    end
  end)
end
