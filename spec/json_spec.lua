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
