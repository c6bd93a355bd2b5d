-- A handle of libcurl's that found no memory for its defaults was used for the
-- next request, which failed: "the kept-alive connection was closed".
-- Runs on one Lua: what it tests runs in a program of its own.

local memory_host = require "spec.support.memory_host"

describe("a call for which libcurl finds no memory", function()
  local run = memory_host.during({ setup = setup, teardown = teardown }, memory_host.make_archive)

  for _, how in ipairs { "once", "lasting" } do
    it("is followed by one that succeeds: " .. how, function()
      local output, status = run("spec/memory/alloc.lua libcurl " .. how .. " 1 call")
      assert.truthy(output:find "call: %d%d+ of libcurl failed in turn", output)
      assert.truthy(output:find "\nproblems: 0\n$", output)
      assert.equal(0, status, output)
    end)
  end
end)
