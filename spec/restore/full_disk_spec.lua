-- Disks that are full: of the store, and of the files. It is told, nothing is lost and
-- nothing is paid twice.
-- Runs on one Lua: it starts programs of its own.

local restores = require "spec.support.restores"
local shell = require "spec.support.shell"
local socket = require "socket"

-- Blocks of 512 bytes: those that a file of the program may have at the most.
local MOST_BLOCKS = 128

local MIB = 2 ^ 20

describe("a disk that is full", function()
  local folder, server, mounted

  before_each(function()
    folder = shell.folder()
  end)

  after_each(function()
    restores.kill_all()
    server:stop()
    if mounted then
      shell.check("umount " .. folder .. "/small")
      mounted = nil
    end
    shell.remove(folder)
  end)

  local function plan(count, files, rate, options)
    server = restores.vault(count, options)
    restores.inventory(server, folder .. "/inventory")
    restores.check(server, ("plan --store %s/x.db --vault examplevault --inventory %s/inventory "
      .. "--into %s --tier Bulk --cost unlimited --starts-per-second %s"):format(folder, folder,
      files, rate))
  end

  it("ends a run where the store is on it, and the next one goes on", function()
    -- One after the other: what was intended and never sent would be in doubt for long.
    plan(5, folder .. "/files", 1)
    local run = restores.command(server, ("run --store %s/x.db"):format(folder))
    local output, status = shell.run(("trap '' XFSZ; ulimit -f %d; timeout 60 %s"):format(
      MOST_BLOCKS, run))
    assert.equal(1, status, output)
    assert.matches("^glacier%-restore: the store '[^\n]*' cannot be used: [^\n]*full%?%)\n$", output)
    assert.matches("^done\n", (restores.check(server, ("run --store %s/x.db"):format(folder))))
    assert.same({}, restores.wrong(server, folder .. "/files"))
    assert.same({ 5, 1 }, { restores.jobs(server) })
  end)

  it("starts only what fits where the files are on it, and goes on when it has room", function()
    local small = folder .. "/small"
    shell.check("mkdir " .. small)
    if select(2, shell.run(("mount -t tmpfs -o size=%.0f none %s"):format(3 * MIB, small))) ~= 0 then
      server = restores.vault(1)
      return pending "no file system can be mounted here"
    end
    mounted = true
    local archives = {}
    for i = 1, 4 do
      archives[tostring(i)] = { size = MIB, description = i .. ".jpg" }
    end
    plan(0, small .. "/files", 50, { archives = archives })
    local run = restores.start(server, ("run --store %s/x.db"):format(folder), folder .. "/log")
    local deadline = socket.gettime() + 60
    local status
    repeat
      socket.sleep(0.2)
      status = restores.check(server, ("status --store %s/x.db"):format(folder))
    until status:find("standstill disk: ", 1, true) and status:find("done 2", 1, true)
      or socket.gettime() > deadline
    assert.matches("waiting 2 .* done 2 .*standstill disk: the next archive has 1048576 bytes", status)
    assert.equal(2, (restores.jobs(server)))
    shell.check(("mount -o remount,size=%.0f %s"):format(8 * MIB, small))
    assert.matches("^done\n", run:wait())
    assert.same({ 4, 1 }, { restores.jobs(server) })
    assert.same({}, restores.wrong(server, small .. "/files"))
  end)
end)
