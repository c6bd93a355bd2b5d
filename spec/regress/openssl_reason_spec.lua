-- Where OpenSSL has no SHA-256, since its configuration activates no provider
-- that has it, the error was that it failed, and no more.

local home = require "spec.support.home"
local shell = require "spec.support.shell"

local CONFIGURATION = [[
openssl_conf = init
[init]
providers = all
%s
[all]
%s = one
[one]
activate = 1
%s
]]

describe("an OpenSSL without SHA-256 is told with its reason where", function()
  for name, case in pairs {
    ["it has the null provider alone"] = { "", "null", "" },
    ["its only provider cannot be loaded"] = { "", "broken", "module = /none/broken.so" },
    ["its providers have none that is asked for"] =
      { "alg_section = algorithms\n[algorithms]\ndefault_properties = provider=none", "default", "" },
  } do
    it(name, function()
      local place = home.new()
      finally(function()
        place:remove()
      end)
      local path = place:write("openssl.cnf", CONFIGURATION:format(case[1], case[2], case[3]))
      local code = "local ok, message = pcall(require, 'glacier') print(ok, message)"
      local output = shell.check(shell.environment() .. "OPENSSL_CONF=" .. shell.quote(path) ..
        " lua" .. shell.version .. " -e " .. shell.quote(code))
      assert.truthy(output:find("^false\t"), output)
      assert.truthy(output:find("OpenSSL: loading SHA-256 failed: unsupported (", 1, true), output)
      assert.truthy(output:find("Algorithm (SHA256", 1, true), output)
      assert.truthy(output:find("openssl.cnf", 1, true), output)
    end)
  end
end)
