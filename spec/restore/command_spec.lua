-- The program glacier-restore, as people use it.
-- Begins early: it takes long.

local arguments = require "glacier.restore.command.arguments"
local json = require "glacier.json"
local restores = require "spec.support.restores"
local shell = require "spec.support.shell"
local socket = require "socket"

local HEAD = "waiting %d+   in doubt %d+   started %d+   ready %d+   done %d+   failed %d+   gone %d+\n"

describe("the words of glacier-restore", function()
  it("are read in both ways", function()
    local words = { "plan", "--store", "x.db", "--vault=v", "--inventory", "-", "--into=a=b",
      "--tier", "Bulk", "--cost=1.5", "--starts-per-second", "10", "--bytes-per-hour=unlimited" }
    local verb, options = arguments.read(words)
    assert.equal("plan", verb)
    assert.same({ store = "x.db", vault = "v", inventory = "-", into = "a=b", tier = "Bulk",
      cost = 1.5, ["starts-per-second"] = 10, ["bytes-per-hour"] = math.huge }, options)
    verb, options = arguments.read { "status", "--watch", "--store=x", "--json" }
    assert.equal("status", verb)
    assert.same({ store = "x", watch = true, json = true }, options)
    assert.equal("help", (arguments.read { "run", "--help" }))
  end)

  for _, case in ipairs {
    { "", "a verb is missing" }, { "frob", "no verb 'frob'" }, { "run", "run needs --store STORE" },
    { "run --store", "--store needs a value" }, { "run --store=", "--store is empty" },
    { "run --store a --store b", "given twice" }, { "run --store a --watch", "no option --watch" },
    { "run --store a b", "'b' is no option" }, { "run --store a --downloads 1.5", "must be a number" },
    { "run --store a -d 1", "'-d' is no option" }, { "status --store a --json=1", "takes no value" },
    { "retry --store a", "needs --state" }, { "retry --store a --state done", "one of: failed, gone" },
    { "limit --store a --cost x", "must be a number" }, { "limit --store a --cost -1", "must be a number" },
    { "plan --store a --vault v --inventory i --into d --tier bulk", "one of: Expedited" },
  } do
    it("are refused: " .. case[1], function()
      local words = {}
      for word in case[1]:gmatch "%S+" do
        words[#words + 1] = word
      end
      local verb, reason = arguments.read(words)
      assert.is_nil(verb)
      assert.truthy(reason:find(case[2], 1, true), reason)
    end)
  end
end)

describe("glacier-restore", function()
  local folder, server, store

  before_each(function()
    folder = shell.folder()
    store = folder .. "/x.db"
  end)

  after_each(function()
    restores.kill_all()
    if server then
      server:stop()
      server = nil
    end
    shell.remove(folder)
  end)

  local function start(count, options)
    server = restores.vault(count, options)
    restores.inventory(server, folder .. "/inventory")
  end

  local function run(words)
    return restores.run(server, (words:gsub("STORE", "--store " .. store)))
  end

  local function check(words)
    return restores.check(server, (words:gsub("STORE", "--store " .. store)))
  end

  local function plan(more)
    return check(("plan STORE --vault examplevault --inventory %s/inventory --into %s/files --tier Bulk %s")
      :format(folder, folder, more or "--cost 100 " .. restores.PRICES))
  end

  it("tells how it is used, and by its status what went wrong", function()
    local output, status = run "--help"
    assert.equal(0, status)
    for name in pairs(arguments.names()) do
      assert.truthy(output:find("--" .. name, 1, true), name)
    end
    for line in output:gmatch "[^\n]+" do
      assert.is_true(#line <= 82, line)
    end
    output, status = run ""
    assert.equal(2, status)
    assert.matches("a verb is missing", output)
    output, status = run "status STORE"
    assert.equal(1, status)
    assert.matches("there is no store", output)
    assert.is_nil(io.open(store))
    output, status = run("run --store " .. folder .. "/no/x.db")
    assert.equal(1, status)
    assert.is_nil(output:find("stack traceback", 1, true))
  end)

  it("brings a vault back, and tells of it", function()
    start(30)
    local output = plan()
    assert.matches("^archives 30   bytes %d+ %([%d.]+ KiB%)   cost 0.7%d   bad rows 0   at least 12h 00m\n$",
      output)
    assert.equal(output, plan())
    output = check "status STORE"
    assert.matches("^waiting 30   in doubt 0   started 0   ready 0   done 0   failed 0   gone 0\n", output)
    assert.matches("\nmoney 0.00 of 100.00   workers 0\n$", output)
    output = check "run STORE --downloads 4"
    assert.matches("^done\nwaiting 0   in doubt 0   started 0   ready 0   done 30   failed 0   gone 0\n", output)
    assert.same({}, restores.wrong(server, folder .. "/files"))
    assert.same({ 30, 1 }, { restores.jobs(server) })
    assert.matches("^done\n", check "run STORE")
    assert.same({ 30, 1 }, { restores.jobs(server) })
    output = check "status STORE --json"
    local status = assert(json.decode_object(output))
    assert.equal(30, status.done)
    assert.equal(0, status.eta)
    assert.equal(100, status.cap)
    assert.equal("examplevault", status.vault)
    output = check "status STORE --watch"
    assert.matches("^vault examplevault into /[^\n]*, tier Bulk, [^\n]+\n\n%[=+%] 100%%\n" .. HEAD, output)
    assert.is_nil(output:find("\27", 1, true))
    check("status STORE --json --watch --to " .. folder .. "/status.json")
    assert.matches('"done":30', shell.check("cat " .. folder .. "/status.json"))
    assert.is_nil(io.open(folder .. "/status.json.new"))
  end)

  it("starts nothing without a cap, or beyond it", function()
    start(4)
    plan(restores.PRICES)
    local output, status = run "run STORE"
    assert.equal(1, status)
    assert.matches("there is no cap", output)
    check "limit STORE --cost 0.06"
    local process = restores.start(server, "run --store " .. store, folder .. "/log")
    local deadline = socket.gettime() + 60
    repeat
      output = check "status STORE"
    until output:find("done 2 ", 1, true) and output:find "standstill cap" or
      socket.gettime() > deadline
    assert.matches("waiting 2   in doubt 0   started 0   ready 0   done 2 ", output)
    assert.matches("\nstandstill cap: 0.06 is the cap", output)
    assert.is_true(process:is_alive())
    check "limit STORE --cost=unlimited"
    assert.matches("^done\n", process:wait())
    assert.same({ 4, 1 }, { restores.jobs(server) })
  end)

  it("is paused and resumed", function()
    start(3, { ready_after = 3600 })
    plan()
    local process = restores.start(server, "run --store " .. store, folder .. "/log")
    assert.equal("paused\n", check "pause STORE")
    assert.matches("^paused\nwaiting", process:wait())
    assert.matches("^paused\n", check "run STORE")
    assert.equal("resumed\n", check "resume STORE")
    assert.equal("retried 0\n", check "retry STORE --state failed")
  end)

  for _, name in ipairs { "TERM", "INT" } do
    it("ends a run cleanly at SIG" .. name, function()
      start(10, { ready_after = 3600 })
      plan()
      local process = restores.start(server, "run --store " .. store, folder .. "/log")
      local deadline = socket.gettime() + 60
      while server:count "InitiateJob" < 10 and socket.gettime() < deadline do
        socket.sleep(0.1)
      end
      process:signal(name)
      local begun = socket.gettime()
      assert.matches("^stopped\n" .. HEAD, process:wait())
      assert.is_true(socket.gettime() - begun < 10)
      assert.matches("started 10 .*workers 0", check "status STORE")
      server:control { advance = 7200 }
      assert.matches("^done\n", check "run STORE")
      assert.same({ 10, 1 }, { restores.jobs(server) })
      assert.same({}, restores.wrong(server, folder .. "/files"))
    end)
  end

  it("ends a watch at a signal", function()
    start(1)
    plan()
    local process = restores.start(server, "status --watch --json --store " .. store, folder .. "/log")
    local deadline = socket.gettime() + 30
    while process:output() == "" and socket.gettime() < deadline do
      socket.sleep(0.1)
    end
    process:signal "TERM"
    assert.matches('^{"archives":1,', process:wait())
  end)

  it("names the archive whose name leads out, and bad rows", function()
    start(2)
    local file = assert(io.open(folder .. "/inventory", "wb"))
    file:write("ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\nbad\n",
      ("x"):rep(138), ',"../up",2013-01-01T00:00:00Z,5,', ("0"):rep(64), "\n")
    file:close()
    local output, status = run(("plan STORE --vault v --inventory %s/inventory --into %s"):format(folder, folder))
    assert.equal(1, status)
    assert.matches("line 2 of the inventory is left out, [^\n]*: bad\n", output)
    assert.matches("the name '%.%./up' of the archive x+ cannot be used: it has '%.%.' in it", output)
  end)

  it("says what is missing where LuaDBI is", function()
    local output, status = shell.run(("%s %s -e %s bin/glacier-restore plan --store %s --vault v "
      .. "--inventory i --into d"):format(shell.environment(), shell.interpreter,
      shell.quote "package.preload['DBI'] = function() error 'no' end", store))
    assert.equal(1, status)
    assert.matches("Debian's package is lua%-dbi%-sqlite3, the rock is luadbi%-sqlite3", output)
  end)
end)
