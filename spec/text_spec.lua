local text = require "glacier.text"

describe("text.trim", function()
  for raw, trimmed in pairs {
    [""] = "", [" "] = "", ["a"] = "a", [" a"] = "a", ["a \r\n"] = "a", ["\t a b \t"] = "a b",
  } do
    it(("of %q"):format(raw), function()
      assert.equal(trimmed, text.trim(raw))
    end)
  end
end)
