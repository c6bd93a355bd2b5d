local config = require "glacier.config"
local endpoint = require "glacier.config.endpoint"
local home = require "spec.support.home"

describe("the services section", function()
  it("must be there", function()
    assert.matches("services in the profile 'default': there is no such services section",
      (home.refused { profile = "services = none\nendpoint_url = http://profile" }), 1, true)
  end)

  -- A title, and the section; the profile's own URL counts.
  local WITHOUT = {
    { "may be empty", "" },
    { "may be for another service", "sts =\n  endpoint_url = http://sts\n" },
    { "may have other settings", "glacier =\n  other = http://x\n" },
    { "may have an empty URL", "glacier =\n  endpoint_url =\n" },
    { "may have a value in place of settings", "glacier = http://x\n" },
    { "may have settings of no service", "endpoint_url = http://x\n" },
  }
  for _, case in ipairs(WITHOUT) do
    it(case[1], function()
      local settings = assert(home.settings { rest = "[services here]\n" .. case[2],
        profile = "services = here\nendpoint_url = http://profile" })
      assert.are.equal("http://profile", settings.endpoint_url)
    end)
  end

  it("is told with a wrong URL", function()
    assert.matches("endpoint_url of glacier in the section [services here]: Invalid endpoint",
      (home.refused { profile = "services = here",
      rest = "[services here]\nglacier =\n  endpoint_url = x\n" }), 1, true)
  end)
end)

describe("the switch that ignores configured URLs", function()
  local SERVICES = "[services here]\nglacier =\n  endpoint_url = http://services\n"

  -- Each on its own, and how it is switched on.
  local URLS = {
    AWS_ENDPOINT_URL = { environment = { AWS_ENDPOINT_URL = "http://x" } },
    AWS_ENDPOINT_URL_GLACIER = { environment = { AWS_ENDPOINT_URL_GLACIER = "http://x" } },
    ["the services section"] = { profile = "services = here\n", rest = SERVICES },
    ["the profile's URL"] = { profile = "endpoint_url = http://x\n" },
    ["a services section that is missing"] = { profile = "services = none\n" },
  }
  for title, url in pairs(URLS) do
    it("in the environment drops " .. title, function()
      local environment = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "True" }
      for name, value in pairs(url.environment or {}) do environment[name] = value end
      assert.is_nil(assert(home.settings {
        environment = environment, profile = url.profile, rest = url.rest }).endpoint_url)
    end)

    it("in the profile drops " .. title, function()
      assert.is_nil(assert(home.settings { environment = url.environment, rest = url.rest,
        profile = (url.profile or "") .. "ignore_configured_endpoint_urls = true",
      }).endpoint_url)
    end)
  end

  it("leaves the option", function()
    assert.are.equal("http://option", assert(home.settings {
      options = { endpoint_url = "http://option" },
      environment = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" },
    }).endpoint_url)
  end)

  it("drops nothing where it is off", function()
    assert.are.equal("http://x", assert(home.settings {
      environment = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "false",
        AWS_ENDPOINT_URL = "http://x" },
    }).endpoint_url)
  end)

  it("is the environment's rather than the profile's", function()
    assert.are.equal("http://x", assert(home.settings {
      environment = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "false" },
      profile = "ignore_configured_endpoint_urls = true\nendpoint_url = http://x",
    }).endpoint_url)
    assert.is_nil(assert(home.settings {
      environment = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" },
      profile = "ignore_configured_endpoint_urls = false\nendpoint_url = http://x",
    }).endpoint_url)
  end)
end)

