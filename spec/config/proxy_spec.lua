local proxy = require "glacier.config.proxy"

local HTTP, HTTPS = "http://glacier.example:8080/p", "https://glacier.example/p?q"
local P, Q = "http://p:1", "http://q:2"

describe("the proxy", function()
  it("is the option's, whatever the environment says", function()
    local environment = { https_proxy = Q, no_proxy = "*" }
    assert.are.equal(P, proxy.choose(HTTPS, P, environment))
    assert.are.equal("", proxy.choose(HTTPS, "", environment))
  end)

  it("is none where nothing says one", function()
    assert.are.equal("", proxy.choose(HTTPS, nil, {}))
    assert.are.equal("", proxy.choose(HTTPS, nil, { https_proxy = "", http_proxy = P }))
    assert.are.equal("", proxy.choose(HTTP, nil, { HTTP_PROXY = P, https_proxy = P }))
    assert.are.equal("", proxy.choose("no url", nil, { all_proxy = P }))
    assert.are.equal("", proxy.choose("ftp://h/", nil, { all_proxy = P }))
  end)

  for _, case in ipairs {
    { HTTP, { http_proxy = P, all_proxy = Q } },
    { HTTP, { all_proxy = P, ALL_PROXY = Q, https_proxy = Q } },
    { HTTP, { ALL_PROXY = P, HTTP_PROXY = Q, HTTPS_PROXY = Q } },
    { HTTPS, { https_proxy = P, HTTPS_PROXY = Q, all_proxy = Q } },
    { HTTPS, { https_proxy = "", HTTPS_PROXY = P, all_proxy = Q, http_proxy = Q } },
    { HTTPS, { all_proxy = P, ALL_PROXY = Q } },
    { HTTPS, { ALL_PROXY = P } },
    { "HTTPS://H/", { https_proxy = P } },
  } do
    local names = {}
    for name, value in pairs(case[2]) do
      names[#names + 1] = name .. "=" .. value
    end
    table.sort(names)
    it("of " .. case[1] .. " is the first of " .. table.concat(names, " "), function()
      assert.are.equal(P, proxy.choose(case[1], nil, case[2]))
    end)
  end

  it("is settled where it is the same for all URLs", function()
    assert.are.equal("", proxy.settled(nil, { no_proxy = "a", HTTP_PROXY = P, http_proxy = "" }))
    assert.are.equal("", proxy.settled("", { http_proxy = P }))
    assert.are.equal(Q, proxy.settled(Q, { http_proxy = P }))
    for _, name in ipairs { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
      assert.is_nil(proxy.settled(nil, { [name] = P }))
    end
  end)
end)

-- The list, the host, and whether the host is reached without a proxy.
local CASES = {
  { "*", "h", true }, { " * ", "10.0.0.1", true }, { "*, a", "h", false }, { "*.b", "a.b", false },
  { "ample.com", "ample.com", true }, { "ample.com", "www.ample.com", true },
  { "ample.com", "example.com", false }, { "ample.com", "ample.com.other", false },
  { "ample.com", "ample.com:8080", true }, { "AMPLE.com", "Www.Ample.COM", true },
  { ".ample.com", "ample.com", true }, { ".ample.com", "www.ample.com", true },
  { "ample.com.", "ample.com", true }, { "ample.com", "www.ample.com.", true },
  { "a,ample.com", "ample.com", true }, { "a , ample.com", "ample.com", true },
  { "a\tample.com b", "ample.com", true }, { "a b", "ample.com", false },
  { ",, ,", "h", false }, { ".", "h", false }, { "..", "h", false },
  { "user", "user@ample.com", false }, { "ample.com", "user:pw@ample.com:1", true },
  { "127.0.0.1", "127.0.0.1", true }, { "127.0.0.1", "127.0.0.1:80", true },
  { "0.0.1", "127.0.0.1", false }, { ".0.1", "127.0.0.1", false },
  { "10.0.0.1", "10.0.0.11", false },
  { "10.0.0.0/8", "10.200.3.4", true }, { "10.0.0.0/8", "11.0.0.1", false },
  { "192.168.1.128/25", "192.168.1.129", true }, { "192.168.1.128/25", "192.168.1.127", false },
  { "192.168.1.7/32", "192.168.1.7", true }, { "192.168.1.7/32", "192.168.1.6", false },
  { "0.0.0.0/0", "8.8.8.8", true }, { "10.0.0.0/33", "10.0.0.0", false },
  { "300.0.0.0/8", "44.0.0.1", false }, { "10.0.0.0/8", "ten.example", false },
  { "ample.com:8080", "ample.com:8080", true }, { "ample.com:8080", "ample.com:8081", false },
  { "ample.com:8080", "ample.com", false }, { ".ample.com:8080", "www.ample.com:8080", true },
  { "AMPLE.com.:8080", "ample.com.:8080", true }, { "a:1,ample.com:2", "ample.com:2", true },
  { "10.0.0.1:81", "10.0.0.1:81", true }, { "10.0.0.1:81", "10.0.0.1:82", false },
  { "10.0.0.0/8:81", "10.1.2.3:81", true }, { "10.0.0.0/8:81", "10.1.2.3", false },
  { "[::1]:81", "[::1]:81", true }, { "[::1]:81", "[::1]", false }, { "::1:81", "[::1]:81", false },
  { "[fe80::A]:81", "[FE80::a]:81", true }, { ":81", "h:81", false }, { "h:x", "h", false },
  { "h:081", "user:p:81@h:81", true }, { "h:81", "user:p:81@h:82", false },
  { "10.0.0.0/", "10.0.0.0", false }, { "10.0.0.0/x", "10.0.0.0", false },
  { "[::1]", "[::1]:80", true }, { "::1", "[::1]", true }, { "FE80::A", "[fe80::a]", true },
  { "::2", "[::1]", false }, { "1", "[::1]", false }, { "10.0.0.0/8", "[::1]", false },
}

describe("no_proxy", function()
  for _, case in ipairs(CASES) do
    local list, host, excepted = case[1], case[2], case[3]
    it(("%q %s %s"):format(list, excepted and "has" or "has not", host), function()
      for _, name in ipairs { "no_proxy", "NO_PROXY" } do
        for _, scheme in ipairs { "http", "https" } do
          assert.are.equal(excepted and "" or P, proxy.choose(scheme .. "://" .. host .. "/a@b",
            nil, { all_proxy = P, [name] = list }))
        end
      end
    end)
  end

  it("goes before NO_PROXY", function()
    assert.are.equal(P, proxy.choose(HTTP, nil, { http_proxy = P, no_proxy = "a", NO_PROXY = "*" }))
    assert.are.equal("", proxy.choose(HTTP, nil, { http_proxy = P, no_proxy = "", NO_PROXY = "*" }))
  end)
end)
