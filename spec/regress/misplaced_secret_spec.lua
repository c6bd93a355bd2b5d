-- A secret key in the wrong place was quoted by the error that said so.

local glacier = require "glacier"

local SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

local function shows(err)
  return (tostring(err) .. err.message):find(SECRET:sub(1, 12), 1, true) ~= nil
end

describe("a secret key is not shown", function()
  it("where a function gives the keys one by one", function()
    local client = assert(glacier.client {
      region = "us-west-2", credentials = function() return "AKIDEXAMPLE", SECRET end,
    })
    local _, err = client:initiate_job {
      vaultName = "v", jobParameters = { Type = "inventory-retrieval" },
    }
    client:close()
    assert.equal("credentials", err.kind)
    assert.is_false(shows(err))
  end)

  it("where it stands in the region's place", function()
    local _, err = glacier.client { region = SECRET }
    assert.equal("config", err.kind)
    assert.is_false(shows(err))
  end)
end)
