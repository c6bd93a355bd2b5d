-- Secrets in the memory that the process has freed: what the C core, and OpenSSL
-- for it, have held is wiped before it is given back. What is not: strings of
-- Lua's own, such as the caller's; and copies of the header X-Amz-Security-Token
-- that libcurl makes, of which a call leaves three (libcurl 7.88).
-- Runs on one Lua: what it tests runs in a program of its own.

local memory_host = require "spec.support.memory_host"

describe("freed memory", function()
  local run = memory_host.during({ setup = setup, teardown = teardown }, memory_host.make_archive)

  -- secret -> whose -> in how many blocks it was.
  local function search(way)
    local output, status = run("spec/memory/secrets.lua " .. way)
    assert.equal(0, status, output)
    local secrets, count = {}, 0
    for name, counts in output:gmatch "([^\n]-): ([^\n]+)\n" do
      secrets[name] = {}
      count = count + 1
      for whose, number in counts:gmatch "(%l+)=(%d+)" do
        secrets[name][whose] = tonumber(number)
      end
    end
    assert.equal(6, count, output)
    return secrets, output
  end

  it("is searched for what is there", function()
    assert.is_true(search "control"["secret key"].lua > 0)
  end)

  for _, way in ipairs { "sign", "call" } do
    it("of the core and of OpenSSL holds no secret after: " .. way, function()
      local secrets, output = search(way)
      for name, found in pairs(secrets) do
        assert.equal(0, found.core, name .. "\n" .. output)
        assert.equal(0, found.openssl, name .. "\n" .. output)
        assert.equal(0, name == "session token" and 0 or found.libcurl, name .. "\n" .. output)
      end
    end)
  end
end)
