-- A host's sleep of math.huge seconds ended when one of the loop's timers could
-- count no further, or blocked all others then; one of no number raised, or had
-- no end.

local shell = require "spec.support.shell"

-- The host sleeps in a coroutine. Each stub ends the program with 124 where the
-- sleep goes on after five of the longest timers.
local COMMON = [[
local turns, clock = 0, 0
local function pass(seconds)
  assert(seconds == seconds and seconds >= 0 and seconds < math.huge, "no time for a timer")
  turns, clock = turns + 1, clock + seconds
  if turns == 5 then
    os.exit(124)
  end
end
local function sleep(name, seconds)
  local host = require("glacier.host." .. name)
  local thread = coroutine.create(function()
    host.sleep(seconds)
  end)
  assert(coroutine.resume(thread))
  return thread, host
end
]]

local HOSTS = {
  haproxy = [[
    package.loaded["glacier.core.http"] = {
      monotonic = function() return clock end,
      sleep = function() error("this blocks HAProxy") end,
    }
    core = { msleep = function(milliseconds) pass(milliseconds / 1000) end }
    sleep("haproxy", SECONDS)
  ]],
  openresty = [[
    ngx = { sleep = pass }
    package.loaded["ngx.semaphore"] = {}
    sleep("openresty", SECONDS)
  ]],
  luv = [[
    local uv = require "luv"
    require("glacier.host.luv").attach()
    local thread = sleep("luv", SECONDS)
    uv.run()
    assert(coroutine.status(thread) == "dead")
  ]],
  love = [[
    local thread, host = sleep("love", SECONDS)
    while coroutine.status(thread) ~= "dead" do
      host.update()
    end
  ]],
}

local function interpreter_of(name)
  local lua = name == "openresty" and "luajit" or shell.interpreter
  if name == "luv" then
    lua = "lua" .. shell.version
  end
  local needed = name == "openresty" and "ffi" or name == "luv" and "luv"
  if needed and select(2, shell.run(lua .. " -e 'require [[" .. needed .. "]]'")) ~= 0 then
    return nil, lua .. " has no " .. needed
  end
  return lua
end

local function run(lua, program, seconds)
  return shell.run(shell.environment() .. "timeout 1 " .. lua .. " -e " ..
    shell.quote("local SECONDS = " .. seconds .. "\n" .. COMMON .. program))
end

for _, name in ipairs { "haproxy", "openresty", "luv", "love" } do
  describe("in the host " .. name .. " a sleep of", function()
    local lua, reason = interpreter_of(name)
    if not lua then
      assert(not os.getenv "CI", reason)
      pending(reason)
      return
    end

    for _, seconds in ipairs { "math.huge", "1e300" } do
      it(seconds .. " seconds does not end", function()
        local output, status = run(lua, HOSTS[name], seconds)
        assert.equal(124, status, output)
      end)
    end

    for _, seconds in ipairs { "0/0", "-math.huge", "-1", "0" } do
      it(seconds .. " seconds is none", function()
        local output, status = run(lua, HOSTS[name], seconds)
        assert.equal(0, status, output)
      end)
    end
  end)
end
