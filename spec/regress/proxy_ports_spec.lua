-- An entry of no_proxy with a port meant no host at all; and a proxy whose
-- password holds an "@" as it is was no URL.

local endpoint = require "spec.support.endpoint"
local proxy = require "glacier.config.proxy"
local shell = require "spec.support.shell"

local P = "http://p:1"

local function is_direct(url, list)
  return proxy.choose(url, nil, { all_proxy = P, no_proxy = list }) == ""
end

describe("no_proxy with a port", function()
  it("means the port that is not said, too", function()
    assert.is_true(is_direct("https://glacier.example/x", "glacier.example:443"))
    assert.is_true(is_direct("http://glacier.example", "glacier.example:80"))
    assert.is_true(is_direct("http://[::1]", "[::1]:80"))
    assert.is_false(is_direct("http://glacier.example", "glacier.example:443"))
    assert.is_false(is_direct("https://[::1]", "[::1]:80"))
  end)

  it("means names below, addresses and networks, at that port alone", function()
    assert.is_true(is_direct("http://a.b.example:4566", "b.example:4566"))
    assert.is_true(is_direct("http://127.0.0.1:4566", "x, 127.0.0.0/8:4566"))
    assert.is_false(is_direct("http://a.b.example:4567", "b.example:4566"))
  end)
end)

describe("a password of a proxy", function()
  -- As it is written, and as libcurl is told.
  for given, told in pairs {
    ["http://user:p@ss@proxy:3128"] = "http://user:p%40ss@proxy:3128",
    ["user:p@ss@proxy:3128"] = "user:p%40ss@proxy:3128",
    ["http://us@er:@p@@proxy"] = "http://us%40er:%40p%40@proxy",
    ["socks5h://u:a@b%40@[::1]:1080/"] = "socks5h://u:a%40b%40@[::1]:1080/",
    ["http://user:pass@proxy"] = "http://user:pass@proxy",
    ["http://proxy:1/a@b"] = "http://proxy:1/a@b",
    [""] = "",
  } do
    it(("may be in %s"):format(given), function()
      assert.are.equal(told, proxy.choose("http://h", given, {}))
      assert.are.equal(told, proxy.settled(given, {}))
      assert.are.equal(told, proxy.choose("http://h", nil, { http_proxy = given }))
    end)
  end

  local PROGRAM = [[
local client = assert(require("glacier").client { proxy = %s, max_attempts = 1 })
local response, err = client:initiate_job { vaultName = "v" }
client:close()
print(response and "done" or tostring(err))
]]

  it("reaches the proxy whole", function()
    local server = endpoint.start()
    local url = server.url:gsub("://", "://me:p@ss:w@rd@")
    for option, variable in pairs { [("%q"):format(url)] = "", ["nil"] = "http_proxy=" .. url } do
      server:reset()
      server:play { "initiate_job/success" }
      local said = shell.check(shell.environment { url = "http://glacier.invalid" } .. variable ..
        " lua" .. shell.version .. " -e " .. shell.quote(PROGRAM:format(option)))
      assert.are.equal("done\n", said)
      -- me:p@ss:w@rd, in Base64.
      assert.are.equal("Basic bWU6cEBzczp3QHJk", server:requests()[1]:header "proxy-authorization")
    end
    server:stop()
  end)
end)
