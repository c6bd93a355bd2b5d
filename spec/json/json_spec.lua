local json = require "glacier.json"

describe("glacier.json", function()
  describe("decodes", function()
    local cases = {
      { '{"a":[1,"x",true]}', { a = { 1, "x", true } } },
      { ' \t\r\n{"a":{}} ', { a = {} } },
      { '"\\u00e9\\ud83e\\uddca\\/"', "\195\169\240\159\167\138/" },
      { "false", false },
      { '"a\\u0000b"', "a\0b" },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.same(case[2], (json.decode(case[1])))
      end)
    end

    it("null as a value of its own", function()
      assert.equal(json.null, json.decode("null"))
      assert.equal(json.null, json.decode('{"a":null}').a)
      assert.not_equal("table", type(json.null))
    end)
  end)

  describe("tells of, without raising,", function()
    local wrong = { "", " ", "{", "{]", "{'a':1}", '{"a":1,}', "NaN", "[Infinity]", "[-nan]",
      "[0x10]", "<html>", '"\\ud800"', "\0{}", "{\0}", '{"a":1} x', ("["):rep(200),
      ("{\"a\":"):rep(200), "\239\187\191{}" }
    for i, text in ipairs(wrong) do
      it("what is no JSON (" .. i .. ")", function()
        local value, message = json.decode(text)
        assert.is_nil(value)
        assert.is_string(message)
        assert.is_nil(json.decode_object(text))
      end)
    end

    it("what is nested too deep", function()
      assert.is_nil((json.decode(("["):rep(100000))))
      assert.is_table(json.decode(("["):rep(99) .. ("]"):rep(99)))
    end)
  end)

  it("tells an object from other values", function()
    assert.same({}, json.decode_object("{}"))
    assert.same({ a = 1 }, json.decode_object('\n{"a":1}'))
    for _, text in ipairs({ "[]", "[{}]", '"{"', "1", "null", "true", " [1]" }) do
      assert.is_nil(json.decode_object(text))
    end
  end)

  describe("keeps whole numbers", function()
    local LARGEST = rawget(math, "maxinteger")
    local texts = { "0", "-1", "9007199254740992", "-9007199254740991", "123456789012" }

    local function decoded(text)
      local object = json.decode_object('{"a":[{"b":' .. text .. "}]}")
      return object.a[1].b
    end

    it("up to 2^53, in every Lua", function()
      for _, text in ipairs(texts) do
        assert.equal(text, ("%.0f"):format(decoded(text)))
      end
    end)

    it("beyond it where Lua has integers", function()
      for _, text in ipairs({ "9007199254740993", "-9007199254740993", "9223372036854775807",
        "-9223372036854775808" }) do
        if LARGEST then
          assert.equal(text, tostring(decoded(text)))
        else
          assert.is_number(decoded(text))
        end
      end
      assert.is_number(decoded("9223372036854775808"))
      assert.is_number(decoded(("9"):rep(300)))
    end)

    it("and all else as it is", function()
      local text = '{"9007199254740993":"9007199254740993","a\\"":"\\\\","b":1234567890123456.5,' ..
        '"c":12345678901234567e2,"d":[true,null,"\\u0000#1"],"e":"x9007199254740993"}'
      local without = '{"9007199254740993":"9007199254740993","a\\"":"\\\\","b":1234567890123456.5,' ..
        '"c":12345678901234567e2,"d":[true,null],"e":"x9007199254740993"}'
      local object = json.decode_object(text)
      assert.equal("\0#1", object.d[3])
      for _, each in ipairs({ object, json.decode_object(without) }) do
        assert.equal("9007199254740993", each["9007199254740993"])
        assert.equal("\\", each['a"'])
        assert.equal(1234567890123456.5, each.b)
        assert.equal(12345678901234567e2, each.c)
        assert.equal(json.null, each.d[2])
        assert.equal("x9007199254740993", each.e)
      end
    end)

    it("and tells what is no JSON still", function()
      for _, text in ipairs({ '{"a":9007199254740993', '{"a":9007199254740993,}', '{9007199254740993:1}',
        '{"a":"9007199254740993', '{"a":09007199254740993}', '{"a":"\\', '{"a":1234567890123456-7}' }) do
        assert.is_nil(json.decode_object(text))
      end
    end)
  end)

  it("quotes a text so that it reads back the same", function()
    local all = {}
    for code = 0, 127 do
      all[#all + 1] = string.char(code)
    end
    all = table.concat(all) .. "\\/\\\\/ \195\169\240\159\167\138"
    assert.equal(all, json.decode(json.quote(all)))
    assert.equal('"a/b\\\\/c"', json.quote("a/b\\/c"))
    assert.equal('""', json.quote(""))
  end)

  it("neither takes nor leaves settings", function()
    local cjson = require "cjson"
    local name = '{"a":NaN}'
    local before = pcall(cjson.decode, name)
    assert.is_nil((json.decode(name)))
    assert.equal(before, (pcall(cjson.decode, name)))
    cjson.decode_max_depth(2)
    assert.is_table(json.decode("[[[[1]]]]"))
    cjson.decode_max_depth(1000)
  end)

  -- RFC 3629, section 4: all two-byte starts by hand, all pairs by machine.
  it("knows UTF-8 by its first two bytes", function()
    for first = 128, 255 do
      for second = 0, 255 do
        local tail = first >= 240 and "\128\128" or first >= 224 and "\128" or ""
        local is_tail = second >= 128 and second <= 191
        local valid = first >= 194 and first <= 244 and is_tail and
          not (first == 224 and second < 160) and not (first == 237 and second > 159) and
          not (first == 240 and second < 144) and not (first == 244 and second > 143)
        assert.equal(valid, json.is_utf8(string.char(first, second) .. tail))
      end
    end
  end)

  it("knows UTF-8 in what surrounds a sequence", function()
    for _, sequence in ipairs({ "\195\169", "\226\130\172", "\240\159\167\138" }) do
      assert.is_true(json.is_utf8("a" .. sequence .. sequence .. "z\0"))
      assert.is_false(json.is_utf8(sequence .. "\128"))
      assert.is_false(json.is_utf8("\226" .. sequence))
      assert.is_false(json.is_utf8("\240" .. sequence .. "\128"))
      for cut = 1, #sequence - 1 do
        for _, inner in ipairs({ "\195\169", "\226\130\172", "\240\159\167\138" }) do
          assert.is_false(json.is_utf8(sequence:sub(1, cut) .. inner .. sequence:sub(cut + 1)))
        end
        assert.is_false(json.is_utf8(sequence:sub(1, cut)))
        assert.is_false(json.is_utf8(sequence:sub(1, cut) .. sequence))
        assert.is_false(json.is_utf8(sequence:sub(1, cut) .. "a" .. sequence:sub(cut + 1)))
      end
    end
    assert.is_true(json.is_utf8(""))
  end)
end)
