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

-- A task sleeps, or a refresh ahead of time is under way beside the calls.
local BESIDE = [[
require "luv"
local glacier = require "glacier"
local way, ending = ...
local job = { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } }
local client
local asked = 0
local function credentials()
  asked = asked + 1
  if asked > 1 then
    client:sleep(30)
  end
  return { access_key_id = "AKID", secret_access_key = "secret", session_token = "token",
    expiration = os.time() + 720 }
end
client = assert(glacier.client { credentials = way == "refresh" and credentials or nil })
if way == "refresh" then
  glacier.spawn(function()
    client:initiate_job(job)
    client:initiate_job(job)
  end):wait()
  assert(asked == 2, "no refresh has begun")
else
  glacier.spawn(function()
    client:sleep(30)
  end)
  client:initiate_job(job)
end
if ending == "close" or ending == "collect" then
  client:close()
end
if ending == "collect" then
  client = nil
  collectgarbage()
  collectgarbage()
elseif ending == "exit" then
  os.exit(0)
elseif ending == "exit and close" then
  os.exit(0, true)
end
]]

for _, way in ipairs { "refresh", "sleep" } do
  for _, ending in ipairs { "leave", "close", "collect", "exit", "exit and close" } do
    it(("a program may end amid a %s, by way of %s"):format(way, ending), function()
      local server = endpoint.start()
      finally(function()
        server:stop()
      end)
      server:play({ recording = "initiate_job/success" }, { repeat_last = true })
      local output, status = shell.run(shell.environment(server) .. "timeout 5 " .. lua .. " -e " ..
        shell.quote("local function run(...) " .. BESIDE .. " end run('" .. way .. "', '" ..
          ending .. "')"))
      assert.equal(0, status, output)
    end)
  end
end
