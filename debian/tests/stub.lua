-- All C modules load, and a call goes its whole way but for the network.

local glacier = require("glacier")

for _, name in ipairs({ "digest", "sigv4", "http", "file", "file_hash", "inventory", "process",
  "download" }) do
  require("glacier.core." .. name)
end

local client = assert(glacier.client({ region = "us-west-2" }))
local stub = glacier.stub(client)
stub:add_response("initiate_job", { jobId = "J" }, { vaultName = "examplevault" })
local response = client:initiate_job({ vaultName = "examplevault" })
assert(response and response.jobId == "J")
stub:assert_no_pending_responses()
assert(glacier.tree_hash("abc")
  == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
client:close()
print(_VERSION .. ": glacier " .. glacier.version)
