-- In Lua 5.1, where nothing can be caught in a coroutine, a credentials
-- function that raised made the next call say that it had called the client.

local glacier = require "glacier"

it("a credentials function that raises is asked again by the next call", function()
  local count = 0
  local client = assert(glacier.client {
    region = "us-west-2", endpoint_url = "http://127.0.0.1:1", max_attempts = 1,
    credentials = function()
      count = count + 1
      error("boom " .. count, 0)
    end,
  })
  local told = {}
  local thread = coroutine.create(function()
    for i = 1, 3 do
      local _, response, err = pcall(client.initiate_job, client,
        { vaultName = "v", jobParameters = { Type = "inventory-retrieval" } })
      told[i] = tostring(err or response)
    end
  end)
  assert(coroutine.resume(thread))
  client:close()
  for i = 1, 3 do
    assert.truthy(told[i]:find("boom " .. i, 1, true), told[i])
  end
end)
