-- Sections whose name has a blank, a letter beyond ASCII or a mark such as "&"
-- were left out without a word, and no message listed them.

local config = require "glacier.config"
local endpoint = require "spec.support.endpoint"
local home = require "spec.support.home"
local profiles = require "glacier.config.profiles"
local scene = require "spec.support.scene"

local FIRST = "aws_access_key_id = AKIDFIRST\naws_secret_access_key = s3cr3t/first+key\n"

-- The names that a header gives in the config file: boto3's profiles.
local HEADERS = {
  ["[profile 'Mike Dev']"] = "Mike Dev",
  ['[profile "Mike Dev"]'] = "Mike Dev",
  ["[profile Mike\\ Dev]"] = "Mike Dev",
  ["[profile Mike' 'Dev]"] = "Mike Dev",
  ["[profile Ren\195\169]"] = "Ren\195\169",
  ["[profile '\228\184\173 \230\150\135'] # the Chinese one"] = "\228\184\173 \230\150\135",
  ["[profile R&D]"] = "R&D",
  ["[profile a#b;c]"] = "a#b;c",
  ["[profile 'a ; b']"] = "a ; b",
  ["[profile a]b]"] = "a]b",
  ["[profile x,y!$*(z)]"] = "x,y!$*(z)",
  ['[profile "it\'s"] ; mine [too]'] = "it's",
  ["[profile 'default']"] = "default",
}

describe("a section of the config file", function()
  for header, name in pairs(HEADERS) do
    it(("%s is the profile %s"):format(header, name), function()
      local file = assert(profiles.parse(header .. "\nx = y\n", "config", "config"))
      assert.are.same({ [name] = { x = "y" } }, file.profiles)
    end)
  end

  it("may be a session or services of any name", function()
    local file = assert(profiles.parse("[sso-session 'My Corp']\na = 1\n" ..
      "[services \"Lo\195\167al & more\"]\nb = 2\n", "config", "config"))
    assert.are.same({ ["My Corp"] = { a = "1" } }, file.sso_sessions)
    assert.are.same({ ["Lo\195\167al & more"] = { b = "2" } }, file.services)
  end)

  it("is none where boto3 reads none", function()
    for _, header in ipairs { "[profile in valid]", "[profile O'Brien]", "[profile a\\]",
      "[profile '']", "[My Account]", "['profile' a]" } do
      local file = assert(profiles.parse(header .. "\nx = y\n", "config", "config"))
      assert.are.same({}, file.profiles, header)
    end
  end)
end)

describe("a section of the credentials file", function()
  it("is a profile of that name, as it is", function()
    for _, name in ipairs { "My Account", "Ren\195\169", "R&D", "'Mike Dev'", "O'Brien", "a#b",
      "profile x", "a\\b", "a]b" } do
      local file = assert(profiles.parse("[" .. name .. "]\nx = y\n", "credentials", "c"))
      assert.are.same({ [name] = { x = "y" } }, file.profiles)
    end
  end)

  it("is one with the config file's", function()
    local folder = home.new { config = "[profile 'My Account']\nregion = eu-west-1\n",
      credentials = "[My Account]\n" .. FIRST }
    local loaded = assert(config.load(folder.environment, "My Account"))
    folder:remove()
    assert.are.equal("eu-west-1", loaded.profile.region)
    assert.are.equal("AKIDFIRST", loaded.profile.aws_access_key_id)
  end)
end)

it("a profile that is not found is missed with all names", function()
  local folder = home.new { config = "[profile 'Mike Dev']\n[profile Ren\195\169]\n",
    credentials = "[My Account]\n[R&D]\n[a\27[2Jb]\n" }
  local _, err = config.load(folder.environment, "none")
  folder:remove()
  assert.are.equal("Mike Dev, My Account, R&D, Ren\195\169, a?[2Jb",
    err.message:match ": ([^:]*)$")
end)

describe("a client", function()
  local server, current

  setup(function() server = endpoint.start() end)
  teardown(function() server:stop() end)
  after_each(function() current:close() end)

  it("signs with the keys of a profile of such a name", function()
    for _, name in ipairs { "My Account", "Ren\195\169", "R&D" } do
      current = scene.new(server, { credentials = "[" .. name .. "]\n" .. FIRST,
        environment = { AWS_PROFILE = name } })
      current:signs_with "first"
      current:close()
    end
    current = scene.new(server, { config = "[profile \"Mike Dev\"]\n" .. FIRST })
    current:signs_with("first", nil, { profile = "Mike Dev" })
  end)

  it("finds such a source_profile and such a session", function()
    current = scene.new(server, {
      config = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/reader\n" ..
        "source_profile = Mike Dev\n[profile 'Mike Dev']\n" .. FIRST ..
        "[profile s]\nsso_session = My Corp\nsso_account_id = 1\nsso_role_name = r\n" ..
        "[sso-session 'My Corp']\nsso_region = us-east-1\nsso_start_url = https://x\n",
      play = { scene.sts_gives "role", scene.GLACIER },
    })
    current:signs_with("role", nil, { profile = "a" })
    local err = current:refuses("Token for My Corp does not exist", nil, { profile = "s" })
    assert.are.equal("SSOTokenLoadError", err.code)
  end)
end)
