-- `make install` split a PREFIX at its blanks; `make all-luas` built nothing
-- and was content where Lua is not called as on Debian; a warning of a newer
-- compiler ended an installation.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Builds what it looks at: a sanitizer finds nothing there.

local shell = require "spec.support.shell"

local FRESH = "unset MAKEFLAGS MAKELEVEL MFLAGS\n"

local folder

before_each(function() folder = shell.folder() end)
after_each(function() shell.remove(folder) end)

-- A pkg-config that knows these packages and no others: name -> version.
local function know(packages)
  for name, version in pairs(packages) do
    local file = assert(io.open(folder .. "/" .. name .. ".pc", "w"))
    file:write(("Name: Lua\nDescription: Lua\nVersion: %s\nCflags: -I/opt/%s\n")
      :format(version, name))
    file:close()
  end
  return FRESH .. "export PKG_CONFIG_LIBDIR=" .. folder .. " PKG_CONFIG_PATH=\n"
end

-- What would be built: for which Lua, with whose headers.
local function built(packages)
  local found = {}
  local output = shell.check(know(packages) .. "make -n -B all-luas")
  for flags, version in output:gmatch "(%-I/opt/%S+)[^\n]* %-c src/binding/http%.c %-o build/lua(%S+)/" do
    found[version] = flags
  end
  return found
end

describe("make all-luas", function()
  for _, name in ipairs { "lua5.4", "lua-5.4", "lua54", "lua" } do
    it("builds for what is called " .. name, function()
      assert.are.same({ ["5.4"] = "-I/opt/" .. name }, built { [name] = "5.4.6" })
    end)
  end

  it("builds for all versions, each with its own headers", function()
    assert.are.same({ ["5.1"] = "-I/opt/lua-5.1", ["5.2"] = "-I/opt/lua52", ["5.3"] = "-I/opt/lua",
      ["5.4"] = "-I/opt/lua5.4" }, built { ["lua-5.1"] = "5.1.5", lua52 = "5.2", lua = "5.3.6",
      ["lua5.4"] = "5.4.4" })
  end)

  it("prefers the name that says the version", function()
    assert.are.same({ ["5.4"] = "-I/opt/lua54" }, built { lua = "5.4.6", lua54 = "5.4.4" })
  end)

  for title, packages in pairs {
    ["no Lua"] = {}, ["a Lua that is too new"] = { lua = "5.5.0" },
    ["a Lua whose version only looks alike"] = { lua = "5.40" },
    ["LuaJIT alone"] = { luajit = "2.1.0" },
  } do
    it("fails where there is " .. title, function()
      local output, status = shell.run(know(packages) .. "make all-luas")
      assert.are_not.equal(0, status)
      assert.truthy(output:find("knows no Lua from 5.1 to 5.4", 1, true), output)
    end)
  end
end)

describe("make install", function()
  -- Loads the module from where it was installed.
  local function load_from(prefix)
    local version = shell.version
    local folders = prefix .. "/share/lua/" .. version
    local code = ("package.path = %q .. package.path; package.cpath = %q .. package.cpath; " ..
      "local glacier = require 'glacier'; print(package.searchpath and " ..
      "package.searchpath('glacier', package.path) or debug.getinfo(glacier.client).source)"):format(
      folders .. "/?.lua;" .. folders .. "/?/init.lua;", prefix .. "/lib/lua/" .. version ..
      "/?.so;")
    local source = shell.check("env -u LUA_PATH -u LUA_CPATH lua" .. version .. " -e " ..
      shell.quote(code))
    assert.are.equal(1, source:gsub("^@", ""):find(folders .. "/glacier/", 1, true), source)
  end

  for _, name in ipairs { "a b", "a  b/it's", "a&b $(x) \"c\"" } do
    it("installs where PREFIX is " .. name, function()
      local prefix = folder .. "/" .. name
      shell.check(FRESH .. "make -s LUA_VERSION=" .. shell.version .. " install " ..
        shell.quote("PREFIX=" .. prefix:gsub("%$", "$$")))
      load_from(prefix)
    end)
  end

  it("installs where DESTDIR has a blank", function()
    shell.check(FRESH .. "make -s LUA_VERSION=" .. shell.version .. " install PREFIX='/usr/x y' " ..
      shell.quote("DESTDIR=" .. folder .. "/the root"))
    load_from(folder .. "/the root/usr/x y")
  end)

  it("is no place for -Werror, which the checks have", function()
    local recipe = FRESH .. "make -n -B LUA_VERSION=" .. shell.version .. " "
    assert.is_nil(shell.check(recipe .. "install static"):find("-Werror", 1, true))
    assert.truthy(shell.check(recipe .. "lint"):find("-Werror", 1, true))
    assert.truthy(shell.check(recipe .. "check-c-build"):find("-Werror", 1, true))
  end)
end)
