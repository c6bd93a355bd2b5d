-- The examples of a retrieval do what they say, against a vault that keeps to the
-- rules of the service.

local assert = require "luassert"
local shell = require "spec.support.shell"
local vault = require "spec.support.vault"

local MIB = vault.MIB
local folder, server

local function start(options)
  options.verify = true
  server = vault.start(options)
end

local function command(example, ...)
  local words = { shell.environment(server), shell.quote(shell.interpreter),
    "examples/" .. example .. ".lua" }
  for index = 1, select("#", ...) do
    words[#words + 1] = shell.quote((select(index, ...)))
  end
  return table.concat(words, " ")
end

--- The bytes of outputs that are sent when so many have been asked for.
local function wait_for_bytes(count)
  for _ = 1, 300 do
    if server:bytes_sent() >= count then
      return
    end
    shell.check "sleep 0.05"
  end
  error "nothing is downloaded"
end

describe("an example", function()
  before_each(function()
    folder = shell.folder()
  end)

  after_each(function()
    shell.remove(folder)
    if server then
      server:stop()
      server = nil
    end
  end)

  it("lists a vault by its inventory, of one job", function()
    start { ready_after = 1, archives = {
      a = { size = 3 * MIB + 5, description = "letters, 1912.txt" },
      b = { size = 7, description = "<m><v>4</v><p>bXVzaWMvcmVlbCA3LmZsYWM=</p></m>" },
    } }
    local path = folder .. "/list"
    local run = command("retrieve_inventory", "examplevault", path, "0.2")
    local output, status = shell.run("timeout -s KILL 0.6 " .. run)
    assert.equal(137, status, output)
    assert.equal(1, server:count "InitiateJob")
    output = shell.check(run)
    assert.matches("going on with job ", output)
    assert.matches("verified: size", output)
    assert.truthy(output:find(server.archives.a.id .. "\t3145733\tletters, 1912.txt\n", 1, true))
    assert.truthy(output:find(server.archives.b.id .. "\t7\tmusic/reel 7.flac\n", 1, true))
    assert.matches("2 archives, 3145740 bytes", output)
    assert.equal(1, server:count "InitiateJob")
    server:control { forget = true }
    assert.matches("2 archives, 3145740 bytes", shell.check(run))
    assert.equal(0, #server:log())
  end)

  it("brings an archive back, by one job, though it is killed amid it", function()
    start { ready_after = 1, archives = { a = { size = 40 * MIB + 3 } }, send_buffer = 65536,
      faults = { { operation = "GetJobOutput", times = "always", rate = 8 * MIB } } }
    local archive, path = server.archives.a, folder .. "/a"
    local run = command("retrieve_archive", "examplevault", archive.id, path, "Bulk", "0.2")
    -- The shell that is told of the process is the process itself then.
    local pid = shell.check("( exec env PROGRESS=json " .. run .. " ) >" .. folder
      .. "/log 2>&1 & echo $!"):match "%d+"
    wait_for_bytes(20 * MIB)
    shell.check("kill -9 " .. pid)
    assert.matches('"phase":"downloading"', shell.check("cat " .. folder .. "/log"))
    local output = shell.check(run)
    assert.matches("41943043 bytes, verified: tree_hash", output)
    assert.truthy(output:find("tree hash " .. archive.tree_hash, 1, true))
    assert.is_true(tonumber(output:match "(%d+) bytes of it were there already") >= 16 * MIB)
    assert.is_true(archive.content:check_file(path))
    assert.equal(1, server:count "InitiateJob")
    local sent = server:bytes_sent()
    assert.matches("41943043 bytes of it were there already", shell.check(run))
    assert.equal(sent, server:bytes_sent())
    assert.equal(1, server:count "InitiateJob")
  end)

  it("says what is wrong, and fails", function()
    start { archives = { a = { size = 5 } } }
    local output, status = shell.run(command("retrieve_archive", "examplevault", ("x"):rep(138),
      folder .. "/a"))
    assert.equal(1, status)
    assert.matches("ResourceNotFoundException", output)
    for _, example in ipairs { "retrieve_archive", "retrieve_inventory" } do
      output, status = shell.run(command(example))
      assert.equal(1, status)
      assert.matches("usage: ", output)
    end
  end)
end)
