-- Real processes that are killed at random, a database that goes away, answers that
-- are lost: in the end each file is there, and each archive was paid for once.
-- Runs on one Lua: it starts programs of its own.
-- Begins early: it takes long.

local restores = require "spec.support.restores"
local shell = require "spec.support.shell"
local socket = require "socket"
local stores = require "spec.support.stores"

local ARCHIVES, PROCESSES, KILLS = 100, 4, 10

-- Seconds between two kills, and until all must be done.
local BETWEEN, PATIENCE = 0.7, 100

stores.each(describe, { setup = setup, teardown = teardown, pending = pending },
    "four processes that are killed", function(get, engine)
  local folder, server, url, running, seed

  before_each(function()
    folder = shell.folder()
    url = get():url()
    running = {}
    seed = tonumber(os.getenv "SEED") or os.time()
    math.randomseed(seed)
  end)

  after_each(function()
    restores.kill_all()
    if server then
      server:stop()
      server = nil
    end
    shell.remove(folder)
  end)

  local function start(options)
    server = restores.vault(ARCHIVES, options)
    restores.inventory(server, folder .. "/inventory")
    restores.check(server, ("plan --store %s --vault examplevault --inventory %s/inventory "
      .. "--into %s/files --tier Bulk --cost 100 --starts-per-second 20 %s"):format(shell.quote(url),
      folder, folder, restores.PRICES))
  end

  local logs = 0
  local function run(number)
    logs = logs + 1
    running[number] = restores.start(server, ("run --downloads 3 --store %s"):format(
      shell.quote(url)), ("%s/log%d"):format(folder, logs))
  end

  local function start_all()
    for number = 1, PROCESSES do
      run(number)
    end
  end

  local function status()
    return restores.check(server, "status --store " .. shell.quote(url))
  end

  -- Kills one after the other, and starts another in its place.
  local function kill_some(kills, meanwhile)
    for number = 1, kills do
      socket.sleep(BETWEEN * (0.5 + math.random()))
      local victim = math.random(PROCESSES)
      running[victim]:signal "KILL"
      run(victim)
      if meanwhile then
        meanwhile(number)
      end
    end
  end

  local function finish()
    local deadline = socket.gettime() + PATIENCE
    for number, process in ipairs(running) do
      while process:is_alive() and socket.gettime() < deadline do
        socket.sleep(0.1)
      end
      -- One that begins while the database is away says so, and ends.
      if not process:is_alive() and process:output():find("no connection", 1, true) then
        run(number)
        process = running[number]
        process:wait()
      end
      assert.is_false(process:is_alive(), ("seed %d: it does not end\n%s"):format(seed, status()))
      assert.matches("^done\n", process:output(), "seed " .. seed)
    end
    assert.same({}, restores.wrong(server, folder .. "/files"), "seed " .. seed)
    assert.matches("done " .. ARCHIVES .. " ", status())
  end

  it("bring all back, each archive by one job", function()
    start { ready_after = 2 }
    start_all()
    kill_some(KILLS)
    finish()
    assert.same({ ARCHIVES, 1 }, { restores.jobs(server) })
  end)

  it("pay for nothing twice where answers are lost, or are 5xx after the job was made", function()
    start { ready_after = 2, listed_after = 2, seed = seed, faults = {
      { operation = "InitiateJob", chance = 0.1, lost = true },
      { operation = "InitiateJob", chance = 0.1, broken = 500 },
      { operation = "GetJobOutput", chance = 0.1, cut = 100 },
    } }
    start_all()
    kill_some(4)
    finish()
    assert.same({ ARCHIVES, 1 }, { restores.jobs(server) })
  end)

  if engine == "PostgreSQL" then
    it("go on where the database was started again, as it ends and as it crashes", function()
      start { ready_after = 2 }
      start_all()
      kill_some(4, function(number)
        get().server:restart(number % 2 == 0 and "INT" or "QUIT")
      end)
      finish()
      assert.same({ ARCHIVES, 1 }, { restores.jobs(server) })
    end)
  end
end)