describe("the endpoint of another service", function()
  for service, variable in pairs {
    glacier = "AWS_ENDPOINT_URL_GLACIER", sts = "AWS_ENDPOINT_URL_STS",
    sso = "AWS_ENDPOINT_URL_SSO", sso_oidc = "AWS_ENDPOINT_URL_SSO_OIDC",
  } do
    local section = "[services here]\nother =\n  endpoint_url = http://other\n" ..
      service .. " =\n  endpoint_url = http://" .. service:gsub("_", "-") .. "\n"
    local own = "http://" .. service:gsub("_", "-")

    it("is " .. variable .. "'s for " .. service, function()
      assert.are.equal("http://own", config.service_endpoint(service, home.configure {
        environment = { [variable] = "http://own", AWS_ENDPOINT_URL = "http://all" },
        profile = "services = here\nendpoint_url = http://profile", rest = section }))
    end)

    it("is AWS_ENDPOINT_URL's for " .. service, function()
      assert.are.equal("http://all", config.service_endpoint(service, home.configure {
        environment = { AWS_ENDPOINT_URL = "http://all" },
        profile = "services = here\nendpoint_url = http://profile", rest = section }))
    end)

    it("is the section's for " .. service, function()
      assert.are.equal(own, config.service_endpoint(service, home.configure {
        profile = "services = here\nendpoint_url = http://profile", rest = section }))
    end)

    it("is the profile's for " .. service, function()
      assert.are.equal("http://profile", config.service_endpoint(service, home.configure {
        profile = "endpoint_url = http://profile", rest = section }))
    end)
  end

  it("is not another's", function()
    for _, service in ipairs { "glacier", "sts", "sso" } do
      local url, err = config.service_endpoint(service,
        { AWS_ENDPOINT_URL_SSO_OIDC = "http://oidc" })
      assert.is_nil(url)
      assert.is_nil(err)
    end
  end)

  it("is told with its variable where it is wrong", function()
    local url, err = config.service_endpoint("sts", { AWS_ENDPOINT_URL_STS = "x" })
    assert.is_nil(url)
    assert.matches("AWS_ENDPOINT_URL_STS", err.message, 1, true)
  end)
end)

describe("where requests go", function()
  local function resolve(case)
    local settings = assert(home.settings(case))
    return endpoint.resolve(settings, "glacier")
  end

  it("follows what is configured", function()
    assert.are.equal("https://glacier-fips.us-east-1.api.aws", assert(resolve {
      environment = { AWS_USE_DUALSTACK_ENDPOINT = "true" },
      profile = "region = us-east-1\nuse_fips_endpoint = true",
    }).url)
    local where = assert(resolve { profile = "region = us-east-1\nservices = here",
      rest = "[services here]\nglacier =\n  endpoint_url = http://localhost:4566/base\n" })
    assert.are.equal("http://localhost:4566", where.url)
    assert.are.equal("/base", where.path)
    assert.are.equal("us-east-1", where.region)
  end)

  it("takes a configured name of a FIPS host apart", function()
    local where = assert(resolve { environment = { AWS_REGION = "us-east-1-fips" } })
    assert.are.equal("https://glacier-fips.us-east-1.amazonaws.com", where.url)
    assert.are.equal("us-east-1", where.region)
  end)

  it("needs a region", function()
    local where, err = resolve {}
    assert.is_nil(where)
    assert.are.equal("You must specify a region.", err.message)
  end)

  -- Where the flag stands, and where the URL does.
  local FLAGS = {
    FIPS = { AWS = "AWS_USE_FIPS_ENDPOINT", key = "use_fips_endpoint" },
    Dualstack = { AWS = "AWS_USE_DUALSTACK_ENDPOINT", key = "use_dualstack_endpoint" },
  }
  local URLS = {
    option = { options = { region = "us-east-1", endpoint_url = "http://x" } },
    environment = { variable = "AWS_ENDPOINT_URL" },
    profile = { line = "endpoint_url = http://x\n" },
  }
  for flag, names in pairs(FLAGS) do
    for title, url in pairs(URLS) do
      for _, place in ipairs { "environment", "profile" } do
        it("has no " .. flag .. " of the " .. place .. " with a URL of the " .. title, function()
          local case = { options = url.options or { region = "us-east-1" }, environment = {},
            profile = url.line or "" }
          if url.variable then case.environment[url.variable] = "http://x" end
          if place == "environment" then
            case.environment[names.AWS] = "true"
          else
            case.profile = case.profile .. names.key .. " = true\n"
          end
          local where, err = resolve(case)
          assert.is_nil(where)
          assert.are.equal("config", err.kind)
          assert.matches(flag .. " and custom endpoint are not supported", err.message, 1, true)
        end)
      end
    end

    it("has no conflict where an option takes " .. flag .. " back", function()
      assert.are.equal("http://x", assert(resolve {
        options = { region = "us-east-1", endpoint_url = "http://x", [names.key] = false },
        environment = { [names.AWS] = "true" },
      }).url)
    end)
  end
end)
