local digest = require "glacier.core.digest"
local tree_hashes = require "spec.vectors.tree_hashes"

local EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
local MEBIBYTE = 1048576

local function bytes_of(hex)
  return (hex:gsub("%x%x", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

describe("glacier.core.digest", function()
  -- FIPS 180-4, examples.
  local hashes = {
    { "sha256", "", EMPTY },
    { "sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "sha256", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "sha256", ("a"):rep(1000000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    { "sha256", "\0", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
    { "sha1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
    { "sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
  }

  for _, case in ipairs(hashes) do
    it(("%s of %d bytes"):format(case[1], #case[2]), function()
      assert.equal(case[3], digest[case[1]](case[2]))
      assert.equal(bytes_of(case[3]), digest[case[1]](case[2], true))
    end)
  end

  -- RFC 4231, test cases 1, 2, 3, 4, 6 and 7.
  local macs = {
    { ("\11"):rep(20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "Jefe", "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { ("\170"):rep(20), ("\221"):rep(50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { bytes_of("0102030405060708090a0b0c0d0e0f10111213141516171819"), ("\205"):rep(50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    { ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { ("\170"):rep(131), "This is a test using a larger than block-size key and a larger " ..
      "than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
  }

  for i, case in ipairs(macs) do
    it("HMAC-SHA-256, example " .. i, function()
      assert.equal(case[3], digest.hmac_sha256(case[1], case[2]))
      assert.equal(bytes_of(case[3]), digest.hmac_sha256(case[1], case[2], true))
    end)
  end

  it("HMAC-SHA-256 with an empty key and no data", function()
    assert.equal("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
      digest.hmac_sha256("", ""))
  end)

  for _, case in ipairs(tree_hashes) do
    local text, count, expected = case[1], case[2], case[3]

    it(("tree hash of %d bytes"):format(#text * count), function()
      assert.equal(expected, digest.tree_hash(text:rep(count)))
      assert.equal(bytes_of(expected), digest.tree_hash(text:rep(count), true))
    end)
  end

  for _, size in ipairs({ 1, 1000, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE }) do
    it("tree hash in pieces of " .. size, function()
      local data = ("0"):rep(3 * MEBIBYTE + 5):gsub("(0)(0)", "%1\1")
      data = size < 1000 and data:sub(1, 5000) or data
      local hasher = digest.tree_hasher()
      for from = 1, #data, size do
        assert.equal(hasher, hasher:update(data:sub(from, from + size - 1)))
      end
      assert.equal(digest.tree_hash(data), hasher:finish())
    end)
  end

  it("gives both hashes of the same bytes", function()
    for _, data in ipairs({ "", "x", ("ab"):rep(MEBIBYTE / 2), ("ab"):rep(MEBIBYTE / 2) .. "c",
      ("0123456789abcde"):rep(MEBIBYTE / 4) }) do
      local sha256, tree_hash = digest.hashes(data)
      assert.equal(digest.sha256(data), sha256)
      assert.equal(digest.tree_hash(data), tree_hash)
      assert.same({ bytes_of(sha256), bytes_of(tree_hash) }, { digest.hashes(data, true) })
    end
  end)

  it("tree hash of two mebibytes is the hash of their hashes", function()
    local a, b = ("a"):rep(MEBIBYTE), ("b"):rep(77)
    assert.equal(digest.sha256(digest.sha256(a, true) .. digest.sha256(b, true)),
      digest.tree_hash(a .. b))
  end)

  it("tree hash of nothing", function()
    assert.equal(EMPTY, digest.tree_hasher():finish())
    assert.equal(EMPTY, digest.tree_hasher():update(""):finish())
  end)

  it("keeps hashers apart", function()
    local a, b = digest.tree_hasher(), digest.tree_hasher()
    a:update("he")
    b:update("other")
    a:update("llo")
    assert.equal(digest.sha256("hello"), a:finish())
    assert.equal(digest.sha256("other"), b:finish())
  end)

  it("uuid: random, of version 4", function()
    local seen = {}
    for _ = 1, 1000 do
      local uuid = digest.uuid()
      assert.is_truthy(uuid:find("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"))
      assert.is_nil(seen[uuid])
      seen[uuid] = true
    end
  end)

  it("random: from 0 to 1, all over", function()
    local low, high = 1, 0
    for _ = 1, 1000 do
      local number = digest.random()
      low, high = math.min(low, number), math.max(high, number)
    end
    assert.is_true(low >= 0 and low < 0.1 and high > 0.9 and high <= 1)
  end)

  describe("raises for", function()
    local misuse = {
      { "data that is a number", function() digest.sha256(5) end },
      { "no data", function() digest.sha256() end },
      { "no key", function() digest.hmac_sha256(nil, "") end },
      { "a table", function() digest.tree_hash({}) end },
      { "a number for both hashes", function() digest.hashes(5) end },
      { "a hasher's method without the hasher", function() digest.tree_hasher().update("x") end },
      { "a piece that is no string", function() digest.tree_hasher():update(nil) end },
    }

    for _, case in ipairs(misuse) do
      it(case[1], function()
        assert.has_error(case[2])
      end)
    end
  end)
end)
