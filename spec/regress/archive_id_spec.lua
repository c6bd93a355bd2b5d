-- An ArchiveId with the newline or the blank that was copied along with it was
-- sent, and the service said that there is no such archive.

local model = require "glacier.model"
local validate = require "glacier.call.validate"

local operation = model.operations.initiate_job

local function problems_of(id, mode)
  local _, problems = validate({ vaultName = "v", jobParameters = {
    Type = "archive-retrieval", ArchiveId = id,
  } }, operation, mode)
  return problems
end

describe("an ArchiveId", function()
  for _, id in ipairs { "abc\n", " abc", "a bc", "abc\r", "a\tbc", "abc\0", "abc\27[0m", "abc\127",
    "abc\194\160", "\239\187\191abc", "abc\226\128\168" } do
    it(("%q is refused"):format(id), function()
      local problems = problems_of(id, "full")
      assert.are.equal(1, #problems)
      assert.are.equal("jobParameters.ArchiveId", problems[1].path)
      assert.truthy(problems[1].message:find("without white space and control characters", 1, true))
      assert.is_nil(problems_of(id, "shape"))
    end)
  end

  it("is taken without", function()
    assert.is_nil(problems_of("NkbByEejwEggmBz2fTHgJrg0XBoDfjP4q6iu87-TjhqG6eGoOY9Z8i1_", "full"))
  end)
end)
