-- Values were cut at " #" and " ;". A comment is a whole line.

local endpoint = require "spec.support.endpoint"
local profiles = require "glacier.config.profiles"
local scene = require "spec.support.scene"

local function value_of(text, kind)
  return assert(profiles.parse("[default]\nv = " .. text .. "\n# v = no\n ; no\nw = 1\n",
    kind or "config", "file")).profiles.default.v
end

describe("a value", function()
  for _, text in ipairs {
    '"/x/get creds.sh" --arg "team #1"', "sh -c 'a ; b'", "a # b", "a ; b", "a\t# b", "a #", "a ;",
    "# all", "; all", "a;b#c", "x = y # z", "https://h/p?q #f",
  } do
    it(("may be %s"):format(text), function()
      assert.are.equal(text, value_of(text))
      assert.are.equal(text, value_of(text, "credentials"))
    end)
  end

  it("may be continued with such marks, but not by a comment", function()
    assert.are.equal("a # b\nc ; d", value_of "a # b\n  # no\n  c ; d")
  end)

  it("of a services section may have them, too", function()
    local file = assert(profiles.parse("[services s]\nglacier =\n  # endpoint_url = http://no\n" ..
      "  endpoint_url = http://h/a #b\n  ; no\n  other = x ; y\n", "config", "file"))
    assert.are.same({ endpoint_url = "http://h/a #b", other = "x ; y" },
      profiles.sub_properties(file.services.s.glacier))
  end)
end)

it("a credential_process is run with all its arguments", function()
  local server = endpoint.start()
  local current = scene.new(server)
  local program = current.home:write("get creds.sh", [[
test "$*" = "--arg team #1 ;" || exit 1
echo '{"Version":1,"AccessKeyId":"AKIDFIRST","SecretAccessKey":"s3cr3t/first+key"}'
]])
  current.home:write(".aws/config",
    '[default]\ncredential_process = sh "' .. program .. '" --arg "team #1 ;"\n')
  current:signs_with "first"
  current:close()
  server:stop()
end)
