-- A run that was ended amid a batch left the rest of it in doubt, though it knew that
-- nothing of that had been sent: the next run waited for the end of their doubt.

local restores = require "spec.support.restores"
local shell = require "spec.support.shell"
local socket = require "socket"

describe("a run that ends amid its requests", function()
  local folder, server

  before_each(function()
    folder = shell.folder()
  end)

  after_each(function()
    restores.kill_all()
    server:stop()
    shell.remove(folder)
  end)

  it("leaves nothing in doubt of what it has not sent", function()
    server = restores.vault(50, { ready_after = 0, faults = {
      { operation = "InitiateJob", chance = 1, delay = 1.5 },
    } })
    restores.inventory(server, folder .. "/inventory")
    restores.check(server, ("plan --store %s/x.db --vault examplevault --inventory %s/inventory "
      .. "--into %s/files --cost 10 %s --starts-per-second 50"):format(folder, folder, folder,
      restores.PRICES))
    local run = restores.start(server, ("run --store %s/x.db"):format(folder), folder .. "/log")
    local deadline = socket.gettime() + 30
    while server:count "InitiateJob" == 0 and socket.gettime() < deadline do
      socket.sleep(0.05)
    end
    run:signal "TERM"
    assert.matches("^stopped\nwaiting %d+   in doubt 0   ", run:wait())
    local jobs = restores.jobs(server)
    assert.is_true(jobs > 0 and jobs < 50, jobs)
  end)
end)
