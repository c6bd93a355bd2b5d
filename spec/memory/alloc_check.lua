-- Allocation n fails, for every n: in each module of C and in whole calls, those
-- of the core, of OpenSSL, of libcurl and of Lua. For `make check-alloc`, which
-- builds what it needs; no part of `make test`, as it takes minutes.

local memory_host = require "spec.support.memory_host"
local shell = require "spec.support.shell"

describe("where allocation n fails, for every n:", function()
  local run = memory_host.during({ setup = setup, teardown = teardown })

  -- Each: whose allocations, whether all after it fail too, every how manieth.
  local RUNS = {
    { "core,openssl", "once", 1 }, { "core,openssl", "lasting", 1 },
    { "libcurl", "once", 1 }, { "libcurl", "lasting", 1 },
    -- Lua collects and asks again, but for 5.1.
    { "lua", "once", shell.version == "5.1" and 1 or 7 }, { "lua", "lasting", 1 },
    { "core,openssl,libcurl,lua", "lasting", 3 },
  }

  for _, case in ipairs(RUNS) do
    it(table.concat(case, " "), function()
      local output, status = run("spec/memory/alloc.lua " .. table.concat(case, " "))
      print("\n" .. output)
      assert.truthy(output:find "\nproblems: 0\n$", output)
      assert.equal(0, status, output)
    end)
  end
end)
