local config = require "glacier.config"
local home = require "spec.support.home"

local folder

-- A home directory with these two files, for the one spec that runs.
local function at_home(texts)
  folder = home.new(texts)
  return folder.environment
end

local function clean()
  if folder then folder:remove() end
  folder = nil
end

-- The message of the error that loading gives.
local function refused(environment, profile)
  local loaded, err = config.load(environment, profile)
  assert.is_nil(loaded)
  assert.are.equal("config", err.kind)
  return err.message, err.code
end

local function contains(text, part)
  assert.truthy(text:find(part, 1, true), ("no %q in %q"):format(part, text))
end

describe("the environment", function()
  local getenv = os.getenv

  after_each(function()
    os.getenv = getenv -- luacheck: ignore 122
  end)

  -- The module looks it up when it loads, so it is loaded anew.
  local function read_with(variables)
    local loaded = package.loaded["glacier.config"]
    local asked = {}
    package.loaded["glacier.config"] = nil
    os.getenv = function(name) -- luacheck: ignore 122
      asked[name] = true
      return variables[name]
    end
    local environment = require("glacier.config").environment
    package.loaded["glacier.config"] = loaded
    return environment, asked
  end

  it("is read when the module loads", function()
    assert.are.same({ HOME = "/h", AWS_REGION = "eu-west-1" },
      (read_with { HOME = "/h", AWS_REGION = "eu-west-1", PATH = "/bin" }))
  end)

  it("has no empty variables", function()
    assert.are.same({ HOME = "/h" }, (read_with { HOME = "/h", AWS_REGION = "", AWS_PROFILE = "" }))
  end)

  it("has every variable that the settings are read from", function()
    local _, asked = read_with {}
    for _, name in ipairs {
      "HOME", "USERPROFILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE",
      "AWS_SHARED_CREDENTIALS_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
      "AWS_ENDPOINT_URL_GLACIER", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO",
      "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_MAX_ATTEMPTS",
      "AWS_RETRY_MODE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_SDK_UA_APP_ID", "AWS_USE_FIPS_ENDPOINT",
      "AWS_USE_DUALSTACK_ENDPOINT", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
      "ALL_PROXY", "no_proxy", "NO_PROXY",
    } do
      assert.is_true(asked[name], name)
    end
    assert.is_nil(asked.HTTP_PROXY) -- of a CGI program, whoever asks sets it
  end)

  it("is all that is looked at when the module loads", function()
    local open = io.open
    local opened = 0
    io.open = function() -- luacheck: ignore 122
      opened = opened + 1
    end
    local modules = { "glacier.config", "glacier.config.settings", "glacier.config.files", "glacier.config.profiles" }
    local loaded = {}
    for _, name in ipairs(modules) do
      loaded[name], package.loaded[name] = package.loaded[name], nil
    end
    local ok, failure = pcall(require, "glacier.config")
    for _, name in ipairs(modules) do package.loaded[name] = loaded[name] end
    io.open = open -- luacheck: ignore 122
    assert.is_true(ok, failure)
    assert.are.equal(0, opened)
  end)
end)

