-- Downloads in programs with a loop of their own: the file is right, and others
-- have their turn meanwhile.

local clients = require "spec.support.clients"
local downloads = require "spec.support.downloads"
local nginx = require "spec.support.nginx"
local programs = require "spec.support.programs"
local quote = require "spec.support.quote"

local MIB = downloads.MIB
local SIZE = 64 * MIB + 11
-- Seconds. What is aimed at is 0.06; a machine that others share does not grant it.
local LONGEST_GAP = 0.5

local scene, job

before_each(function()
  scene = downloads.start({ size = SIZE })
  job = scene.server:add_job { archive = "A" }
end)

after_each(function()
  scene:stop()
end)

local function check(gap, verified)
  assert.are.equal("tree_hash", verified)
  scene:assert_right()
  if os.getenv "GLACIER_SPEC_TELL" then
    print(("longest gap: %.0f ms"):format(1000 * gap))
  end
  assert.is_true(gap < LONGEST_GAP, gap)
end

describe("a download under luv", function()
  for _, variant in ipairs { { "lua5.4", "5.4" }, { "lua5.1", "5.1" }, { "luajit", "5.1" } } do
    local name, version = variant[1], variant[2]
    if programs.missing(name, version) or not programs.succeeds(name .. " -e 'require [[luv]]'") then
      pending(name .. ": there is no luv")
    else
      it("in " .. name, function()
        for part_size, faults in pairs { [4 * MIB] = {}, [32 * MIB] = {
          { operation = "GetJobOutput", from = 1, times = 3, cut = 5 * MIB + 1 } } } do
          scene.server:control { faults = faults }
          local pipe = assert(io.popen(("LUA_CPATH='build/lua%s/?.so;;' %s spec/support/download_luv_program.lua "
            .. "%s %s %s %d 2>&1"):format(version, name, quote(scene.server.url), quote(job),
            quote(scene.target), part_size)))
          local text = pipe:read "*a"
          pipe:close()
          local gap, verified = text:match "^([%d.]+) (%S+)"
          assert(gap, text)
          check(tonumber(gap), verified)
          os.remove(scene.target)
        end
      end)
    end
  end
end)

local reason = nginx.missing()
if reason and not os.getenv "CI" then
  pending("nginx: " .. reason)
  return
end

describe("a download in nginx", function()
  for _, host in ipairs { "openresty", "openresty-cosocket" } do
    it("by host = " .. host, function()
      local server = nginx.start {
        app = { client = clients.options(scene.server, { host = host }) },
      }
      finally(function()
        server:stop()
      end)
      -- nginx may have left its master's rights behind.
      os.execute("chmod 777 " .. quote(scene.folder))
      for _, options in ipairs { {}, { max_rate = 48 * MIB } } do
        options.path, options.part_size = scene.target, 8 * MIB
        local answer = server:ask("/app/download", { client = {}, options = options,
          params = { vaultName = downloads.VAULT, jobId = job } })
        assert(answer.result, answer.message)
        check(answer.gap, answer.result.verified)
        os.remove(scene.target)
      end
    end)
  end
end)
