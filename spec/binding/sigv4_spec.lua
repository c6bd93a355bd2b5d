local cases = require "spec.vectors.sigv4"
local requests = require "spec.support.vectors"
local shell = require "spec.support.shell"
local sigv4 = require "glacier.core.sigv4"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local ID = "AKIDEXAMPLE"
local SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
local SUITE_TIME = 1440938160 -- 2015-08-30T12:36:00Z
local GLACIER_TIME = 1337905493 -- 2012-05-25T00:24:53Z

local function credentials(token, secret)
  return assert(sigv4.credentials(ID, secret or SECRET, token))
end

-- A Glacier request, with `changes`.
local function request(changes)
  local result = {
    method = "POST",
    path = "/-/vaults/examplevault/jobs",
    query = "",
    headers = {
      "Host", "glacier.us-east-1.amazonaws.com",
      "Content-Type", "application/json",
      "x-amz-glacier-version", "2012-06-01",
    },
    body = "{}",
    region = "us-east-1",
    service = "glacier",
    time = GLACIER_TIME,
    credentials = credentials(),
  }
  for name, value in pairs(changes or {}) do
    result[name] = value
  end
  return result
end

local function signature_of(headers)
  return headers[#headers]:match("Signature=(%x+)$")
end

describe("glacier.core.sigv4", function()
  describe("signs the Glacier request with", function()
    for _, case in ipairs(requests.list) do
      it(case.name, function()
        local signer = assert(sigv4.signer())
        local path, query = case.target:match("^([^?]*)%??(.*)$")
        local headers = assert(signer:sign(request({
          path = path,
          query = query,
          body = case.body,
          credentials = credentials(case.token),
        })))
        assert.equal("X-Amz-Date", headers[1])
        assert.equal("20120525T002453Z", headers[2])
        if case.token then
          assert.equal("X-Amz-Security-Token", headers[3])
          assert.equal(case.token, headers[4])
        end
        assert.equal("Authorization", headers[#headers - 1])
        assert.equal("AWS4-HMAC-SHA256 Credential=" .. ID ..
          "/20120525/us-east-1/glacier/aws4_request, SignedHeaders=" ..
          "content-type;host;x-amz-date;x-amz-glacier-version" ..
          (case.token and ";x-amz-security-token" or "") ..
          ", Signature=" .. case.signature, headers[#headers])
        assert.equal(case.token and 6 or 4, #headers)
      end)
    end
  end)

  describe("signs", function()
    local signer = assert(sigv4.signer())

    for _, case in ipairs(cases) do
      it(case[1], function()
        local given = { "Host", "example.amazonaws.com\n" }
        for _, text in ipairs(case.headers or {}) do
          given[#given + 1] = text
        end
        local headers = assert(signer:sign({
          method = case[2],
          path = case[3],
          query = case[4],
          headers = given,
          body = case.body,
          keep_segments = case.keep,
          region = "us-east-1",
          service = "service",
          time = SUITE_TIME,
          credentials = credentials(case.token),
        }))
        local canonical, string_to_sign = signer:explain()
        assert.equal(case.canonical, canonical)
        assert.equal("AWS4-HMAC-SHA256\n20150830T123600Z\n" ..
          "20150830/us-east-1/service/aws4_request\n" .. case.hash, string_to_sign)
        assert.equal(case.signature, signature_of(headers))
      end)
    end

    it("all the cases there are", function()
      assert.equal(38, #cases)
    end)
  end)

  describe("refuses credentials with", function()
    local refused = {
      { "an empty access key id", "", SECRET, nil, "access_key_id is empty" },
      { "an empty secret", ID, "", nil, "secret_access_key is empty" },
      { "a line break in the id", "AKID\r\nX: y", SECRET, nil, "access_key_id holds" },
      { "a space in the id", "AKID EXAMPLE", SECRET, nil, "access_key_id holds" },
      { "a NUL in the id", "AKID\0", SECRET, nil, "access_key_id holds" },
      { "a byte beyond ASCII in the id", "AKID\195\169", SECRET, nil, "access_key_id holds" },
      { "a line break in the token", ID, SECRET, "HIDDEN\nTOKEN", "session_token holds" },
      { "a token that is too long", ID, SECRET, ("HIDDEN"):rep(20000), "longer than" },
    }

    for _, case in ipairs(refused) do
      it(case[1] .. ", quoting none", function()
        local made, failure = sigv4.credentials(case[2], case[3], case[4])
        assert.is_nil(made)
        assert.equal("config", failure.kind)
        assert.equal("InvalidConfigError", failure.code)
        assert.truthy(failure.message:find(case[5], 1, true), failure.message)
        assert.falsy(failure.message:find(SECRET, 1, true))
        assert.falsy(failure.message:find("HIDDEN", 1, true))
        assert.falsy(failure.message:find("AKID", 1, true))
      end)
    end
  end)

  it("takes any bytes as a secret", function()
    local signer = assert(sigv4.signer())
    local secret = "a\0b \255"
    local headers = assert(signer:sign(request({ credentials = credentials(nil, secret) })))
    local other = assert(signer:sign(request({ credentials = credentials(nil, "a") })))
    assert.not_equal(signature_of(other), signature_of(headers))
  end)

  it("shows the access key id and no secret", function()
    local identity = credentials("HIDDENTOKEN")
    assert.equal("glacier credentials " .. ID, tostring(identity))
    assert.equal(ID, identity:access_key_id())
    assert.is_nil(identity.secret_access_key)
    assert.is_nil(identity.session_token)
    local signer = assert(sigv4.signer())
    signer:sign(request({ credentials = identity }))
    assert.falsy(tostring(signer):find("HIDDEN", 1, true))
  end)

  describe("with one signer for changing requests", function()
    -- What a fresh signer, which has no key yet, makes of the same request.
    local function fresh(changes)
      return assert(assert(sigv4.signer()):sign(request(changes)))
    end

    local changes = {
      { "secrets", { credentials = credentials(nil, "one") },
        { credentials = credentials(nil, "two") } },
      { "secrets where one begins the other", { credentials = credentials(nil, "one") },
        { credentials = credentials(nil, "oneone") } },
      { "regions", { region = "us-east-1" }, { region = "us-west-2" } },
      { "services", { service = "glacier" }, { service = "sts" } },
      { "dates", { time = GLACIER_TIME }, { time = GLACIER_TIME + 86400 } },
      { "times of one day", { time = GLACIER_TIME }, { time = GLACIER_TIME + 1 } },
    }

    for _, case in ipairs(changes) do
      it("never mixes up " .. case[1], function()
        local signer = assert(sigv4.signer())
        for _ = 1, 3 do
          for i = 2, 3 do
            assert.same(fresh(case[i]), assert(signer:sign(request(case[i]))))
          end
        end
        assert.not_same(fresh(case[2]), fresh(case[3]))
      end)
    end

    it("goes on after a failure", function()
      local signer = assert(sigv4.signer())
      local before = assert(signer:sign(request()))
      assert.is_nil((signer:sign(request({ time = 1e13 }))))
      assert.same(before, assert(signer:sign(request())))
    end)
  end)

  describe("returns a failure for", function()
    local refused = {
      { "a time beyond the year 9999", { time = 253402300800 }, "years" },
      { "a date among the headers", { headers = { "Host", "h", "X-Amz-Date", "x" } }, "signer" },
      { "an authorization among the headers", { headers = { "authorization", "x" } }, "signer" },
    }

    for _, case in ipairs(refused) do
      it(case[1], function()
        local headers, failure = assert(sigv4.signer()):sign(request(case[2]))
        assert.is_nil(headers)
        assert.equal("config", failure.kind)
        assert.truthy(failure.message:find(case[3], 1, true), failure.message)
      end)
    end
  end)

  describe("raises for", function()
    local signer = assert(sigv4.signer())
    local misuse = {
      { "a secret that is a number", function() sigv4.credentials(ID, 5) end, "string expected" },
      { "a token that is a table", function() sigv4.credentials(ID, SECRET, {}) end,
        "string expected" },
      { "no request", function() signer:sign() end, "table expected" },
      { "a call with a dot", function() signer.sign(request()) end, "glacier.signer" },
      { "credentials that are a table", function()
        signer:sign(request({ credentials = { ID, SECRET } }))
      end, "glacier.credentials" },
      { "a signer as credentials", function()
        signer:sign(request({ credentials = signer }))
      end, "glacier.credentials" },
      { "a path that is a number", function() signer:sign(request({ path = 5 })) end, "'path'" },
      { "no time", function()
        local given = request()
        given.time = nil
        signer:sign(given)
      end, "number expected" },
      { "a time that is not a number of seconds", function()
        signer:sign(request({ time = 0 / 0 }))
      end, "out of range" },
      { "a header that is no string", function()
        signer:sign(request({ headers = { "Host", 5 } }))
      end, "item 2" },
    }

    for _, case in ipairs(misuse) do
      it(case[1], function()
        local ok, message = pcall(case[2])
        assert.is_false(ok)
        assert.truthy(message:find(case[3], 1, true), message)
        assert.falsy(message:find(SECRET, 1, true))
      end)
    end
  end)

  describe("hands over all headers of a request", function()
    local COMMON = sigv4.common {
      region = "us-east-1", service = "glacier",
      headers = { "Host", "glacier.us-east-1.amazonaws.com", "x-amz-glacier-version", "2012-06-01" },
      unsigned = { "User-Agent", "ours" },
    }

    local function list(headers)
      local result = {}
      for i = 1, #headers do
        result[i] = headers[i]
      end
      return result
    end

    local function headers_of(signer, changes)
      local given = { method = "POST", path = "/-/vaults/examplevault/jobs", query = "",
        headers = { "Content-Type", "application/json" }, body = "{}" }
      for name, value in pairs(changes or {}) do
        given[name] = value
      end
      return signer:headers(COMMON, given.credentials or credentials(), GLACIER_TIME, given.method,
        given.path, given.query, given.body, given.headers, "amz-sdk-request", "attempt=1; max=3")
    end

    it("signed as by sign, and those that are not signed besides", function()
      for _, token in ipairs({ false, "token" }) do
        local signer = assert(sigv4.signer())
        local identity = credentials(token or nil)
        local expected = { "Host", "glacier.us-east-1.amazonaws.com",
          "x-amz-glacier-version", "2012-06-01", "Content-Type", "application/json" }
        for _, text in ipairs(signer:sign(request({ credentials = identity }))) do
          expected[#expected + 1] = text
        end
        for _, text in ipairs({ "User-Agent", "ours", "amz-sdk-request", "attempt=1; max=3" }) do
          expected[#expected + 1] = text
        end
        assert.same(expected, list(headers_of(signer, { credentials = identity })))
      end
    end)

    it("of which each is its own copy", function()
      local signer = assert(sigv4.signer())
      local first = headers_of(signer, { body = ("a"):rep(10) })
      local text = table.concat(list(first), "\n")
      for i = 1, 100 do
        headers_of(signer, { body = ("b"):rep(i) })
        collectgarbage()
      end
      assert.equal(text, table.concat(list(first), "\n"))
    end)

    it("unless they cannot be signed", function()
      local signer = assert(sigv4.signer())
      local none, failure = headers_of(signer, { headers = { "authorization", "x" } })
      assert.is_nil(none)
      assert.truthy(failure.message:find("made by the signer", 1, true))
      for _, wrong in ipairs({ { "name" }, { 5, "a" }, "text", { "a", {} } }) do
        assert.has_error(function() headers_of(signer, { headers = wrong }) end)
      end
      local many = {}
      for i = 1, 2 * 128 do
        many[i] = "x" .. i
      end
      assert.has_error(function() headers_of(signer, { headers = many }) end)
    end)

    it("unless it is called in another way", function()
      local signer, who = assert(sigv4.signer()), credentials()
      local function refuses(message, ...)
        local count, arguments = select("#", ...), { ... }
        local ok, err = pcall(function()
          signer:headers(unpack(arguments, 1, count))
        end)
        assert.is_false(ok)
        assert.truthy(tostring(err):find(message, 1, true), tostring(err))
      end
      assert(signer:headers(COMMON, who, 0, "GET", "/", "", "", {}))
      refuses("number expected", COMMON, who, "soon", "GET", "/", "", "", {})
      refuses("out of range", COMMON, who, 0 / 0, "GET", "/", "", "", {})
      refuses("credentials expected", COMMON, "who", 0, "GET", "/", "", "", {})
      refuses("common expected", {}, who, 0, "GET", "/", "", "", {})
      refuses("common expected", who, who, 0, "GET", "/", "", "", {})
      refuses("string expected", COMMON, who, 0, "GET", "/", nil, "", {})
      refuses("string expected", COMMON, who, 0, 5, "/", "", "", {})
      refuses("without its value", COMMON, who, 0, "GET", "/", "", "")
      refuses("table expected", COMMON, who, 0, "GET", "/", "", "", "Host")
      refuses("without its value", COMMON, who, 0, "GET", "/", "", "", {}, "name")
      refuses("string expected", COMMON, who, 0, "GET", "/", "", "", {}, "name", 5)
      local many = {}
      for i = 1, 2 * 126 do
        many[i] = "x" .. i
      end
      refuses("too many headers", COMMON, who, 0, "GET", "/", "", "", {}, unpack(many))
      for _, wrong in ipairs({ false, { region = 5 }, { headers = "Host" }, { headers = { "Host" } },
        { unsigned = { "a", 1 } } }) do
        assert.has_error(function() sigv4.common(wrong or nil) end)
      end
    end)

    it("as the common ones were when they were given", function()
      local signer, given = assert(sigv4.signer()), { region = "us-east-1", service = "glacier",
        headers = { "Host", "one" }, unsigned = { "User-Agent", "ours" } }
      local common = sigv4.common(given)
      given.headers[2], given.unsigned[2], given.region = "two", "theirs", "eu-west-1"
      collectgarbage()
      local headers = list(signer:headers(common, credentials(), 0, "GET", "/", "", "", {}))
      assert.equal("one", headers[2])
      assert.equal("ours", headers[#headers])
      assert.truthy(table.concat(headers, "\n"):find("/us-east-1/glacier/", 1, true))
      local bare = list(signer:headers(sigv4.common({}), credentials(), 0, "GET", "/", "", "", {}))
      assert.equal(4, #bare)
    end)

    it("as what can be read like a list, and not changed", function()
      local headers = headers_of(assert(sigv4.signer()))
      assert.equal(14, #headers)
      assert.equal("Host", headers[1])
      assert.equal("attempt=1; max=3", headers[14])
      for _, key in ipairs({ 0, 15, -1, 1 / 0, 0 / 0, "1", "list", true }) do
        assert.is_nil(headers[key])
      end
      assert.has_error(function() headers[1] = "x" end)
      assert.is_false(getmetatable(headers))
    end)
  end)

  it("loads without libcurl", function()
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write(("package.cpath = %q\n"):format(package.cpath), [[
      local function has_curl()
        local maps = assert(io.open("/proc/self/maps"))
        local text = maps:read("*a")
        maps:close()
        return text:find("libcurl", 1, true) ~= nil
      end
      require("glacier.core.sigv4")
      require("glacier.core.digest")
      io.write(tostring(has_curl()), " ")
      require("glacier.core.http")
      io.write(tostring(has_curl()))
    ]])
    file:close()
    local pipe = assert(io.popen(("'%s' '%s' 2>&1"):format(shell.interpreter, script)))
    local output = pipe:read("*a")
    pipe:close()
    os.remove(script)
    assert.equal("false true", output)
  end)
end)