describe("the files", function()
  after_each(clean)

  it("are in the home directory", function()
    local loaded = assert(config.load(at_home {
      config = "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-2\n",
      credentials = "[default]\naws_access_key_id = AK\n",
    }))
    assert.are.equal("default", loaded.profile_name)
    assert.is_false(loaded.explicit)
    assert.are.same({ region = "eu-west-1", aws_access_key_id = "AK" }, loaded.profile)
    assert.are.same({ region = "eu-west-2" }, loaded.profiles.work)
    assert.are.same({ region = "eu-west-1" }, loaded.config_file.profiles.default)
    assert.are.same({ aws_access_key_id = "AK" }, loaded.credentials_file.profiles.default)
  end)

  it("have sections of sessions and services", function()
    local loaded = assert(config.load(at_home {
      config = "[sso-session mine]\nsso_region = us-east-1\n" ..
        "[services local]\nglacier =\n  endpoint_url = http://localhost:1\n",
    }))
    assert.are.same({ mine = { sso_region = "us-east-1" } }, loaded.sso_sessions)
    assert.are.same({ ["local"] = { glacier = "\nendpoint_url = http://localhost:1" } },
      loaded.services)
  end)

  it("are where the variables say", function()
    local environment = at_home {
      config = "[default]\nregion = not-here\n", credentials = "[default]\na = not-here\n",
    }
    environment.AWS_CONFIG_FILE = folder:write("one", "[default]\nregion = eu-west-3\n")
    environment.AWS_SHARED_CREDENTIALS_FILE = folder:write("two", "[default]\nb = here\n")
    assert.are.same({ region = "eu-west-3", b = "here" }, assert(config.load(environment)).profile)
  end)

  it("are where the variables say, from the home directory", function()
    local environment = at_home {}
    folder:write("one", "[default]\nregion = eu-west-3\n")
    environment.AWS_CONFIG_FILE = "~/one"
    assert.are.equal("eu-west-3", assert(config.load(environment)).profile.region)
  end)

  it("are in USERPROFILE where there is no HOME", function()
    local environment = at_home { config = "[default]\nregion = eu-west-3\n" }
    local loaded = assert(config.load { USERPROFILE = environment.HOME })
    assert.are.equal("eu-west-3", loaded.profile.region)
  end)

  it("are the config file's first, then the credentials file's", function()
    local loaded = assert(config.load(at_home {
      config = "[default]\nregion = eu-west-1\naws_access_key_id = A\n" ..
        "aws_secret_access_key = B\naws_session_token = C\n",
      credentials = "[default]\naws_access_key_id = X\naws_secret_access_key = Y\n",
    }))
    assert.are.same({ region = "eu-west-1", aws_access_key_id = "X", aws_secret_access_key = "Y" },
      loaded.profile)
  end)

  -- What ends the lines or begins the file is nobody's business.
  for title, text in pairs {
    ["lines that end in CRLF"] =
      "[profile a]\r\nregion = eu-west-1\r\n\r\n[profile b]\r\nx = y\r\n",
    ["lines that end in CR"] = "[profile a]\rregion = eu-west-1\r\r[profile b]\rx = y\r",
    ["a byte order mark"] = "\239\187\191[profile a]\nregion = eu-west-1\n[profile b]\nx = y",
    ["a byte order mark and CRLF"] =
      "\239\187\191[profile a]\r\nregion = eu-west-1\r\n[profile b]\r\nx = y\r\n",
  } do
    it("may have " .. title, function()
      assert.are.same({ a = { region = "eu-west-1" }, b = { x = "y" } },
        assert(config.load(at_home { config = text })).profiles)
    end)
  end

  it("may be huge", function()
    local lines = {}
    for i = 1, 50000 do
      lines[i] = ("[profile p%d]\nregion = eu-west-%d\n# a comment on this profile"):format(i, i)
    end
    local environment = at_home { config = table.concat(lines, "\n") }
    local loaded = assert(config.load(environment, "p50000"))
    assert.are.equal("eu-west-50000", loaded.profile.region)
  end)

  it("may not be without end", function()
    local environment = at_home {}
    environment.AWS_CONFIG_FILE = "/dev/zero"
    local message, code = refused(environment)
    assert.are.equal("Unable to read config file: /dev/zero: larger than 16777216 bytes " ..
      "(AWS_CONFIG_FILE)", message)
    assert.are.equal("ConfigReadError", code)
  end)
end)

