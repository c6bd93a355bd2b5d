local user_agent = require "glacier.config.user_agent"
local version = require "glacier.version"

local function with(options, settings)
  return user_agent(options or {}, settings or {})
end

-- Calls `check` where the global `jit` is `value`.
local function with_jit(value, check)
  local before = rawget(_G, "jit")
  rawset(_G, "jit", value)
  local ok, message = pcall(check)
  rawset(_G, "jit", before)
  assert(ok, message)
end

describe("glacier.config.user_agent", function()
  it("begins with the library and its version", function()
    local name, rest = with():match("^lua%-glacier/(%S+)( .*)$")
    assert.equal(version, name)
    assert.equal(" ua/2.1 ", rest:sub(1, 8))
  end)

  it("names the language", function()
    with_jit(nil, function()
      assert.truthy(with():find(" lang/lua#" .. _VERSION:match("[0-9.]+$") .. " ", 1, true))
      assert.truthy(with():find(" os/linux ", 1, true))
    end)
    with_jit({ version = "LuaJIT 2.1.0-beta3", os = "Linux" }, function()
      assert.truthy(with():find(" lang/luajit#2.1.0-beta3 ", 1, true))
      assert.truthy(with():find(" os/linux ", 1, true))
    end)
    -- A host may have a table of that name without being LuaJIT.
    for _, other in ipairs({ true, "x", {} }) do
      with_jit(other, function()
        assert.truthy(with():find(" lang/lua#", 1, true))
      end)
    end
  end)

  it("names the application", function()
    assert.equal(with() .. " app/my-app", with(nil, { app_id = "my app" }))
    assert.equal(with() .. " app/a-b--c", with(nil, { app_id = "a/b\r\nc" }))
    assert.equal(with() .. " app/!$%&'*+.^_`|~-", with(nil, { app_id = "!$%&'*+.^_`|~-" }))
  end)

  it("ends in what the user adds", function()
    assert.equal(with() .. " tool/1.0 (x)", with({ user_agent_extra = "tool/1.0 (x)" }))
    assert.equal(with() .. " app/a tool", with({ user_agent_extra = "tool" }, { app_id = "a" }))
  end)

  it("is one line of printable ASCII whatever it is given", function()
    local all = {}
    for code = 0, 255 do
      all[#all + 1] = string.char(code)
    end
    all = table.concat(all)
    local value = with({ user_agent_extra = all }, { app_id = all })
    assert.falsy(value:find("[^ -~]"))
  end)
end)
