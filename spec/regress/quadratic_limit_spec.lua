-- The pattern that judged Limit took quadratic time: a long string of zeros
-- with a letter at its end held the program for minutes.

local model = require("glacier.model")
local validate = require("glacier.call.validate")

it("a very long Limit is judged at once", function()
  local ok, problems = validate({
    vaultName = "v",
    jobParameters = {
      Type = "inventory-retrieval",
      InventoryRetrievalParameters = { Limit = ("0"):rep(1000000) .. "x" },
    },
  }, model.operations.initiate_job, "full")
  assert.is_nil(ok)
  assert.are.equal(1, #problems)
end)
