-- no_proxy of the environment turned off the client's own option `proxy`.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

local PROGRAM = [[
local client = assert(require("glacier").client { proxy = %q, max_attempts = 1 })
local response, err = client:initiate_job { vaultName = "v" }
client:close()
print(response and "done" or tostring(err))
]]

local server

setup(function()
  server = endpoint.start()
end)

teardown(function()
  server:stop()
end)

local function run(url, proxy, variables)
  server:reset()
  server:play { "initiate_job/success" }
  return (shell.check(shell.environment { url = url } .. variables .. " lua" .. shell.version ..
    " -e " .. shell.quote(PROGRAM:format(proxy))):match "^[^\n]*"), server:requests()
end

it("the option `proxy` goes before no_proxy", function()
  local said, requests = run("http://glacier.invalid", server.url, "no_proxy='*' NO_PROXY='*'")
  assert.are.equal("done", said)
  assert.are.equal("http://glacier.invalid/-/vaults/v/jobs", requests[1].target)
end)

it("an empty one goes before the variables", function()
  local said, requests = run(server.url, "", "http_proxy=http://127.0.0.1:1")
  assert.are.equal("done", said)
  assert.are.equal("/-/vaults/v/jobs", requests[1].target)
end)
