-- What glacier.spawn noted of a request's light threads was taken for those of
-- requests after it, which failed; and a task that ended with its request was
-- waited for without end.
-- Runs on one Lua: what it tests runs in programs of its own.

local nginx = require "spec.support.nginx"
local nginx_tests = require "spec.support.nginx_tests"

if nginx.are_missing("tasks in nginx", pending) then
  return
end

describe("tasks in nginx", function()
  local scene = nginx_tests.during({ setup = setup, teardown = teardown }, "openresty")

  it("leave nothing to the requests after theirs", function()
    scene.endpoint:play({ { recording = "initiate_job/success", verify = false } },
      { repeat_last = true })
    for _ = 1, 10 do
      local links = {}
      for index = 1, 20 do
        links[index] = scene.nginx:send "/app/begun"
      end
      for index = 1, 20 do
        assert.are.same({ first = true, raised = "at once" }, scene.nginx:receive(links[index]))
      end
    end
  end)

  it("are known to be gone once their request has ended them", function()
    scene.nginx:ask "/app/leave"
    local outcome = scene.nginx:ask "/app/left"
    assert.is_false(outcome.ok)
    assert.are.equal("cancelled", outcome.kind)
  end)
end)
