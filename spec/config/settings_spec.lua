local config = require "glacier.config"
local home = require "spec.support.home"

-- The sources of each setting from the first to the last: the values differ,
-- so that one that is taken out of turn shows.
local SOURCES = {
  region = {
    { option = "eu-west-1" },
    { variable = "AWS_REGION", text = "eu-west-2" },
    { variable = "AWS_DEFAULT_REGION", text = "eu-west-3" },
    { key = "region", text = "eu-west-4" },
  },
  use_fips_endpoint = {
    { option = false },
    { variable = "AWS_USE_FIPS_ENDPOINT", text = "TRUE", value = true },
    { key = "use_fips_endpoint", text = "False", value = false },
    default = false,
  },
  use_dualstack_endpoint = {
    { option = true },
    { variable = "AWS_USE_DUALSTACK_ENDPOINT", text = "false", value = false },
    { key = "use_dualstack_endpoint", text = "true", value = true },
    default = false,
  },
  max_attempts = {
    { option = 2 },
    { variable = "AWS_MAX_ATTEMPTS", text = "4", value = 4 },
    { key = "max_attempts", text = "5", value = 5 },
  },
  retry_mode = {
    { option = "standard" },
    { variable = "AWS_RETRY_MODE", text = "Adaptive", value = "adaptive" },
    { key = "retry_mode", text = "legacy", value = "standard" },
  },
  ca_bundle = {
    { option = "/option.pem" },
    { variable = "AWS_CA_BUNDLE", text = "/environment.pem" },
    { key = "ca_bundle", text = "/profile.pem" },
    { variable = "REQUESTS_CA_BUNDLE", text = "/requests.pem" },
  },
  app_id = {
    { option = "option" },
    { variable = "AWS_SDK_UA_APP_ID", text = "environment" },
    { key = "sdk_ua_app_id", text = "profile" },
  },
  endpoint_url = {
    { option = "http://option" },
    { variable = "AWS_ENDPOINT_URL_GLACIER", text = "http://environment-glacier" },
    { variable = "AWS_ENDPOINT_URL", text = "http://environment" },
    { services = "http://services" },
    { key = "endpoint_url", text = "http://profile" },
  },
}

-- Sets the sources from `first` to `last`; the value of the first one.
local function with(name, first, last)
  local sources = SOURCES[name]
  local case = { options = {}, environment = {}, profile = "" }
  for i = first, last do
    local source = sources[i]
    if source.variable then
      case.environment[source.variable] = source.text
    elseif source.key then
      case.profile = case.profile .. source.key .. " = " .. source.text .. "\n"
    elseif source.services then
      case.profile = case.profile .. "services = here\n"
      case.rest = "[services here]\nglacier =\n  endpoint_url = " .. source.services .. "\n"
    else
      case.options[name] = source.option
    end
  end
  local expected = sources[first]
  for _, key in ipairs { "option", "value", "text", "services" } do
    if expected[key] ~= nil then
      return case, expected[key]
    end
  end
end

