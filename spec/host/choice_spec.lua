local errors = require "glacier.errors"
local hosts = require "glacier.host"

local function noop() end

describe("glacier.host", function()
  it("takes the user's own", function()
    local own = { wait = noop, sleep = noop, now = noop }
    assert.equal(own, hosts.choose(own))
  end)

  for _, missing in ipairs({ "wait", "sleep", "now" }) do
    it("asks for " .. missing, function()
      for _, value in ipairs({ false, 5, "text" }) do
        local own = { wait = noop, sleep = noop, now = noop }
        own[missing] = value or nil
        local host, err = hosts.choose(own)
        assert.is_nil(host)
        assert.equal("config", err.kind)
        assert.equal("Option 'host': '" .. missing .. "' must be a function", err.message)
      end
    end)
  end

  for _, name in ipairs({ "", "Auto", "..", "blocking.x", "auto ", "x.y", "moon" }) do
    it(("knows no host %q"):format(name), function()
      local host, err = hosts.choose(name)
      assert.is_nil(host)
      assert.is_true(errors.is_error(err))
      assert.equal("config", err.kind)
    end)
  end

  it("finds the blocking host by name, and where nothing else fits", function()
    local ok = pcall(require, "glacier.core.http")
    if not ok then
      pending("this Lua has no build of the core")
      return
    end
    for _, name in ipairs({ "blocking", "auto" }) do
      local host = assert(hosts.choose(name))
      assert.equal("blocking", host.name)
      for _, method in ipairs({ "wait", "sleep", "now" }) do
        assert.is_function(host[method])
      end
    end
  end)
end)
