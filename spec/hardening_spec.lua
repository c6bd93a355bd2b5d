-- What the Makefile hardens: read from what it has built.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Begins early: it takes long.

local shell = require "spec.support.shell"

describe("the modules that make builds", function()
  local folder

  -- Builds below `name`; the other settings are the Makefile's own.
  local function build(name, settings, target)
    shell.make(("-j2 BUILD=%s/%s LUA_VERSION=%s %s %s"):format(folder, name, shell.version,
      settings or "", target or "all"))
  end

  -- Builds one module only.
  local function build_digest(name, settings)
    build(name, settings, ("%s/%s/lua%s/glacier/core/digest.so"):format(folder, name, shell.version))
  end

  -- The modules' paths.
  local function modules(name)
    local list = {}
    local found = shell.check(("find %s/%s -name '*.so' | sort"):format(folder, name))
    for path in found:gmatch "[^\n]+" do
      list[#list + 1] = path
    end
    assert.is_true(#list > 0)
    return list
  end

  -- The lines in which make would compile and link a module.
  local function commands(settings)
    local output = shell.check(("unset MAKEFLAGS MAKELEVEL MFLAGS; make -n BUILD=%s/none LUA_VERSION=%s %s all")
      :format(folder, shell.version, settings))
    return (output:gsub("\\\n", ""))
  end

  local function count(text, pattern)
    return select(2, text:gsub(pattern, ""))
  end

  setup(function()
    folder = shell.folder()
    build "plain"
  end)

  teardown(function()
    shell.remove(folder)
  end)

  it("show no name but luaopen_glacier_*", function()
    for _, path in ipairs(modules "plain") do
      local names = 0
      for kind, name in shell.check("nm -D --defined-only " .. path):gmatch "%x+ (%a) (%S+)" do
        names = names + 1
        assert.equal("T", kind, path)
        assert.truthy(name:find "^luaopen_glacier_", path .. " shows " .. name)
      end
      assert.is_true(names > 0, path)
    end
  end)

  it("are shown by a plugin that the static library is in", function()
    build("plain", nil, "static")
    local plugin = folder .. "/plugin.so"
    shell.check(("gcc -shared -Wl,--whole-archive %s/plain/lua%s/libglacier.a -Wl,--no-whole-archive "
      .. "-lcurl -lcrypto -lpthread -lm -o %s"):format(folder, shell.version, plugin))
    local names = shell.check("nm -D --defined-only " .. plugin)
    assert.truthy(names:find " T luaopen_glacier\n", names)
    assert.equal(#modules "plain" + 1, count(names, "luaopen_glacier"))
    assert.equal(count(names, "\n"), count(names, "luaopen_glacier"))
  end)

  it("bind all names before they run, and let none be written later", function()
    for _, path in ipairs(modules "plain") do
      local text = shell.check("readelf -W --dynamic --program-headers " .. path)
      assert.truthy(text:find "GNU_RELRO", path)
      assert.truthy(text:find "BIND_NOW" or text:find "Flags: NOW", path)
      assert.truthy(text:find "GNU_STACK[^\n]* RW ", path)
      assert.is_nil(text:find("TEXTREL", 1, true), path)
    end
  end)

  it("guard their stacks, and ask glibc to check its copies", function()
    local guarded, checked = 0, 0
    for _, path in ipairs(modules "plain") do
      local names = shell.check("nm -D --undefined-only " .. path)
      guarded = guarded + (names:find "__stack_chk_fail" and 1 or 0)
      checked = checked + (names:find "U __%l+_chk" and 1 or 0)
    end
    assert.is_true(guarded > 0, "no stack is guarded")
    assert.is_true(checked > 0, "no copy is checked")
    -- Every file is compiled so, whether it has anything to guard or not.
    local lines = commands ""
    local compiled = count(lines, "%.c %-o ")
    assert.is_true(compiled > 20)
    assert.equal(compiled, count(lines, "%-fstack%-protector%-strong "))
    assert.equal(compiled, count(lines, "%-D_FORTIFY_SOURCE=2 "))
    assert.equal(compiled, count(lines, "%-fvisibility=hidden "))
  end)

  it("do not have it asked for twice, nor where nothing is optimized", function()
    local lines = commands "CFLAGS='-O2 -D_FORTIFY_SOURCE=3'"
    assert.equal(0, count(lines, "_FORTIFY_SOURCE=2"))
    assert.is_true(count(lines, "_FORTIFY_SOURCE=3") > 20)
    lines = commands "CC='gcc -D_FORTIFY_SOURCE=3'"
    assert.equal(0, count(lines, "_FORTIFY_SOURCE=2"))
    for _, flags in ipairs { "-g", "-O0" } do
      assert.equal(0, count(commands("CFLAGS=" .. flags), "_FORTIFY_SOURCE"), flags)
    end
    lines = commands "HARDEN= HARDEN_LINK="
    assert.equal(0, count(lines, "_FORTIFY_SOURCE") + count(lines, "stack%-protector")
      + count(lines, "relro"))
  end)

  it("are built by a compiler and a linker that know nothing of it", function()
    local compiler = folder .. "/old-cc"
    local file = assert(io.open(compiler, "w"))
    file:write [[#!/bin/sh
for argument; do
  case $argument in
    -fstack-protector*|-Wl,-z,*) echo "unknown: $argument" >&2; exit 1 ;;
  esac
done
exec gcc "$@"
]]
    file:close()
    shell.check("chmod +x " .. compiler)
    build_digest("old", "CC=" .. compiler)
    assert.equal(1, #modules "old")
  end)

  it("are hardened by clang as well", function()
    if not shell.has "clang" then
      return pending "clang is not installed"
    end
    build_digest("clang", "CC=clang")
    for _, path in ipairs(modules "clang") do
      local text = shell.check("readelf -W --dynamic --program-headers " .. path)
      assert.truthy(text:find "BIND_NOW" or text:find "Flags: NOW", path)
    end
  end)
end)
