-- Of several calls under way when the clock was found to be off, only the first
-- was mended: the others measured by the clock that it had set.

local clients = require "spec.support.clients"

local OFF = 3600

it("calls under way together are all mended once the clock is known", function()
  local client = clients.new({ url = "http://127.0.0.1:1" }, { max_attempts = 1 })
  local transport = client.transport
  local sent = 0
  clients.replace_transport(client, {
    host = transport.host,
    close = function() end,
    send = function()
      sent = sent + 1
      local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + OFF)
      if sent > 3 then
        return { status = 202, reason = "", body = "", headers = { ["x-amz-job-id"] = "J" .. sent } }
      end
      coroutine.yield()
      return { status = 403, reason = "", body = "", headers = {
        ["x-amzn-errortype"] = "InvalidSignatureException", date = date,
      } }
    end,
  })
  local threads = {}
  for i = 1, 3 do
    threads[i] = coroutine.create(function()
      return client:initiate_job {
        vaultName = "v", jobParameters = { Type = "inventory-retrieval", Description = "" .. i },
      }
    end)
    assert(coroutine.resume(threads[i]))
  end
  for i = 1, 3 do
    local _, response, err = coroutine.resume(threads[i])
    assert.is_table(response, tostring(err))
  end
  assert.is_true(math.abs(client.clock.offset - OFF) <= 1)
  transport:close()
end)
