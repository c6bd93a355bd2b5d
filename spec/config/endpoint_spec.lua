local endpoint = require "glacier.config.endpoint"
local vectors = require "spec.vectors.endpoints"

local function resolve(region, options)
  local settings = { region = region }
  for name, value in pairs(options or {}) do
    settings[name] = value
  end
  return endpoint.resolve(settings, "glacier")
end

local function url_of(region, fips, dualstack)
  local resolved, err = resolve(region, { use_fips_endpoint = fips,
    use_dualstack_endpoint = dualstack })
  assert.is_nil(err)
  assert.equal("https://" .. resolved.host, resolved.url)
  assert.equal("", resolved.path)
  assert.equal("", resolved.query)
  return resolved.url, resolved.region
end

-- A partition, its regions, its suffix and its dual-stack suffix.
local PARTITIONS = {
  { "aws", { "us-east-1", "us-west-2", "eu-central-1", "ap-southeast-5", "sa-east-1",
    "ca-west-1", "me-south-1", "af-south-1", "il-central-1", "mx-central-1", "us-east-10" },
    "amazonaws.com", "api.aws" },
  { "aws-cn", { "cn-north-1", "cn-northwest-1" },
    "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
  { "aws-us-gov", { "us-gov-west-1", "us-gov-east-1" }, "amazonaws.com", "api.aws" },
  { "aws-iso", { "us-iso-east-1", "us-iso-west-1" }, "c2s.ic.gov", "api.aws.ic.gov" },
  { "aws-iso-b", { "us-isob-east-1", "us-isob-west-1" }, "sc2s.sgov.gov", "api.aws.scloud" },
  { "aws-iso-e", { "eu-isoe-west-1" }, "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
  { "aws-iso-f", { "us-isof-south-1", "us-isof-east-1" }, "csp.hci.ic.gov",
    "api.aws.hci.ic.gov" },
  { "aws-eusc", { "eusc-de-east-1" }, "amazonaws.eu", "api.amazonwebservices.eu" },
  { "none known", { "xx-east-1", "us-isoz-east-1", "us-east", "moon", "us-east-1a", "localhost",
    "us-gov-1", "eu-isoe-1-x" }, "amazonaws.com", "api.aws" },
}

local HOSTILE = {
  "a.b", "a/b", "a:b", "a@b", "us-east-1.evil.com/", "us-east-1#", "us-east-1?x=", "x\0y", "a b",
  "us-east-1\r\nHost: evil.com", "us-east-1\n", " us-east-1", "us-east-1 ", "-us-east-1",
  "us-east-1-", "-", "--", "us_east_1", "%2e%2e", "..", ".", "\\", "\195\169", "[::1]", "*",
  ("a"):rep(64), "fips-", "-fips", "fips--us-east-1", "us-east-1--fips", "fips-us_east_1",
  "fips-.evil.com", "evil.com/-fips",
}

describe("glacier.config.endpoint", function()
  for _, case in ipairs(vectors) do
    it(("%s%s%s%s"):format(case[1], case.fips and ", FIPS" or "",
      case.dualstack and ", dual-stack" or "", case.endpoint_url and ", custom" or ""), function()
      local resolved, err = resolve(case[1], { use_fips_endpoint = case.fips,
        use_dualstack_endpoint = case.dualstack, endpoint_url = case.endpoint_url })
      if case.error then
        assert.is_nil(resolved)
        assert.equal("config", err.kind)
        assert.equal(case.error, err.message)
      else
        assert.equal(case.url, resolved.url)
        assert.equal(case[1], resolved.region)
      end
    end)
  end

  it("has all the cases there are", function()
    assert.equal(30, #vectors)
  end)

  for _, partition in ipairs(PARTITIONS) do
    it("knows the hosts of the partition " .. partition[1], function()
      for _, region in ipairs(partition[2]) do
        local plain = "https://glacier." .. region .. "." .. partition[3]
        local fips = "https://glacier-fips." .. region .. "."
        assert.same({ plain, region }, { url_of(region) })
        assert.equal("https://glacier." .. region .. "." .. partition[4],
          (url_of(region, false, true)))
        assert.equal(fips .. partition[4], (url_of(region, true, true)))
        assert.equal(partition[1] == "aws-us-gov" and plain or fips .. partition[3],
          (url_of(region, true)))
      end
    end)
  end

  describe("takes for a FIPS host's name:", function()
    for pseudo, region in pairs({ ["fips-us-east-1"] = "us-east-1",
      ["us-east-1-fips"] = "us-east-1", ["fips-us-east-1-fips"] = "us-east-1",
      ["fips-moon"] = "moon" }) do
      it(pseudo, function()
        local url = "https://glacier-fips." .. region .. "."
        assert.same({ url .. "amazonaws.com", region }, { url_of(pseudo) })
        assert.same({ url .. "amazonaws.com", region }, { url_of(pseudo, false) })
        assert.same({ url .. "api.aws", region }, { url_of(pseudo, nil, true) })
      end)
    end

    it("fips-us-gov-west-1", function()
      assert.same({ "https://glacier.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
        { url_of("fips-us-gov-west-1") })
    end)

    it("and no custom URL with it", function()
      local resolved, err = resolve("fips-us-east-1", { endpoint_url = "https://example.com" })
      assert.is_nil(resolved)
      assert.equal("Invalid Configuration: FIPS and custom endpoint are not supported", err.message)
    end)
  end)

  it("writes hosts in lower case, and signs the region as it is", function()
    assert.same({ "https://glacier.us-east-1.amazonaws.com", "US-East-1" }, { url_of("US-East-1") })
  end)

  it("asks for a region", function()
    for _, options in ipairs({ {}, { endpoint_url = "https://example.com" } }) do
      for _, region in ipairs({ false, "" }) do
        local resolved, err = resolve(region or nil, options)
        assert.is_nil(resolved)
        assert.equal("config", err.kind)
        assert.equal("NoRegionError", err.code)
        assert.equal("You must specify a region.", err.message)
      end
    end
  end)

  for i, region in ipairs(HOSTILE) do
    it("lets no hostile region into a URL (" .. i .. ")", function()
      for _, options in ipairs({ {}, { use_fips_endpoint = true },
        { use_dualstack_endpoint = true }, { endpoint_url = "https://example.com" } }) do
        local resolved, err = resolve(region, options)
        assert.is_nil(resolved)
        assert.equal("config", err.kind)
        assert.equal("InvalidRegionError", err.code)
        assert.truthy(err.message:find("^Provided region_name '[ -~]*' doesn't match"))
      end
    end)
  end

  it("takes the longest label there may be", function()
    local region = ("a"):rep(63)
    assert.equal("https://glacier." .. region .. ".amazonaws.com", (url_of(region)))
  end)

  describe("takes a custom URL apart:", function()
    local cases = {
      { "https://example.com", "https://example.com", "", "" },
      { "http://example.com", "http://example.com", "", "" },
      { "HTTPS://Example.COM/Base", "https://example.com", "/Base", "" },
      { "https://example.com/", "https://example.com", "", "" },
      { "https://example.com/base/", "https://example.com", "/base", "" },
      { "https://example.com/a/b//", "https://example.com", "/a/b", "" },
      { "https://example.com:443", "https://example.com", "", "" },
      { "http://example.com:80/x", "http://example.com", "/x", "" },
      { "http://example.com:443", "http://example.com:443", "", "" },
      { "https://example.com:80", "https://example.com:80", "", "" },
      { "https://example.com:0443", "https://example.com", "", "" },
      { "https://example.com:8443/x", "https://example.com:8443", "/x", "" },
      { "https://example.com:65535", "https://example.com:65535", "", "" },
      { "https://example.com:", "https://example.com", "", "" },
      { "https://example.com?x=1&y", "https://example.com", "", "x=1&y" },
      { "https://example.com/b?x=/a?b", "https://example.com", "/b", "x=/a?b" },
      { "https://example.com/?", "https://example.com", "", "" },
      { "http://localhost:4566", "http://localhost:4566", "", "" },
      { "http://127.0.0.1:8080", "http://127.0.0.1:8080", "", "" },
      { "http://[::1]", "http://[::1]", "", "" },
      { "http://[::1]:8080/b", "http://[::1]:8080", "/b", "" },
      { "http://[::1]:80", "http://[::1]", "", "" },
      { "https://[FD00:EC2::23]:443", "https://[fd00:ec2::23]", "", "" },
      { "http://[::ffff:127.0.0.1]:1", "http://[::ffff:127.0.0.1]:1", "", "" },
      { "http://my_host.local", "http://my_host.local", "", "" },
      { "https://example.com./", "https://example.com.", "", "" },
      { "https://example.com/a%20b/..", "https://example.com", "/a%20b/..", "" },
    }

    for _, case in ipairs(cases) do
      it(case[1], function()
        local resolved = assert(resolve("eu-west-1", { endpoint_url = case[1] }))
        assert.same({ url = case[2], host = case[2]:gsub("^%a+://", "", 1), path = case[3],
          query = case[4], region = "eu-west-1" }, resolved)
      end)
    end
  end)

  describe("refuses as a custom URL, without quoting it,", function()
    local secret = "HIDDEN"
    local garbage = {
      "", "HIDDEN", "HIDDEN.example.com", "//HIDDEN", "http:HIDDEN", "http:/HIDDEN", "http://",
      "https:///HIDDEN", "ftp://HIDDEN", "file:///HIDDEN", "unix://HIDDEN", "https://user:HIDDEN@h",
      "https://HIDDEN@h", "https://h/#HIDDEN", "https://h#HIDDEN", "https://h/?q#HIDDEN",
      "https://HIDDEN h", "https://h/HIDDEN x", "https://h/HIDDEN\r\nX: y", "https://h\nHIDDEN",
      "https://HIDDEN:port", "https://HIDDEN:-1", "https://HIDDEN:65536", "https://HIDDEN:0",
      "https://HIDDEN:99999999999999999999", "https://HIDDEN:1:2", "https://::1/HIDDEN",
      "https://[::1/HIDDEN", "https://::1]/HIDDEN", "https://[::1]8080/HIDDEN", "https://[]/HIDDEN",
      "https://[HIDDEN]", "https://[::1]x/HIDDEN", "https://h%2fHIDDEN", "https://h\\HIDDEN",
      " https://HIDDEN", "https://HIDDEN\0", "https://h/HIDDEN\127", "https://./HIDDEN",
      "https://-HIDDEN", "https://.HIDDEN", "javascript://HIDDEN", "https//HIDDEN",
      "https://h\195\169/HIDDEN",
    }

    for i, url in ipairs(garbage) do
      it("garbage (" .. i .. ")", function()
        local resolved, err = resolve("us-east-1", { endpoint_url = url })
        assert.is_nil(resolved)
        assert.equal("config", err.kind)
        assert.equal("InvalidEndpointError", err.code)
        assert.truthy(err.message:find("^Invalid endpoint: "))
        assert.falsy(err.message:find(secret, 1, true))
      end)
    end
  end)
end)
