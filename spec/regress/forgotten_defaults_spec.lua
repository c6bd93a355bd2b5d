-- A handle of libcurl's that found no memory for its defaults was used for the
-- next request, which failed: "the kept-alive connection was closed".
-- Runs on one Lua: what it tests runs in a program of its own.

local endpoint = require "spec.support.endpoint"
local memory_host = require "spec.support.memory_host"
local shell = require "spec.support.shell"

describe("a call for which libcurl finds no memory", function()
  local folder, server

  setup(function()
    shell.make("static LUA_VERSION=" .. shell.version)
    folder = shell.folder()
    memory_host.build(folder .. "/host")
    server = endpoint.start()
    server:play("initiate_job/success", { repeat_last = true })
  end)

  teardown(function()
    server:stop()
    shell.remove(folder)
  end)

  for _, how in ipairs { "once", "lasting" } do
    it("is followed by one that succeeds: " .. how, function()
      local output, status = memory_host.run(server, folder, "spec/memory/alloc.lua libcurl " .. how .. " 1 call")
      assert.truthy(output:find "call: %d%d+ of libcurl failed in turn", output)
      assert.truthy(output:find "\nproblems: 0\n$", output)
      assert.equal(0, status, output)
    end)
  end
end)
