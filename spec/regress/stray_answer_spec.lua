-- An answer that nobody had asked for, left on a kept-alive connection, was
-- taken for the next call's: a job id that was not that call's.

local clients = require("spec.support.clients")
local faults = require("spec.support.faults")

local function answer(id)
  return "HTTP/1.1 202 Accepted\r\nx-amz-job-id: " .. id .. "\r\nContent-Length: 0\r\n\r\n"
end

it("an answer nobody asked for is no call's", function()
  local server = faults.start()
  server:play({
    faults.at("request", faults.send(answer("ONE") .. answer("STRAY")), faults.keep()),
    faults.at("request", faults.send(answer("TWO"))),
  })
  local client = clients.new(server, { reconcile = false })
  assert.are.equal("ONE", assert(client:initiate_job({ vaultName = "v" })).jobId)
  assert.are.equal("TWO", assert(client:initiate_job({ vaultName = "v" })).jobId)
  clients.close_all()
  server:stop()
end)
