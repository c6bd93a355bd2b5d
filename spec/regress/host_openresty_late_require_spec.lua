-- Modules were required when a client was made or a program run: in a worker of
-- nginx, which may not read the files that init_by_lua could, they were not found.
-- Runs on one Lua: what it tests runs in programs of its own.

local nginx = require "spec.support.nginx"
local nginx_tests = require "spec.support.nginx_tests"

if nginx.are_missing("late requires in nginx", pending) then
  return
end

-- The folders are out of reach once init_by_lua has ended.
local AFTER = "package.path, package.cpath = '', ''"

describe("in a worker that can load no more files", function()
  local scene, server

  setup(function()
    scene = nginx_tests.start "openresty"
    server = nginx.start { app = scene.app, http = scene.http, after = AFTER }
  end)

  teardown(function()
    server:stop()
    nginx_tests.stop(scene)
  end)

  for _, host in ipairs { "auto", "openresty", "openresty-cosocket", "blocking" } do
    it("a client of the host " .. host .. " is made, and calls", function()
      scene.endpoint:play { "initiate_job/success" }
      local outcome = server:ask("/app/client", { host = host })
      assert.is_string(outcome.job_id, outcome.message or outcome.text)
    end)
  end

  it("a task is spawned", function()
    scene.endpoint:play { "initiate_job/success" }
    assert.are.equal(1, server:ask("/app/burst?count=1").good)
  end)
end)
