-- client:retrieve in programs that are ended by SIGKILL: before and after each
-- change of a file, each request and each answer, and at random. Run again it
-- ends well: one job in all, and the right file.

local cjson = require "cjson"
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

-- Runs the program, which ends at a point.
local function run(asked, crash_at, log)
  local variables = ""
  if crash_at then
    variables = ("CRASH_AT=%d LD_PRELOAD=\"${LD_PRELOAD:+$LD_PRELOAD:}%s\" "):format(crash_at,
      preload)
  end
  if log then
    variables = variables .. "CRASH_LOG=" .. shell.quote(log) .. " "
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

-- Ends the program at point after point until it comes to its end.
local function enumerate(prefix, more)
  local point, output, status = 0, nil, nil
  repeat
    point = point + 1
    local asked, archive, path = case(prefix .. point, 2 * MIB + 77, more)
    local log = folder .. "/points"
    os.remove(log)
    output, status = run(asked, point, log)
    local where = ("point %d (%s)"):format(point, read(log):match "([^\n]*)\n$")
    if status == KILLED then
      output, status = run(asked)
    else
      assert.are.equal(0, status, output)
      point = point - 1
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
end)
