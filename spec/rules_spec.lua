local rules = require "glacier.rules"

local HUGE_DIGITS = ("1"):rep(200000)

-- Each rule: what it takes, and what it refuses.
local CASES = {
  account_id = {
    right = { "-", "123456789012", "000000000000" },
    wrong = { "", "--", "12345678901", "1234567890123", "1234-5678-9012", "12345678901a",
      " 123456789012", "123456789012\n", "-123456789012", "\0", "1.3456789012", "-\0" },
  },
  vault_name = {
    right = { "a", "examplevault", "A-Z_a.z-0", ".", "..", "-", "_", "0", ("v"):rep(255), "arn",
      "arnold" },
    wrong = { "a b", "a/b", "a:b", "\195\169", "a\0", "a\n", "\127", "a%b", "a+b",
      "arn:aws:glacier:us-west-2:111122223333:vaults/examplevault" },
  },
  printable_ascii = {
    right = { "", " ", "~", "My inventory job", (" "):rep(1024), "\\\"%'" },
    wrong = { "\31", "\127", "\n", "\t", "\0", "a\0b", "caf\195\169", "\255", "\128" },
  },
  archive_id = {
    right = { "", "NkbByEejwEggmBz2fTHgJrg0XBoDfjP4q6iu87-TjhqG6eGoOY9Z8i1_", "a", "-", "a.b:c/d",
      "\195\169", "\226\130\172", "\194\161", ("a"):rep(1024) },
    wrong = { " ", "a b", "a\n", "\ra", "a\tb", "a\0", "\0", "\11", "\12", "\31", "a\127", "a\194\160",
      "\194\133", "a\226\128\168b", "\226\128\139", "\227\128\128a", "\239\187\191a" },
  },
  positive_integer = {
    right = { "1", "9", "10", "1000", "0001", "9007199254740993",
      "123456789012345678901234567890", HUGE_DIGITS },
    wrong = { "", "0", "000", "-1", "+1", "1.0", "1e3", "0x1", " 1", "1 ", "1\n", "one", "1\0",
      HUGE_DIGITS .. "x" },
  },
  retrieval_byte_range = {
    right = {
      "0-0", "0-1048575", "0-1048576", "1048576-2097151", "1048576-1048576", "3145728-4194303",
      "000-1", "0001048576-2097151", "1048576-0002097151", "0001048576-1048576",
      "9437184-10485760",
      "9007199254740992-9007199254740992", -- 2^53
      "9007199255789568-9007199256838143", -- 2^53 + 2^20
      "1208925819614629174706176-1208925819614629174706176", -- 2^80
    },
    wrong = {
      "", "-", "0", "0-", "-0", "0-1-2", "0 - 1", " 0-1", "0-1 ", "0-1\n", "a-b", "0x0-1",
      "bytes=0-1048575", "1-1048576", "1048575-2097151", "1048577-2097151", "2097152-1048576",
      "1048576-1048575", "1048576-0", "1048576-0000000001",
      "10485760-9999999", "-1048576-2097151", "0.0-1", "1e6-2e6", "0-1\0",
      "9007199254740993-9007199254740993", -- 2^53 + 1: a double would round it
      "9007199255789568-9007199255789567", -- END one below START
      "1208925819614629174706177-1208925819614629174706178",
      "1208925819614629174706176-1208925819614629174706175",
    },
  },
  date = {
    right = {
      "2013-03-20T17:03:43Z", "2013-03-20", "2013-03-20T17:03Z", "2013-03-20T17:03:43.123Z",
      "2013-03-20T17:03:43,5Z", "2013-03-20T17:03:43+01:00", "2013-03-20T17:03:43-0730",
      "2013-03-20T17:03:43+05", "2013-03-20T17:03:43", "20130320", "20130320T170343Z",
      "20130320T1703Z", "20130320T170343+0100", "2012-02-29", "2000-02-29", "2013-01-31",
      "2013-04-30", "2013-12-31T23:59:60Z", "2013-03-20T24:00:00Z", "2013-03-20T00:00:00Z",
      "0001-01-01", "9999-12-31T23:59:59Z",
    },
    wrong = {
      "", "2013", "2013-03", "13-03-20", "2013-3-20", "2013-03-2", "2013-02-29", "1900-02-29",
      "2100-02-29", "2012-02-30", "2013-04-31", "2013-06-31", "2013-09-31", "2013-11-31",
      "2013-00-20", "2013-13-20", "2013-03-00", "2013-03-32", "2013-03-20T", "2013-03-20T17",
      "2013-03-20T25:00:00Z", "2013-03-20T24:00:01Z", "2013-03-20T24:01:00Z",
      "2013-03-20T24:00:00.1Z", "2013-03-20T17:60:00Z", "2013-03-20T17:03:60Z",
      "2013-03-20T17:59:61Z", "2013-03-20T17:03:43.Z", "2013-03-20T17:03:43z",
      "2013-03-20 17:03:43Z", "2013-03-20t17:03:43Z", "2013-03-20T17:03:43ZZ",
      "2013-03-20T17:03:43+24:00", "2013-03-20T17:03:43+01:60", "2013-03-20T17:03:43+1",
      "2013-03-20T17:03:43 Z", "2013-03-20T170343Z", "20130320T17:03:43Z", "2013-0320",
      "201303-20", " 2013-03-20", "2013-03-20 ", "2013-03-20\n", "2013-03-20Z", "1363799023",
      "20/03/2013", "yesterday", "2013-03-20T17:03:43Z\0", "2013\0-03-20",
      "2013-03-20T-1:03:43Z", "2013-03-20T17:-3:43Z",
    },
  },
}

describe("glacier.rules", function()
  it("has no rule without cases here", function()
    for name in pairs(rules) do
      assert.is_table(CASES[name])
    end
  end)

  for name, cases in pairs(CASES) do
    describe(name, function()
      it("takes what is right", function()
        for _, value in ipairs(cases.right) do
          assert.is_nil(rules[name](value), value:sub(1, 80))
        end
      end)

      it("says what is valid of what is wrong", function()
        for _, value in ipairs(cases.wrong) do
          assert.is_string(rules[name](value), value:sub(1, 80))
        end
      end)
    end)
  end

  it("takes every day of every month of a common and a leap year, and no other", function()
    local count = 0
    for _, year in ipairs({ 2013, 2016 }) do
      for month = 0, 13 do
        for day = 0, 32 do
          -- The C library's calendar: an impossible date comes back as another.
          local real = os.date("*t", os.time({ year = year, month = month, day = day, hour = 12 }))
          local is_real = real.month == month and real.day == day
          count = count + (is_real and 1 or 0)
          assert.equal(is_real, rules.date(("%04d-%02d-%02d"):format(year, month, day)) == nil)
        end
      end
    end
    assert.equal(365 + 366, count)
  end)

  it("tells an ARN from other wrong names", function()
    assert.truthy(rules.vault_name("arn:aws:glacier:us-west-2:111122223333:vaults/v"):find("ARN"))
    assert.falsy(rules.vault_name("a/b"):find("ARN"))
  end)
end)
