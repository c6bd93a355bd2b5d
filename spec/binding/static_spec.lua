-- The static library: what is in it, and a program that it is in.
-- Runs on one Lua: what it tests runs in programs of its own.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

local JOB_ID = "HkF9p6o7yjhFx-K3CGl6fuSm6VzW9T7esGQfco8nUXVYwS0jlb5gq1JZ55yHgt5vP54ZShjoQzQVVh7v"
  .. "EXAMPLEjobID"
-- Nothing but what is inside, and cjson, may be found.
local NO_FILES = "env LUA_PATH='/nonexistent/?.lua' LUA_CPATH=\"$(%s -e 'print((package.cpath:"
  .. "gsub(\"build/[^;]*;\", \"\")))')\" "

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- How many modules of C there are.
local function modules_in_makefile()
  local file = assert(io.open "Makefile")
  local names = file:read("*a"):gsub("\\\n", " "):match("\nMODULES = ([^\n]+)")
  file:close()
  return select(2, names:gsub("[%w_]+", ""))
end

describe("the static library", function()
  local folder, server, host, ways

  local function environment()
    return shell.environment(server) ..
      NO_FILES:format("env -u LUA_CPATH lua" .. shell.version)
  end

  local function script(text)
    local path = folder .. "/script.lua"
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    return path
  end

  local function run(text)
    return shell.run(environment() .. host .. " " .. script(text))
  end

  local function open(way, text)
    return shell.run(environment() .. ways .. " " .. way .. " " .. shell.quote(text))
  end

  setup(function()
    shell.make("static LUA_VERSION=" .. shell.version)
    folder = shell.folder()
    host, ways = folder .. "/host", folder .. "/ways"
    shell.compile("examples/host.c", host, { archive = true })
    shell.compile("spec/support/static_ways.c", ways, { archive = true })
    server = endpoint.start()
  end)

  teardown(function()
    server:stop()
    shell.remove(folder)
  end)

  before_each(function()
    server:reset()
  end)

  it("shows luaopen_* and no other name", function()
    local names = shell.check("nm -g --defined-only " .. shell.build .. "/libglacier.a")
    local count = 0
    for kind, name in names:gmatch "%x+ (%a) (%S+)" do
      count = count + 1
      assert.equal("T", kind, name)
      assert.truthy(name:find "^luaopen_glacier", name)
    end
    assert.equal(modules_in_makefile() + 1, count) -- and luaopen_glacier
    assert.truthy(names:find "T luaopen_glacier\n")
  end)

  it("holds every Lua file, whole, but what is for editors", function()
    local files = shell.check "find lua -name '*.lua' ! -path lua/glacier/types.lua"
    local output = run [[
      local seen = 0
      for name in pairs(package.preload) do
        seen = seen + (name:find "^glacier" and not name:find "^glacier%.core%." and 1 or 0)
      end
      print(seen)]]
    assert.equal(select(2, files:gsub("%.lua\n", "")), tonumber(output))
    local embedded = 0
    local generated = read "build/embed/files.c"
    for path in files:gmatch "[^\n]+" do
      local text = read(path)
      local bytes = table.concat({ text:byte(1, 60) }, ",")
      local name = "file_" .. path:gsub("^lua/", ""):gsub("%W", "_")
      local listed = generated:match(name .. "%[%] = {\n(.-)0};")
      assert.equal(#text, select(2, listed:gsub(",", "")), path)
      assert.equal(bytes, listed:gsub("\n", ""):sub(1, #bytes))
      embedded = embedded + 1
    end
    assert.is_true(embedded > 40)
  end)

  it("starts a job from a C program, with no file of Lua", function()
    server:play "initiate_job/success"
    local output, status = shell.run(environment() .. host .. " examples/initiate_job.lua")
    assert.equal(0, status, output)
    assert.truthy(output:find("\njobId: " .. JOB_ID .. "\n", 1, true), output)
    local requests = server:requests()
    assert.equal(1, #requests)
    assert.equal("ok", requests[1].signature)
  end)

  it("loads all its modules, under their files' names", function()
    local output, status = run [[
      local names = {}
      for name in pairs(package.preload) do
        -- Those for the hosts need their programs.
        local for_host = name:find "^glacier%.host%." or name:find "^glacier%.cosocket%."
        if name:find "^glacier" and not for_host then
          assert(require(name), name)
        end
      end
      print(debug.getinfo(require("glacier").client, "S").source)
      print(debug.getinfo(require("glacier").client, "S").short_src)]]
    assert.equal("=glacier/client/init.lua\nglacier/client/init.lua\n", output)
    assert.equal(0, status)
  end)

  it("tells what went wrong in a script, and fails", function()
    local output, status = run "error('misfortune')"
    assert.truthy(output:find("misfortune", 1, true))
    assert.equal(1, status)
    output, status = run "this is no Lua"
    assert.truthy(output:find("script.lua:1:", 1, true), output)
    assert.equal(1, status)
  end)

  it("may be opened twice", function()
    local output, status = open("twice",
      "assert(first == opened and opened == require 'glacier'); print(opened.version)")
    assert.equal(require("glacier.version") .. "\n", output)
    assert.equal(0, status)
  end)

  it("may be opened by way of package.preload", function()
    local output, status = open("preload",
      "assert(opened == require 'glacier'); print(require 'glacier.version')")
    assert.equal(require("glacier.version") .. "\n", output)
    assert.equal(0, status)
  end)

  it("says so where the library 'package' is not open", function()
    local output, status = open("bare", "")
    assert.truthy(output:find("open Lua's library 'package'", 1, true), output)
    assert.equal(1, status)
  end)

  it("says so where there is no cjson", function()
    local output, status = shell.run("env LUA_PATH=/nonexistent LUA_CPATH=/nonexistent " ..
      ways .. " once ''")
    assert.truthy(output:find("module 'cjson' not found", 1, true), output)
    assert.equal(1, status)
  end)

  local it_on_51 = shell.version == "5.1" and it or function() end

  it_on_51("serves LuaJIT", function()
    if not shell.has_package "luajit" and not os.getenv "CI" then
      return pending "LuaJIT is not installed"
    end
    server:play "initiate_job/success"
    shell.compile("examples/host.c", folder .. "/jit", { archive = true, lua = "luajit" })
    local output, status = shell.run(environment() .. folder .. "/jit examples/initiate_job.lua")
    assert.equal(0, status, output)
    assert.truthy(output:find(JOB_ID, 1, true))
  end)
end)
