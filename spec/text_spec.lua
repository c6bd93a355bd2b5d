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

describe("text.lower and text.upper", function()
  it("change the letters of ASCII", function()
    assert.equal("az[`{@ 09i\221\253\195\156", text.lower "AZ[`{@ 09I\221\253\195\156")
    assert.equal("AZ[`{@ 09I\221\253\195\188", text.upper "az[`{@ 09i\221\253\195\188")
    assert.equal("a\0b", text.lower "A\0B")
  end)

  it("give one value", function()
    assert.equal(1, select("#", text.lower "A"))
    assert.equal(1, select("#", text.upper "a"))
  end)
end)

describe("text.sort", function()
  it("goes by bytes", function()
    assert.same({ "", "A", "B", "B\0", "Ba", "a", "b", "\195\132", "\228" },
      text.sort { "b", "\228", "a", "Ba", "B\0", "B", "A", "", "\195\132" })
  end)

  it("calls nothing before itself", function()
    assert.is_false(text.is_before("a", "a"))
    assert.is_true(text.is_before("a", "aa"))
    assert.is_false(text.is_before("aa", "a"))
  end)
end)

describe("text.to_number reads", function()
  for digits, number in pairs {
    ["0"] = 0, ["12"] = 12, ["0.25"] = 1 / 4, ["1."] = 1, ["007.5"] = 15 / 2,
    ["0.1"] = 1 / 10, ["123456789.125"] = 123456789125 / 1000,
  } do
    it(digits, function()
      assert.equal(number, text.to_number(digits))
    end)
  end

  for _, wrong in ipairs { "", ".", ".5", "-1", "1,5", "0x10", "1e3", " 1", "1 ", "inf" } do
    it(("nothing in %q"):format(wrong), function()
      assert.is_nil(text.to_number(wrong))
    end)
  end
end)

describe("text.of shows", function()
  it("numbers with a point, and other values as they are", function()
    assert.equal("-0.5", text.of(-1 / 2))
    assert.equal("1e+300", text.of(1e300))
    assert.equal(tostring(1 / 0), text.of(1 / 0))
    assert.equal("true", text.of(true))
    assert.equal("1,5", text.of "1,5")
  end)
end)

describe("text.quote", function()
  it("is read as the same by Lua", function()
    local raw = "a\"b\\c\0001\n\r\127\128\255'%"
    local load = loadstring or load -- luacheck: ignore 113
    assert.equal(raw, assert(load("return " .. text.quote(raw)))())
  end)
end)
