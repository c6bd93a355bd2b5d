-- What is installed: `luarocks make` and `make install` give every Lua the same
-- modules, which load; `make uninstall` takes them away; and all of it builds from
-- the tarball that `make dist` makes, without git.
-- Runs on one Lua: it builds for all that are there.
-- Begins early: it takes long.

local assert = require "luassert"
local lfs = require "lfs"
local pages = require "spec.support.pages"
local shell = require "spec.support.shell"

local VERSIONS = { "5.1", "5.2", "5.3", "5.4" }
local VERSION = dofile "lua/glacier/version.lua"
local QUICK = "-O0"

-- The Lua and C modules below a folder, by their places, as one text.
local function modules_in(folder, version)
  return shell.check(("cd %s && { cd share/lua/%s && find glacier -type f && cd ../../../lib/lua/%s "
    .. "&& find glacier -type f; } | LC_ALL=C sort"):format(folder, version, version))
end

-- Runs a program with nothing but what is installed in a folder.
local function run_with(folder, version, code)
  return shell.check(("cd / && env LUA_PATH='%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;;' "
    .. "LUA_CPATH='%s/lib/lua/%s/?.so;;' lua%s -e %s"):format(folder, version, folder, version,
    folder, version, version, shell.quote(code)))
end

describe("what is installed", function()
  local folder, source

  setup(function()
    folder = shell.folder()
    shell.check("unset MAKEFLAGS MAKELEVEL MFLAGS; make -s dist >/dev/null; tar -xzf build/lua-glacier-"
      .. VERSION .. ".tar.gz -C " .. folder)
    source = folder .. "/lua-glacier-" .. VERSION
  end)

  teardown(function()
    shell.remove(folder)
  end)

  for _, version in ipairs(VERSIONS) do
    if not shell.has("lua" .. version) or not shell.has "luarocks" then
      pending("on Lua " .. version .. ": it is not there, or luarocks is not")
    else
      it("is the same by luarocks and by make on Lua " .. version .. ", and loads", function()
        local made, rocks = folder .. "/make" .. version, folder .. "/rocks" .. version
        shell.make(("install LUA_VERSION=%s PREFIX=%s"):format(version, made))
        -- No rock is fetched: lua-cjson is the system's.
        shell.check(("unset LD_PRELOAD; cd %s && luarocks --lua-version=%s make --deps-mode=none --tree=%s "
          .. "CFLAGS='%s -fPIC' rockspec/lua-glacier-%s-1.rockspec"):format(source, version, rocks,
          QUICK, VERSION))
        local list = modules_in(made, version)
        assert.truthy(list:find("glacier/core/http.so\n", 1, true))
        assert.equal(list, modules_in(rocks, version))
        for _, place in ipairs { made, rocks } do
          assert.equal(VERSION .. "\n", run_with(place, version,
            "local g = require 'glacier' assert(g.client{region='us-west-2'}):close() "
            .. "for _, name in ipairs{" .. list:gsub("glacier/core/([%w_]+)%.so\n", "'%1',")
              :gsub("glacier/[%w_/]+%.lua\n", "") .. "} do require('glacier.core.' .. name) end "
            .. "print(g.version)"))
        end
        shell.remove(rocks)
      end)

      it("is taken away again on Lua " .. version .. ", and no more", function()
        local made = folder .. "/make" .. version
        for _, place in ipairs { "/share/lua/", "/lib/lua/" } do
          shell.check(("mkdir -p %s%s%s/glacier/mine; touch %s%s%s/glacier/mine/file"):format(
            made, place, version, made, place, version))
        end
        shell.make(("uninstall LUA_VERSION=%s PREFIX=%s"):format(version, made))
        assert.equal("glacier/mine/file\nglacier/mine/file\n", modules_in(made, version))
        shell.check("rm -r " .. made .. "/*/lua/" .. version .. "/glacier/mine")
        shell.make(("install LUA_VERSION=%s PREFIX=%s"):format(version, made))
        shell.make(("uninstall LUA_VERSION=%s PREFIX=%s"):format(version, made))
        assert.equal("", shell.check(("find %s -mindepth 4"):format(made)))
      end)
    end
  end

  it("builds from the tarball, where there is no git", function()
    assert.is_nil(lfs.attributes(source .. "/.git"))
    -- Compilers are slow under what is loaded first for the modules' sake.
    shell.check(("cd %s && unset LD_PRELOAD MAKEFLAGS MAKELEVEL MFLAGS && make -s -j2 all static "
      .. "LUA_VERSION=5.4 CFLAGS=%s"):format(source, QUICK))
    assert.equal(VERSION .. "\n", shell.check(("cd %s && LUA_PATH='lua/?.lua;lua/?/init.lua;;' "
      .. "LUA_CPATH='build/lua5.4/?.so;;' lua5.4 -e \"print(require('glacier').version)\"")
      :format(source)))
  end)

  it("is the same tarball when it is made of itself", function()
    -- There the files' own time counts.
    shell.check(("cd %s && SOURCE_DATE_EPOCH=$(stat -c %%Y CHANGELOG.md) sh .ci/dist && "
      .. "cmp build/lua-glacier-%s.tar.gz %s/build/lua-glacier-%s.tar.gz"):format(source, VERSION,
      lfs.currentdir(), VERSION))
  end)
end)

describe("the release", function()
  it("has one version", function()
    assert.matches("^%d+%.%d+%.%d+$", VERSION)
    assert.equal(VERSION, pages.read("CHANGELOG.md"):match "\n## (%d[%d.]*)")
    assert.equal(VERSION .. "-1", pages.read("debian/changelog"):match "^lua%-glacier %(([^)]+)%)")
  end)

  it("has the rockspec that `make rockspec` makes of the other one", function()
    local folder = shell.folder()
    shell.make("rockspec ROCKSPEC=" .. folder .. "/rockspec")
    local made = pages.read(folder .. "/rockspec")
    shell.remove(folder)
    assert.is_true(made == pages.read("rockspec/lua-glacier-" .. VERSION .. "-1.rockspec"),
      "run `make rockspec`")
    assert.truthy(made:find(('version = "%s-1"'):format(VERSION), 1, true))
    assert.truthy(made:find(('tag = "v%s"'):format(VERSION), 1, true))
  end)
end)
