-- client:retrieve in programs that are ended by SIGKILL: before and after each
-- change of a file, each request and each answer, and at random. Run again it
-- ends well: one job in all, and the right file. 5.4 ends at every point, each
-- other Lua at a quarter of them.
-- Begins early: it takes long.

local cjson = require "cjson"
local share = require "spec.support.share"
local shell = require "spec.support.shell"
local vault = require "spec.support.vault"

local MIB = 2 ^ 20
local KILLED = 128 + 9

local folder, preload, server

setup(function()
  folder = shell.folder()
  preload = folder .. "/crash_points.so"
  shell.check("${CC:-gcc} -std=gnu99 -Wall -Wextra -fPIC -shared -pthread " ..
    "spec/support/crash_points.c -ldl -o " .. shell.quote(preload))
end)

teardown(function()
  shell.remove(folder)
end)

after_each(function()
  if server then
    server:stop()
    server = nil
  end
end)

-- Runs the program, which ends at a point, or is ended after some seconds.
local function run(asked, crash_at, log, seconds)
  local variables = ""
  if crash_at then
    variables = ("CRASH_AT=%d LD_PRELOAD=\"${LD_PRELOAD:+$LD_PRELOAD:}%s\" "):format(crash_at,
      preload)
  end
  if log then
    variables = variables .. "CRASH_LOG=" .. shell.quote(log) .. " "
  end
  if seconds then
    variables = variables .. ("timeout -s KILL %.3f "):format(seconds)
  end
  return shell.run(shell.environment(server) .. variables .. shell.quote(shell.interpreter) ..
    " spec/support/retrieve_program.lua " .. shell.quote(cjson.encode(asked)))
end

local function read(path)
  local file = assert(io.open(path, "rb"), path)
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function names_in(path)
  return shell.check("ls -A " .. shell.quote(path)):gsub("%s+", " "):match "^%s*(.-)%s*$"
end

-- The jobs that were started for an archive.
local function jobs_for(id)
  local count = 0
  for _, entry in ipairs(server:log "InitiateJob") do
    if entry.status == 202 and cjson.decode(entry.body).ArchiveId == id then
      count = count + 1
    end
  end
  return count
end

-- An archive of its own, and what retrieves it to a folder of its own.
local function case(name, size, more)
  local path = folder .. "/" .. name
  shell.check("rm -rf " .. path .. " && mkdir " .. path)
  server:control { archives = { [name] = { size = size } } }
  local archive = server.archives[name]
  local asked = {
    params = { vaultName = "examplevault",
      jobParameters = { Type = "archive-retrieval", ArchiveId = archive.id } },
    options = { path = path .. "/file", part_size = MIB },
  }
  for field, value in pairs(more and more.params or {}) do
    asked.params.jobParameters[field] = value
  end
  for field, value in pairs(more and more.options or {}) do
    asked.options[field] = value
  end
  return asked, archive, path
end

local function assert_right(archive, path, output, where)
  assert.is_truthy(output:find("done\ttree_hash", 1, true), where .. ": " .. output)
  assert.are.equal("file", names_in(path), where)
  assert.is_true(archive.content:check_file(path .. "/file"), where)
  assert.are.equal(1, jobs_for(archive.id), where .. ": jobs")
end

-- Ends the program at point after point until it comes to its end; the last point.
local function enumerate(prefix, more)
  local first, step = share.steps()
  local point = first - step
  repeat
    point = point + step
    local asked, archive, path = case(prefix .. point, MIB + 77, more)
    local log = folder .. "/points"
    os.remove(log)
    local output, status = run(asked, point, log)
    local where = ("point %d (%s)"):format(point, read(log):match "([^\n]*)\n$")
    if status == KILLED then
      output, status = run(asked)
    else
      assert.are.equal(0, status, output)
      point = point - step
      where = "the end"
    end
    assert.are.equal(0, status, where .. ": " .. output)
    assert_right(archive, path, output, where)
  until where == "the end"
  return point
end

describe("a retrieval whose program is killed", function()
  it("at each point in turn starts one job, and the file is right", function()
    server = vault.start { ready_after = 0.05 }
    assert.is_true(enumerate("token") > 60)
  end)

  it("and with a description of the caller's and no job of others", function()
    server = vault.start {}
    assert.is_true(enumerate("own", { params = { Description = "mine" },
      options = { reuse = false } }) > 60)
  end)

  it("at random moments, again and again, starts one job and fetches little twice", function()
    local size, streams, kills = 8 * MIB + 77, 2, 0
    server = vault.start { ready_after = 0.3, send_buffer = 65536,
      faults = { { operation = "GetJobOutput", rate = 2 * MIB, times = "always" } } }
    local round = 0
    -- Later from kill to kill: on a busy machine a program may need long for its
    -- first byte.
    local function moment(killed)
      return (0.05 + math.random() * 0.5) * (1 + killed / 5)
    end
    repeat
      round = round + 1
      local asked, archive, path = case("random" .. round, size,
        { options = { part_size = 2 * MIB, concurrency = streams } })
      local before, killed = server:bytes_sent(), 0
      local output, status = run(asked, nil, nil, moment(0))
      while status == KILLED do
        killed = killed + 1
        output, status = run(asked, nil, nil, moment(killed))
      end
      assert.are.equal(0, status, output)
      assert_right(archive, path, output, "round " .. round)
      local most = size + killed * streams * (MIB + 2 ^ 18)
      assert.is_true(server:bytes_sent() - before <= most, killed)
      kills = kills + killed
    until kills >= share.of(50)
  end)

  it("between the making of its job and the answer finds it, though the list lags", function()
    server = vault.start { listed_after = 2.5, faults = { { operation = "InitiateJob", lost = true,
      times = "always" } } }
    for name, more in pairs { token = {}, own = { params = { Description = "mine" } } } do
      local asked, archive, path = case(name, MIB, more)
      asked.options.reuse, asked.max_attempts, asked.slow = false, 1, true
      -- It is ended when it looks for the job itself.
      run(asked, nil, nil, 0.3)
      local output, status = run(asked)
      assert.are.equal(0, status, output)
      assert_right(archive, path, output, name)
    end
  end)

  it("amid a download gives its lock back; who comes before that is refused", function()
    server = vault.start { faults = {
      { operation = "GetJobOutput", rate = 65536, times = "always" } } }
    local asked, archive, path = case("locked", MIB + 1)
    local command = shell.environment(server) .. shell.quote(shell.interpreter) ..
      " spec/support/retrieve_program.lua " .. shell.quote(cjson.encode(asked))
    local pid = shell.check(command .. " >" .. folder .. "/output 2>&1 & echo $!"):match "%d+"
    shell.check(("for i in $(seq 100); do grep -q started %s/output && break; sleep 0.1; done")
      :format(folder))
    local output, status = run(asked)
    assert.are.equal(1, status)
    assert.is_truthy(output:find("Locked", 1, true), output)
    assert.is_truthy(output:find("process " .. pid .. " has it", 1, true), output)
    shell.check("kill -9 " .. pid)
    server:control { faults = {} }
    output, status = run(asked)
    assert.are.equal(0, status, output)
    assert_right(archive, path, output, "locked")
  end)
end)
