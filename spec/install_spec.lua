-- What `make install` puts into its folders, and that it works from there.

local endpoint = require "spec.support.endpoint"
local shell = require "spec.support.shell"

local PROGRAM = [[
local glacier = require "glacier"
local client = assert(glacier.client())
local response = assert(client:initiate_job {
  vaultName = "examplevault", jobParameters = { Type = "inventory-retrieval" },
})
local ok, err = client:initiate_job { vaultName = 5 }
local raised = select(2, pcall(client.initiate_job))
print(response.jobId, ok, err.message, raised)
]]

describe("make install", function()
  local folder, lua_folder, environment
  local server = endpoint.during {
    setup = setup, teardown = teardown, before_each = before_each,
  }

  setup(function()
    folder = shell.folder()
    lua_folder = folder .. "/share/lua/" .. shell.version
    environment = shell.environment(server) .. ("LUA_PATH='%s/?.lua;%s/?/init.lua;;' " ..
      "LUA_CPATH='%s/lib/lua/%s/?.so;;' "):format(lua_folder, lua_folder, folder, shell.version)
  end)

  teardown(function()
    shell.remove(folder)
  end)

  local function install(options)
    return shell.check(("env -u MAKEFLAGS -u MFLAGS make -s LUA_VERSION=%s install PREFIX=%s %s 2>&1")
      :format(shell.version, shell.quote(folder), options or ""))
  end

  local function beginning(name)
    local file = assert(io.open(lua_folder .. "/glacier/" .. name, "rb"))
    local bytes = file:read(4)
    file:close()
    return bytes
  end

  -- What a program prints that uses the modules from where they were installed.
  local function call()
    server:play "initiate_job/success"
    return shell.check(environment .. "lua" .. shell.version .. " -e " .. shell.quote(PROGRAM))
  end

  local expected

  it("installs texts where it is told to", function()
    install "PRECOMPILED=no"
    shell.check("diff -r lua/glacier " .. lua_folder .. "/glacier")
    expected = call()
    assert.truthy(expected:find("Invalid type for parameter vaultName", 1, true), expected)
    assert.truthy(expected:find("call it with a colon", 1, true), expected)
  end)

  it("installs what this Lua reads fastest, which does the same", function()
    install()
    local mark = shell.version == "5.1" and "--- " or "\27Lua"
    assert.are.equal(mark, beginning "init.lua")
    assert.are.equal(mark, beginning "call/init.lua")
    assert.are.equal("---@", beginning "types.lua")
    assert.are.equal(expected, call())
  end)

  it("installs texts where the Lua to build for does not run", function()
    for _, lua in ipairs { "false", shell.version == "5.4" and "lua5.1" or "lua5.4" } do
      local said = install("PRECOMPILED=yes LUA=" .. lua)
      assert.truthy(said:find("could precompile: texts are", 1, true), said)
      assert.are.equal("--- ", beginning "init.lua")
    end
  end)
end)
