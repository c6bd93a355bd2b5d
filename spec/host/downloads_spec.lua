-- Downloads in the programs of the hosts that are not nginx.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Begins early: it takes long.

local download_programs = require "spec.support.download_programs"
local programs = require "spec.support.programs"

local ROOT = programs.ROOT
local LUV = ROOT .. "/spec/support/luv_downloads.lua"

local CONF = [[
function love.conf(t)
  for _, name in ipairs({ "audio", "graphics", "image", "font", "joystick", "keyboard", "mouse",
      "physics", "sound", "touch", "video", "window" }) do
    t.modules[name] = false
  end
end
]]

local HAPROXY = ([[
global
  nbthread 1
  lua-prepend-path "ROOT/?.lua"
  lua-prepend-path "ROOT/lua/?.lua"
  lua-prepend-path "ROOT/lua/?/init.lua"
  lua-prepend-path "ROOT/build/lua5.3/?.so" cpath
  lua-load ROOT/spec/support/haproxy_downloads.lua
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend main
  bind 127.0.0.1:PORT
]]):gsub("ROOT", (ROOT:gsub("%%", "%%%%")))

local HOSTS = {
  { name = "luv, Lua 5.1", program = "lua5.1", version = "5.1", command = "lua5.1 " .. LUV },
  { name = "luv, Lua 5.4", program = "lua5.4", version = "5.4", command = "lua5.4 " .. LUV },
  { name = "luv, LuaJIT", program = "luajit", version = "5.1", command = "luajit " .. LUV },
  { name = "Neovim", program = "nvim", version = "5.1",
    command = "nvim -u NONE --headless -c 'luafile " .. LUV .. "'" },
  { name = "LOVE", program = "love", version = "5.1", command = "love .",
    files = { ["conf.lua"] = CONF, ["main.lua"] = 'require "spec.support.love_downloads"\n' } },
}

-- HAProxy runs until it is stopped.
local function run_haproxy(scene)
  local program = programs.start {
    version = "5.3", url = scene.server.url, environment = scene.environment,
    command = "haproxy -db -f haproxy.cfg",
    files = { ["haproxy.cfg"] = (HAPROXY:gsub("PORT", programs.free_port())) },
  }
  local report = program:report()
  local output = program:output()
  program:stop()
  return assert(report, output)
end

local function run_program(scene, host)
  local result = programs.run {
    version = host.version, url = scene.server.url, environment = scene.environment,
    command = host.command, files = host.files,
  }
  return assert(result.status == 0 and result.report, result.output)
end

describe("downloads in the host", function()
  local scene

  before_each(function()
    scene = download_programs.scene()
  end)

  after_each(function()
    download_programs.stop(scene)
  end)

  -- Each time into a folder with nothing in it.
  local function measure(name, run)
    download_programs.check(scene, download_programs.measure(name, function()
      os.execute("rm -rf " .. scene.folder .. "/* " .. scene.folder .. "/.[!.]*")
      return run()
    end))
  end

  for _, host in ipairs(HOSTS) do
    local reason = programs.missing(host.program, host.version)
    if reason then
      pending(host.name .. ": " .. reason)
    else
      it(host.name .. " are right, and hold up nobody", function()
        measure(host.name, function()
          return run_program(scene, host)
        end)
      end)
    end
  end

  local reason = programs.missing("haproxy", "5.3")
  if reason then
    pending("HAProxy: " .. reason)
  else
    it("HAProxy are right, and hold up nobody", function()
      measure("HAProxy", function()
        return run_haproxy(scene)
      end)
    end)
  end
end)
