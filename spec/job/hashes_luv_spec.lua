-- A loop goes on while a file is hashed.

local digest = require "glacier.core.digest"
local programs = require "spec.support.programs"

local SIZE = 64 * 1048576 + 3

local PROGRAM = [[
local uv = require "luv"
local glacier = require "glacier"
local ticks, hash, finished = 0, nil, false
local timer = uv.new_timer()
timer:start(0, 2, function()
  ticks = ticks + (finished and 0 or 1)
end)
glacier.spawn(function()
  hash = assert(glacier.tree_hash_file(arg[1]))
  finished = true
  timer:close()
end)
assert(not hash, "it blocked")
uv.run()
print(hash, ticks)
]]

describe("glacier.tree_hash_file under luv", function()
  local path, program, hash

  setup(function()
    path, program = os.tmpname(), os.tmpname()
    local bytes = ("x"):rep(SIZE)
    hash = digest.tree_hash(bytes)
    local file = assert(io.open(path, "wb"))
    file:write(bytes)
    file:close()
    file = assert(io.open(program, "wb"))
    file:write(PROGRAM)
    file:close()
  end)

  teardown(function()
    os.remove(path)
    os.remove(program)
  end)

  for _, variant in ipairs({ { "lua5.4", "5.4" }, { "lua5.1", "5.1" }, { "luajit", "5.1" } }) do
    local name, version = variant[1], variant[2]
    if programs.missing(name, version) or not programs.succeeds(name .. " -e 'require [[luv]]'") then
      pending(name .. ": there is no luv")
    else
      it(name, function()
        local command = ("cd %s && LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='build/lua%s/?.so;;' " ..
          "%s %s %s 2>&1"):format(programs.ROOT, version, name, program, path)
        local pipe = assert(io.popen(command))
        local output = pipe:read("*a")
        pipe:close()
        local given, ticks = output:match("^(%x+)%s+(%d+)")
        assert.equal(hash, given, output)
        assert.is_true(tonumber(ticks) >= 3, output)
      end)
    end
  end
end)
