-- A module that was not built by the Makefile crashed its host when a Lua
-- state was closed during a name lookup, and showed the core's names to all:
-- both were prevented by flags that only the Makefile had.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Begins early: it takes long.
-- Builds what it looks at: a sanitizer finds nothing there.

local shell = require "spec.support.shell"

local MODULES = { "digest", "sigv4", "http", "file", "process" }
local ROCKSPEC = "rockspec/lua-glacier-scm-1.rockspec"

describe("a module that is built", function()
  local folder, program

  local function compiler(flags)
    return ("%s %s $(pkg-config --cflags lua%s)"):format(os.getenv "CC" or "gcc", flags,
      shell.version)
  end

  -- The sources of a module, as the rockspec lists them.
  local function sources(name)
    local file = assert(io.open(ROCKSPEC))
    local text = file:read "*a"
    file:close()
    local list = text:match("%[\"glacier%.core%." .. name .. "\"%] = {%s*sources = {(.-)}")
    return (list:gsub("[%s\",]+", " "))
  end

  -- Builds all modules below `target`, as one line of a shell does it.
  local function build(target, flags)
    shell.check("mkdir -p " .. target .. "/glacier/core")
    for _, name in ipairs(MODULES) do
      shell.check(("%s -shared -fPIC %s -lcurl -lcrypto -o %s/glacier/core/%s.so"):format(
        compiler(flags), sources(name), target, name))
    end
  end

  local function check_names(target)
    for _, name in ipairs(MODULES) do
      local names = shell.check(("nm -D --defined-only %s/glacier/core/%s.so"):format(target, name))
      assert.equal("T luaopen_glacier_core_" .. name, names:match "^%x+ ([^\n]+)\n$", names)
    end
  end

  local function check_lookup(target, plugin)
    local output, status = shell.run(("env LUA_PATH=/nonexistent LUA_CPATH=%s'/?.so' timeout 60 %s 3 %s")
      :format(target, program, plugin or ""))
    assert.equal("", output)
    assert.equal(0, status)
  end

  setup(function()
    folder = shell.folder()
    program = folder .. "/close_in_lookup"
    shell.compile("spec/support/close_in_lookup.c", program, { flags = "-rdynamic" })
  end)

  teardown(function()
    shell.remove(folder)
  end)

  it("by the Makefile shows one name, and may be closed", function()
    check_names(shell.build)
    check_lookup(shell.build)
  end)

  for _, flags in ipairs { "", "-std=gnu99 -O2 -D_GNU_SOURCE", "-std=c99 -Os -fvisibility=default" } do
    it("by a line of one's own shows one name, and may be closed: " .. flags, function()
      local target = folder .. "/own" .. flags:gsub("%W", "")
      build(target, flags)
      check_names(target)
      check_lookup(target)
    end)
  end

  it("by LuaRocks shows one name, and may be closed", function()
    if not shell.has "luarocks" then
      return pending "LuaRocks is not installed"
    end
    -- It leaves what it compiles beside the sources.
    shell.check(("cp -r src lua bin rockspec %s && cd %s && luarocks --lua-version=%s --tree=rocks "
      .. "make --deps-mode=none %s"):format(folder, folder, shell.version, ROCKSPEC))
    local target = folder .. "/rocks/lib/lua/" .. shell.version
    check_names(target)
    check_lookup(target)
  end)

  it("into a plugin of the host's may be closed with it", function()
    shell.make("static LUA_VERSION=" .. shell.version)
    local plugin = folder .. "/plugin.so"
    shell.check(("%s -shared -Wl,--whole-archive %s/libglacier.a -Wl,--no-whole-archive -lcurl "
      .. "-lcrypto -lm -o %s"):format(os.getenv "CC" or "gcc", shell.build, plugin))
    check_lookup("/nonexistent", plugin)
  end)
end)
