local timestamp = require "glacier.timestamp"

local LUA = os.getenv "GLACIER_SPEC_LUA" or "lua5.4"

-- Epoch seconds by `date -u -d TEXT +%s`.
local TIMES = {
  { "1970-01-01T00:00:00Z", 0 },
  { "1969-12-31T23:59:59Z", -1 },
  { "2000-02-29T12:00:00Z", 951825600 },
  { "2012-05-25T00:24:53Z", 1337905493 },
  { "2024-02-29T23:59:59Z", 1709251199 },
  { "2024-03-01T00:00:00Z", 1709251200 },
  { "2026-01-02T03:04:05Z", 1767323045 },
  { "2026-12-31T23:59:59Z", 1798761599 },
  { "2038-01-19T03:14:08Z", 2147483648 },
  { "2100-02-28T23:59:59Z", 4107542399 },
  { "2100-03-01T00:00:00Z", 4107542400 },
  { "9999-12-31T23:59:59Z", 253402300799 },
}

local OTHER_FORMS = {
  { "2026-01-02T03:04:05UTC", 1767323045 },
  { "2026-01-02T03:04:05", 1767323045 },
  { "2026-01-02t03:04:05z", 1767323045 },
  { "2026-01-02 03:04:05Z", 1767323045 },
  { "20260102T030405Z", 1767323045 },
  { "2026-01-02T03:04:05+00:00", 1767323045 },
  { "2026-01-02T04:34:05+01:30", 1767323045 },
  { "2026-01-01T19:04:05-0800", 1767323045 },
  { "2026-01-02T03:04:05.250Z", 1767323045.25 },
  { "2026-01-02T03:04:05.5+00:00", 1767323045.5 },
  { "2026-01-02T03:04:05,5Z", 1767323045.5 },
  { "2026-06-30T23:59:60Z", 1782864000 },
  { "2026-01-02", 1767312000 },
  { "20260102", 1767312000 },
  { "2026-01-02T03:04Z", 1767323040 },
  { "2026-01-02T03:04", 1767323040 },
  { "20260102T0304+0100", 1767319440 },
  { "2026-01-02T03:04:05+00", 1767323045 },
  { "2026-01-01T24:00:00Z", 1767312000 },
}

local REFUSED = {
  "", "now", "2026", "2026-01", "2026-1-2T03:04:05Z", "2026-01-02T03Z", "2026-01-02Z",
  "2026-13-02T03:04:05Z", "2026-00-02T03:04:05Z", "2026-01-32T03:04:05Z",
  "2026-01-00T03:04:05Z", "2026-02-29T03:04:05Z", "2100-02-29T03:04:05Z",
  "2026-04-31T03:04:05Z", "2026-01-02T24:04:05Z", "2026-01-02T03:60:05Z",
  "2026-01-02T03:04:61Z", "2026-01-02T03:04:05PST", "2026-01-02T03:04:05+1", "2026-01-02T03:04:60Z",
  "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+00:60", "2026-01-02T03:04:05.Z",
  "2026-01-02T03:04:05Z ", " 2026-01-02T03:04:05Z", "2026-01-02T03:04:05ZZ",
  "2026-01-02T03:04:05Z\n", "-026-01-02T03:04:05Z", "1767323045",
}

describe("timestamp", function()
  for _, case in ipairs(TIMES) do
    it("reads and writes " .. case[1], function()
      assert.equal(case[2], timestamp.parse(case[1]))
      assert.equal(case[1], timestamp.format(case[2]))
    end)
  end

  for _, case in ipairs(OTHER_FORMS) do
    it("reads " .. case[1], function()
      assert.equal(case[2], timestamp.parse(case[1]))
    end)
  end

  for _, text in ipairs(REFUSED) do
    it(("refuses %q"):format(text), function()
      assert.is_nil(timestamp.parse(text))
    end)
  end

  it("refuses what is no string", function()
    for _, value in ipairs { 1767323045, true, {}, print } do
      assert.is_nil(timestamp.parse(value))
    end
    assert.is_nil(timestamp.parse(nil))
  end)

  it("cuts a fraction when it writes", function()
    assert.equal("2026-01-02T03:04:05Z", timestamp.format(1767323045.999))
    assert.equal("1969-12-31T23:59:59Z", timestamp.format(-0.5))
  end)

  it("does not depend on the time zone, nor on daylight saving", function()
    local code = [[
      package.path = "lua/?.lua;" .. package.path
      local timestamp = require "glacier.timestamp"
      io.write(timestamp.parse "2026-07-02T03:04:05Z", " ", timestamp.format(1767323045))
    ]]
    for _, zone in ipairs { "UTC0", "CET-1CEST", "PST8PDT", "NZST-12NZDT" } do
      local pipe = assert(io.popen(("TZ=%s %s -e '%s'"):format(zone, LUA, code)))
      local text = pipe:read "*a"
      pipe:close()
      assert.equal("1782961445 2026-01-02T03:04:05Z", text)
    end
  end)

  it("reads each day of 400 years in its turn", function()
    local lengths = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
    local expected = timestamp.parse "1900-01-01T00:00:00Z"
    for year = 1900, 2299 do
      for month = 1, 12 do
        local last = lengths[month]
        if month == 2 and (year % 400 == 0 or year % 100 ~= 0 and year % 4 == 0) then
          last = 29
        end
        for day = 1, last do
          local text = ("%04d-%02d-%02dT00:00:00Z"):format(year, month, day)
          if timestamp.parse(text) ~= expected then
            assert.equal(expected, timestamp.parse(text), text)
          end
          expected = expected + 86400
        end
        local text = ("%04d-%02d-%02dT00:00:00Z"):format(year, month, last + 1)
        assert.is_nil(timestamp.parse(text))
      end
    end
  end)
end)
