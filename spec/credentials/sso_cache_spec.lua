local cache = require "glacier.credentials.sso_cache"
local cjson = require "cjson"

describe("the SSO token's file", function()
  local REPLACED = {
    { "{}", '{"a": "x", "b": "y"}' },
    { " { } ", '{"a": "x", "b": "y"}' },
    { '{"a":1}', '{"a": "x", "b": "y"}' },
    { '{"b":[1,{"a":2}],"c":{"a":"}"}}', '{"b": "y", "c": {"a":"}"}, "a": "x"}' },
    { '{"a":"old","a":"older"}', '{"a": "x", "b": "y"}' },
    { '{"\\u0061":"old","c":"\\\\"}', '{"a": "x", "c": "\\\\", "b": "y"}' },
    { '{"c":"\\"","d":"\\\\\\"","e":-1.5e3,"f":true\n,\t"g":null\r\n}',
      '{"c": "\\"", "d": "\\\\\\"", "e": -1.5e3, "f": true, "g": null, "a": "x", "b": "y"}' },
    { '{"c\\"}":"a"}', '{"c\\"}": "a", "a": "x", "b": "y"}' },
    { '{"c":[[],[[]],{},"]"],"d":{"e":{"f":"{"}}}',
      '{"c": [[],[[]],{},"]"], "d": {"e":{"f":"{"}}, "a": "x", "b": "y"}' },
  }
  for _, case in ipairs(REPLACED) do
    it("has members replaced in " .. case[1], function()
      local text = cache.replace_members(case[1], { a = "x", b = "y" })
      assert.equal(case[2], text)
      local expected = cjson.decode(case[1])
      expected.a, expected.b = "x", "y"
      assert.same(expected, cjson.decode(text))
    end)
  end

  it("gets values that JSON must escape", function()
    local text = cache.replace_members("{}", { a = '"\\\n/\195\182' })
    assert.equal('"\\\n/\195\182', cjson.decode(text).a)
  end)
end)
