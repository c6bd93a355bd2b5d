-- Lua states in threads, states closed in the middle, forks: a C program.
-- Runs on one Lua: what it tests runs in programs of its own.

local endpoint = require "spec.support.endpoint"
local faults = require "spec.support.faults"
local shell = require "spec.support.shell"
local tls_certificates = require "spec.support.tls_certificates"

describe("Lua states", function()
  local folder, program, server

  local function run(arguments, target, more)
    local output, status = shell.run(("%s %s timeout 600 %s %s"):format(
      shell.environment(target or server), more or "", program, arguments))
    assert.equal("failures: 0\n", output)
    assert.equal(0, status)
  end

  local function connections(requests)
    local seen, count = {}, 0
    for _, request in ipairs(requests) do
      if not seen[request.connection] then
        seen[request.connection] = true
        count = count + 1
      end
      assert.equal("ok", request.signature)
    end
    return count
  end

  setup(function()
    folder = shell.folder()
    program = folder .. "/threads"
    shell.compile("spec/support/threads.c", program, { flags = "-rdynamic" })
    server = endpoint.start()
  end)

  teardown(function()
    server:stop()
    shell.remove(folder)
  end)

  before_each(function()
    server:reset()
    server:play("initiate_job/success", { repeat_last = true })
  end)

  it("in eight threads call at once, each by a connection of its own", function()
    run "calls 8 50"
    local requests = server:requests()
    assert.equal(400, #requests)
    assert.equal(8, connections(requests))
  end)

  it("are opened and closed in several threads", function()
    run "states 6 15"
    assert.equal(90, #server:requests())
  end)

  it("may be closed while calls are under way", function()
    run "close 40"
  end)

  it("may load and leave a module again and again", function()
    run("reload 10 " .. shell.build .. "/glacier/core/http.so")
    assert.equal(10, #server:requests())
  end)

  it("in a forked child go on with the parent's client, and so does the parent", function()
    run "fork 5"
    local requests = server:requests()
    assert.equal(15, #requests)
    -- The parent's connection, and one of the child's.
    assert.equal(2, connections(requests))
    assert.equal(requests[1].connection, requests[15].connection)
    assert.not_equal(requests[1].connection, requests[10].connection)
  end)

  it("keep the parent's TLS connection through the end of a child", function()
    local certificates = tls_certificates.new()
    local tls = faults.start(certificates:issue "good")
    tls:play(faults.times(9, "initiate_job/success"))
    run("fork 3", tls, "AWS_CA_BUNDLE=" .. shell.quote(certificates:path "authority.pem"))
    local journal = tls:journal()
    tls:stop()
    certificates:remove()
    assert.same({}, journal.failures)
    assert.equal(9, #journal.requests)
    assert.equal(2, journal.connections)
    assert.equal(2, journal.handshakes)
    assert.equal(journal.requests[1].connection, journal.requests[9].connection)
  end)
end)
