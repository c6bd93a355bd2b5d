local errors = require "glacier.errors"
local options = require "glacier.config.options"

-- A client's constructor stands between options.read and the user.
local function construct(given)
  local result, err = options.read(given)
  return result, err
end

local function problem_of(given)
  local result, err = construct(given)
  assert.is_nil(result)
  assert.is_true(errors.is_error(err))
  assert.equal("config", err.kind)
  return err
end

local THREAD = coroutine.create(function() end)

-- Every option: a right value of each type it takes.
local RIGHT = {
  region = { "us-west-2" }, profile = { "default" }, endpoint_url = { "http://localhost:1" },
  credentials = { {}, function() end }, use_fips_endpoint = { true, false },
  use_dualstack_endpoint = { true, false }, connect_timeout = { 0, 0.5, 60, 999999999 },
  read_timeout = { 0, 1 }, timeout = { 0, 1.5 }, max_attempts = { 1, 3, 999999999 },
  retry_mode = { "standard", "adaptive" }, reconcile = { true, false }, verify = { true, false },
  ca_bundle = { "/etc/ssl/ca.pem" }, proxy = { "http://proxy:3128" },
  user_agent_extra = { "app/1.0" }, app_id = { "app" }, validate = { "full", "shape" },
  host = { "auto", "blocking", {} }, logger = { function() end },
}

local DEFAULTS = {
  connect_timeout = 60, read_timeout = 60, reconcile = true, verify = true, tcp_keepalive = true, validate = "full",
  host = "auto",
}

describe("glacier.config.options", function()
  it("has defaults", function()
    assert.same(DEFAULTS, construct(nil))
    assert.same(DEFAULTS, construct({}))
  end)

  it("leaves the given table as it is", function()
    local given = { region = "r" }
    assert.not_equal(given, construct(given))
    assert.same({ region = "r" }, given)
  end)

  for name, values in pairs(RIGHT) do
    it("takes " .. name, function()
      for _, value in ipairs(values) do
        local result, err = construct({ [name] = value })
        assert.is_nil(err)
        assert.equal(value, result[name])
      end
    end)

    it("raises for another type of " .. name .. ", at the caller", function()
      local taken = {}
      for _, value in ipairs(values) do
        taken[type(value)] = true
      end
      for _, value in ipairs({ "text", 5, true, {}, print, THREAD, io.stdout }) do
        if not taken[type(value)] then
          local ok, message = pcall(function()
            local result = construct({ [name] = value })
            return result
          end)
          assert.is_false(ok)
          assert.truthy(message:find("options_spec.lua:%d+: bad option '" .. name .. "' %("),
            message)
          assert.truthy(message:find(" expected, got " .. type(value) .. ")", 1, true), message)
        end
      end
    end)
  end

  it("raises for options that are no table", function()
    for _, given in ipairs({ "us-west-2", 5, true, print }) do
      local ok, message = pcall(function()
        local result = construct(given)
        return result
      end)
      assert.is_false(ok)
      assert.truthy(message:find("bad argument #1 to 'client' (table expected, got " ..
        type(given) .. ")", 1, true), message)
    end
  end)

  it("shows no value in what it raises", function()
    local _, message = pcall(construct, { credentials = "HIDDENSECRET" })
    assert.falsy(message:find("HIDDEN", 1, true))
  end)

  describe("names the option nearest to", function()
    for unknown, nearest in pairs({
      Region = "region", regoin = "region", regions = "region", endpoint = "endpoint_url",
      endpointUrl = "endpoint_url", timeouts = "timeout", connecttimeout = "connect_timeout",
      maxAttempts = "max_attempts", retry = "retry_mode", credential = "credentials",
      verify_ssl = "verify", use_fips = "use_fips_endpoint", log = "logger", app = "app_id",
      useragent_extra = "user_agent_extra", ca_bundel = "ca_bundle", PROXY = "proxy",
    }) do
      it(unknown, function()
        local err = problem_of({ [unknown] = "x" })
        local shown, found = err.message:match("^Unknown option '(.-)': did you mean '(.-)'%?$")
        assert.equal("UnknownOptionError", err.code)
        assert.equal(unknown, shown)
        assert.equal(nearest, found)
      end)
    end

    -- The distance of two words by its definition.
    it("any word, the first in order of those that are equally near", function()
      local function distance(a, b)
        if a == "" or b == "" then
          return #a + #b
        end
        local shorter_a, shorter_b = a:sub(2), b:sub(2)
        if a:sub(1, 1) == b:sub(1, 1) then
          return distance(shorter_a, shorter_b)
        end
        return 1 + math.min(distance(shorter_a, b), distance(a, shorter_b),
          distance(shorter_a, shorter_b))
      end
      local all = { aaa = { type = "string" }, abcd = { type = "string" }, abxy = { type = "string" },
        b = { type = "string" }, zz = { type = "string" }, zzzz = { type = "string" } }
      local names = { "aaa", "abcd", "abxy", "b", "zz", "zzzz" }
      for _, word in ipairs({ "ab", "abcx", "aabb", "q", "zzz", "zzy", "xbcd", "bcd", "ba", "dcba",
        "yz", "a", "abc", "cd", "acd" }) do
        local best, least
        for _, name in ipairs(names) do
          local d = #word > 2 and name:find(word, 1, true) and 0 or distance(word, name)
          if not least or d < least then
            best, least = name, d
          end
        end
        local _, err = options.judge({ [word] = "x" }, all, "#1", 1)
        assert.equal(("Unknown option '%s': did you mean '%s'?"):format(word, best), err.message)
      end
    end)

    it("what is no name at all", function()
      for _, key in ipairs({ 1, true, {}, print, ("x"):rep(10000) }) do
        local err = problem_of({ [key] = "us-west-2" })
        assert.is_true(#err.message < 200)
      end
    end)
  end)

  describe("refuses", function()
    local nan = 0 / 0
    local numbers = { -1, -0.001, nan, math.huge, -math.huge, 1e9, 1e300 }
    for _, name in ipairs({ "connect_timeout", "read_timeout", "timeout", "max_attempts" }) do
      it("wrong numbers for " .. name, function()
        for _, value in ipairs(numbers) do
          assert.truthy(problem_of({ [name] = value }).message:find("^Option '" .. name ..
            "' must be"))
        end
      end)
    end

    it("no attempts, and parts of one", function()
      for _, value in ipairs({ 0, 0.5, 1.5, 2.999 }) do
        assert.equal("Option 'max_attempts' must be an integer of at least 1, and below 1e9",
          problem_of({ max_attempts = value }).message)
      end
    end)

    it("values that are none of the choices", function()
      assert.equal("Option 'validate' must be one of: full, shape",
        problem_of({ validate = "none" }).message)
      assert.equal("Option 'retry_mode' must be one of: standard, adaptive",
        problem_of({ retry_mode = "legacy" }).message)
      for _, value in ipairs({ "", "Full", "full " }) do
        problem_of({ validate = value })
      end
    end)

    it("control characters, without quoting them", function()
      for name, values in pairs(RIGHT) do
        if type(values[1]) == "string" and name ~= "host" then
          for _, value in ipairs({ "HIDDEN\r\nX: y", "HIDDEN\0", "\127HIDDEN" }) do
            assert.falsy(problem_of({ [name] = value }).message:find("HIDDEN", 1, true))
          end
        end
      end
    end)
  end)

  it("writes a whole number without a fraction, in every Lua", function()
    assert.equal("3", tostring(construct({ max_attempts = 6 / 2 }).max_attempts))
  end)
end)