for name, sources in pairs(SOURCES) do
  describe("the setting " .. name, function()
      for i, source in ipairs(sources) do
      local title = source.variable or source.key and "the profile" or
        source.services and "the services section" or "the option"

      it("comes from " .. title, function()
        local case, expected = with(name, i, i)
        assert.are.equal(expected, assert(home.settings(case))[name])
      end)

      if i < #sources then
        it("comes from " .. title .. " rather than from what is next", function()
          local case, expected = with(name, i, i + 1)
          assert.are.equal(expected, assert(home.settings(case))[name])
        end)

        it("comes from " .. title .. " rather than from any other", function()
          local case, expected = with(name, i, #sources)
          assert.are.equal(expected, assert(home.settings(case))[name])
        end)
      end
    end

    it("has its default where nobody says anything", function()
      assert.are.equal(sources.default, assert(home.settings {})[name])
    end)

    it("has its default where the profile has an empty value", function()
      local key
      for _, source in ipairs(sources) do
        key = source.key or key
      end
      assert.are.equal(sources.default, assert(home.settings { profile = key .. " =" })[name])
    end)
  end)
end

describe("a setting", function()
  it("needs no configuration", function()
    assert.are.same({ region = "eu-west-1", use_fips_endpoint = false,
      use_dualstack_endpoint = false }, (config.settings({}, { AWS_REGION = "eu-west-1" })))
  end)

  it("comes from the profile that is named", function()
    local environment, loaded = home.configure {
      environment = { AWS_PROFILE = "a" }, profile = "region = eu-west-1",
      rest = "[profile a]\nregion = eu-west-2\n",
    }
    assert.are.equal("eu-west-2", assert(config.settings({}, environment, loaded)).region)
  end)

  it("may come from the credentials file", function()
    local folder = home.new { config = "[default]\nregion = eu-west-1\n",
      credentials = "[default]\nregion = eu-west-2\n" }
    local loaded = config.load(folder.environment)
    folder:remove()
    assert.are.equal("eu-west-2", assert(config.settings({}, {}, loaded)).region)
  end)

  it("has its number between blanks", function()
    assert.are.equal(7, assert(home.settings { environment = { AWS_MAX_ATTEMPTS = " 7\t" } })
      .max_attempts)
  end)

  it("has its path from the home directory", function()
    local loaded = { profile_name = "default", profile = { ca_bundle = "~/profile.pem" } }
    local environment = { HOME = "/home/me" }
    assert.are.equal("/home/me/profile.pem",
      assert(config.settings({}, environment, loaded)).ca_bundle)
    environment.AWS_CA_BUNDLE = "~/environment.pem"
    assert.are.equal("/home/me/environment.pem",
      assert(config.settings({}, environment, loaded)).ca_bundle)
  end)
end)

-- The variable, the profile's key, what is refused, what is said of it.
local WRONG = {
  { "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", { "1", "yes", "truefalse", "true " },
    "must be true or false" },
  { "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", { "0", "no", "on" },
    "must be true or false" },
  { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", { "1", "t" },
    "must be true or false" },
  { "AWS_MAX_ATTEMPTS", "max_attempts",
    { "0", "-1", "3.0", "1e3", "0x10", "three", "1000000000", "18446744073709551617",
      ("9"):rep(400), "3 4" },
    "must be an integer from 1 to 999999999" },
  { "AWS_RETRY_MODE", "retry_mode", { "fast", "standard,adaptive" },
    "must be one of: legacy, standard, adaptive" },
  { "AWS_REGION", "region", { "eu-west-1.evil.example/", "a b", "-x" },
    "doesn't match a supported format" },
  { "AWS_DEFAULT_REGION", "region", { "eu-west-1@evil.example" },
    "doesn't match a supported format" },
  { "AWS_ENDPOINT_URL", "endpoint_url", { "localhost:4566", "ftp://host", "http://", "http://a b" },
    "Invalid endpoint: endpoint_url must be" },
  { "AWS_ENDPOINT_URL_GLACIER", "endpoint_url", { "http://user:password@host/" },
    "Invalid endpoint: endpoint_url must be" },
  { "AWS_CA_BUNDLE", "ca_bundle", { "/a\27b" }, "holds a control character" },
  { "REQUESTS_CA_BUNDLE", "ca_bundle", { "/a\27b" }, "holds a control character" },
  { "AWS_SDK_UA_APP_ID", "sdk_ua_app_id", { "a\27b" }, "holds a control character" },
}

describe("a wrong value", function()
  for _, case in ipairs(WRONG) do
    local variable, key, texts, problem = case[1], case[2], case[3], case[4]
    for _, text in ipairs(texts) do
      local shown = ("%q"):format(text:sub(1, 30))

      it("such as " .. shown .. " is told with " .. variable, function()
        local message = home.refused { environment = { [variable] = text } }
        assert.matches("Invalid configuration: " .. variable .. ": ", message, 1, true)
        assert.matches(problem, message, 1, true)
        assert.is_nil(message:find("password", 1, true))
      end)

      -- A file has no blanks around a value.
      if not text:find("^ ") and not text:find(" $") then
        it("such as " .. shown .. " is told with the profile's " .. key, function()
          local message = home.refused { profile = key .. " = " .. text }
          assert.matches("Invalid configuration: " .. key .. " in the profile 'default': ",
            message, 1, true)
          assert.matches(problem, message, 1, true)
        end)
      end
    end
  end

  it("keeps the code of its error", function()
    local _, code = home.refused { profile = "region = a_b" }
    assert.are.equal("InvalidRegionError", code)
    _, code = home.refused { profile = "endpoint_url = x" }
    assert.are.equal("InvalidEndpointError", code)
    _, code = home.refused { profile = "max_attempts = x" }
    assert.are.equal("InvalidConfigError", code)
  end)

  it("may run over several lines", function()
    assert.matches("sdk_ua_app_id in the profile",
      (home.refused { profile = "sdk_ua_app_id = a\n  b" }), 1, true)
    assert.matches("max_attempts in the profile",
      (home.refused { profile = "max_attempts = 1\n  2" }), 1, true)
  end)

  it("is not looked at where an option says otherwise", function()
    local settings = assert(home.settings {
      options = { region = "eu-west-1", max_attempts = 2, retry_mode = "standard",
        use_fips_endpoint = false, endpoint_url = "http://option" },
      environment = { AWS_REGION = "a b", AWS_MAX_ATTEMPTS = "x", AWS_RETRY_MODE = "x",
        AWS_USE_FIPS_ENDPOINT = "x", AWS_ENDPOINT_URL = "x" },
    })
    assert.are.equal(2, settings.max_attempts)
  end)

  it("is not looked at where a variable says otherwise", function()
    local settings = assert(home.settings {
      environment = { AWS_MAX_ATTEMPTS = "2", AWS_ENDPOINT_URL = "http://environment" },
      profile = "max_attempts = x\nendpoint_url = x\nservices = none",
    })
    assert.are.equal(2, settings.max_attempts)
    assert.are.equal("http://environment", settings.endpoint_url)
  end)
end)
