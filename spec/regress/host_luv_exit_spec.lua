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
print(task:wait().jobId)
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