describe("a file that is missing", function()
  after_each(clean)

  -- A title, and what is done to the environment of an empty home directory.
  local CASES = {
    { "may be both", function() end },
    { "may be in a folder that is missing", function() folder:run("rmdir .aws") end },
    { "may be in a home that is missing", function(e) e.HOME = e.HOME .. "/none" end },
    { "may be in a home that is no folder", function(e) e.HOME = "/dev/null" end },
    { "may be for want of a home", function(e) e.HOME = nil end },
    { "may be the named config file", function(e) e.AWS_CONFIG_FILE = e.HOME .. "/none" end },
    { "may be the named credentials file",
      function(e) e.AWS_SHARED_CREDENTIALS_FILE = e.HOME .. "/none" end },
    { "may be nothing at all",
      function(e) e.AWS_CONFIG_FILE, e.AWS_SHARED_CREDENTIALS_FILE = "/dev/null", "/dev/null" end },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local environment = at_home {}
      case[2](environment)
      local loaded = assert(config.load(environment))
      local none = { profiles = {}, sso_sessions = {}, services = {} }
      assert.are.same({
        profile_name = "default", explicit = false, profile = {},
        profiles = {}, sso_sessions = {}, services = {},
        config_file = none, credentials_file = none,
      }, loaded)
    end)
  end

  it("leaves the other one", function()
    local loaded = assert(config.load(at_home { credentials = "[default]\na = b\n" }))
    assert.are.same({ a = "b" }, loaded.profile)
    clean()
    loaded = assert(config.load(at_home { config = "[default]\na = c\n" }))
    assert.are.same({ a = "c" }, loaded.profile)
  end)
end)

describe("a file that cannot be read", function()
  after_each(clean)

  -- A title, and the command that puts in its place what cannot be read.
  for title, command in pairs {
    ["may be a directory"] = "mkdir %s", ["may be a name that leads nowhere"] = "ln -s %s %s",
  } do
    for name, variable in pairs {
      config = "AWS_CONFIG_FILE", credentials = "AWS_SHARED_CREDENTIALS_FILE",
    } do
      it(title .. ": " .. variable, function()
        local environment = at_home {}
        folder:run((command:gsub("%%s", name)))
        environment[variable] = folder.path .. "/" .. name
        local message, code = refused(environment)
        contains(message, "Unable to read config file: " .. folder.path .. "/" .. name .. ": ")
        assert.are.equal("ConfigReadError", code)
      end)
    end
  end

  it("is named with its variable", function()
    local environment = at_home {}
    environment.AWS_SHARED_CREDENTIALS_FILE = folder.path
    contains(refused(environment), "(AWS_SHARED_CREDENTIALS_FILE)")
  end)

  it("may be in a home that is not known", function()
    local message = refused { AWS_CONFIG_FILE = "~/config" }
    assert.are.equal("Unable to read config file: ~/config: the home directory is not known " ..
      "(AWS_CONFIG_FILE)", message)
  end)

  -- Nothing is closed to the superuser.
  local function is_superuser()
    local file = io.open(folder.path .. "/.aws/config", "rb")
    if file then
      file:close()
      pending("permissions do not hold for this user")
    end
    return file ~= nil
  end

  it("may be closed to us", function()
    local environment = at_home { config = "[default]\na = b\n" }
    environment.AWS_CONFIG_FILE = folder.path .. "/.aws/config"
    folder:run("chmod 000 .aws/config")
    if not is_superuser() then
      contains(refused(environment), folder.path .. "/.aws/config: ")
    end
  end)

  it("is as good as none in a home that is closed to us", function()
    local environment = at_home { config = "[default]\na = b\n" }
    folder:run("chmod 000 .aws")
    if not is_superuser() then
      assert.are.same({}, assert(config.load(environment)).profile)
    end
  end)

  it("is not as good as none where it was named", function()
    local environment = at_home { config = "[default]\na = b\n" }
    environment.AWS_CONFIG_FILE = folder.path .. "/.aws/config"
    folder:run("chmod 000 .aws")
    if not is_superuser() then
      contains(refused(environment), "(AWS_CONFIG_FILE)")
    end
  end)
end)

describe("a malformed file", function()
  after_each(clean)

  it("is told by its name and the line", function()
    local message, code = refused(at_home { config = "[default]\nregion = x\nsecret words\n" })
    assert.are.equal("Unable to parse config file: " .. folder.path .. "/.aws/config, line 3: " ..
      "Expected an '=' sign defining a property", message)
    assert.are.equal("ConfigParseError", code)
  end)

  it("may be the credentials file", function()
    local message = refused(at_home { config = "[default]\n", credentials = "\r\n[default\r\n" })
    contains(message, folder.path .. "/.aws/credentials, line 2: ")
  end)

  it("may have the name that a variable gives", function()
    local environment = at_home {}
    environment.AWS_CONFIG_FILE = folder:write("mine", "a = b\n")
    contains(refused(environment), folder.path .. "/mine, line 1: ")
  end)
end)

