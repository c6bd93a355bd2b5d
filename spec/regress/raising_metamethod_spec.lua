-- A metamethod of the user's tables that raised, or answered differently the
-- second time, went through validation into the request.

local model = require("glacier.model")
local serialize = require("glacier.call.serialize")
local validate = require("glacier.call.validate")

it("metamethods of parameters are not run", function()
  local function fail()
    error("a metamethod was run")
  end
  local meta = { __index = fail, __pairs = fail, __len = fail, __tostring = fail }
  local params = setmetatable({
    vaultName = "v",
    jobParameters = setmetatable({ Type = "inventory-retrieval" }, meta),
  }, meta)
  local operation = model.operations.initiate_job
  assert.is_true(validate(params, operation, "full"))
  assert.are.equal('{"Type":"inventory-retrieval"}', serialize.request(params, operation).body)
end)