describe("the profile", function()
  local TEXTS = { config = "[default]\nn = d\n[profile a]\nn = a\n[profile b]\nn = b\n" ..
    "[sso-session s]\nx = y\n[services t]\nx =\n", credentials = "[c]\nn = c\n" }

  after_each(clean)

  -- A title, the option, AWS_PROFILE, AWS_DEFAULT_PROFILE, the one that counts.
  local CASES = {
    { "is the default one", nil, nil, nil, "default" },
    { "is the option", "a", nil, nil, "a" },
    { "is AWS_PROFILE", nil, "a", nil, "a" },
    { "is AWS_DEFAULT_PROFILE", nil, nil, "a", "a" },
    { "is the option rather than AWS_PROFILE", "a", "b", nil, "a" },
    { "is the option rather than AWS_DEFAULT_PROFILE", "a", nil, "b", "a" },
    { "is AWS_PROFILE rather than AWS_DEFAULT_PROFILE", nil, "a", "b", "a" },
    { "may stand in the credentials file alone", "c", nil, nil, "c" },
    { "may be the default one by name", "default", "a", "b", "default" },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local environment = at_home(TEXTS)
      environment.AWS_PROFILE, environment.AWS_DEFAULT_PROFILE = case[3], case[4]
      local loaded = assert(config.load(environment, case[2]))
      assert.are.equal(case[5], loaded.profile_name)
      assert.are.equal((case[2] or case[3] or case[4]) ~= nil, loaded.explicit)
      assert.are.equal(case[5]:sub(1, 1), loaded.profile.n)
    end)
  end

  for title, case in pairs {
    ["the option's"] = { option = "x" },
    ["AWS_PROFILE's"] = { AWS_PROFILE = "x" },
    ["AWS_DEFAULT_PROFILE's"] = { AWS_DEFAULT_PROFILE = "x" },
  } do
    it("must be there where it is " .. title, function()
      local environment = at_home(TEXTS)
      environment.AWS_PROFILE = case.AWS_PROFILE
      environment.AWS_DEFAULT_PROFILE = case.AWS_DEFAULT_PROFILE
      local message, code = refused(environment, case.option)
      assert.are.equal("The config profile (x) could not be found; profiles in " .. folder.path ..
        "/.aws/config and " .. folder.path .. "/.aws/credentials: a, b, c, default", message)
      assert.are.equal("ProfileNotFound", code)
    end)
  end

  it("is no session and no services section", function()
    local environment = at_home(TEXTS)
    contains(refused(environment, "s"), "The config profile (s) could not be found")
    contains(refused(environment, "t"), "The config profile (t) could not be found")
  end)

  it("must be there where the default one is asked for", function()
    contains(refused(at_home { config = "[profile a]\n" }, "default"),
      "The config profile (default) could not be found")
  end)

  it("may be missing where the default one is not asked for", function()
    local loaded = assert(config.load(at_home { config = "[profile a]\nx = y\n" }))
    assert.are.same({}, loaded.profile)
    assert.are.same({ a = { x = "y" } }, loaded.profiles)
  end)

  it("is not found where there is none, nor where there is no home", function()
    assert.truthy(refused(at_home {}, "x"):find("/.aws/credentials: none$"))
    assert.are.equal("The config profile (x) could not be found; profiles in ~/.aws/config and " ..
      "~/.aws/credentials: none", (refused({}, "x")))
  end)

  it("is shown without what would drive a terminal", function()
    contains(refused(at_home {}, "a\27[2J\n"), "The config profile (a?[2J?) could not be found")
  end)

  it("is missed with a list that has an end", function()
    local lines = {}
    for i = 1, 60 do lines[i] = ("[profile p%02d]"):format(i) end
    local message = refused(at_home { config = table.concat(lines, "\n") }, "x")
    contains(message, "p49, p50 and 10 more")
    assert.is_nil(message:find("p51", 1, true))
  end)
end)
