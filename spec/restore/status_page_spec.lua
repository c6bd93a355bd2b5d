-- examples/restore_status.conf shows a restore as it goes, from the file that
-- `status --json --watch --to` writes.
-- Runs on one Lua: it starts programs of its own.

local cjson = require "cjson"
local nginx = require "spec.support.nginx"
local programs = require "spec.support.programs"
local restores = require "spec.support.restores"
local shell = require "spec.support.shell"
local socket = require "socket"
local socket_http = require "socket.http"

if nginx.are_missing("the page of a restore", pending) then
  return
end

local FILE = "/run/restore/status.json"

describe("the page of a restore in nginx", function()
  local folder, server, vault, port, watch

  setup(function()
    folder = shell.folder()
    shell.check("chmod 755 " .. folder)
    port = programs.free_port()
    local file = assert(io.open "examples/restore_status.conf")
    local text, ports = file:read "*a":gsub("listen 8080;", "listen 127.0.0.1:" .. port .. ";")
    file:close()
    local files
    text, files = text:gsub(FILE:gsub("%p", "%%%0"), folder .. "/status.json")
    assert.same({ 1, 3 }, { ports, files })
    server = nginx.start { app = { client = { region = "us-west-2" } }, http = text }
    vault = restores.vault(6, { ready_after = 3600 })
    restores.inventory(vault, folder .. "/inventory")
  end)

  teardown(function()
    restores.kill_all()
    server:stop()
    vault:stop()
    shell.remove(folder)
  end)

  local function get(target)
    local text, status, headers = socket_http.request(("http://127.0.0.1:%d%s"):format(port, target))
    return text, status, headers
  end

  local function wait_for(says)
    local text
    local deadline = socket.gettime() + 60
    repeat
      text = get "/"
      if text:find(says, 1, true) then
        return text
      end
      socket.sleep(0.2)
    until socket.gettime() > deadline
    error(("it never says %q: %s"):format(says, text))
  end

  it("says that nothing is known, then how far it is, to people and to programs", function()
    local text, status = get "/"
    assert.equal(503, status)
    assert.matches("Nothing is known", text)
    local store = folder .. "/a.db"
    restores.check(vault, ("plan --store %s --vault examplevault --inventory %s/inventory "
      .. "--into %s/files --tier Bulk %s"):format(store, folder, folder, restores.PRICES))
    watch = restores.start(nil, ("status --json --watch --store %s --to %s/status.json"):format(store,
      folder), folder .. "/watch.log")
    text = wait_for "<tr><th>waiting<td>6"
    assert.matches("<h1>examplevault comes back</h1>", text)
    assert.matches("Nothing is started: cap", text)
    local headers
    text, status, headers = get "/status.json"
    assert.equal(200, status)
    assert.equal("application/json", headers["content-type"])
    assert.equal("no-store", headers["cache-control"])
    assert.equal(6, cjson.decode(text).waiting)

    restores.check(vault, "limit --cost 9 --store " .. store)
    local run = restores.start(vault, "run --store " .. store, folder .. "/run.log")
    wait_for "<tr><th>started<td>6"
    run:signal "TERM"
    run:wait()
    vault:control { advance = 7200 }
    restores.check(vault, "run --store " .. store)
    text = wait_for "<tr><th>done<td>6"
    assert.matches('value="1.0000"', text)
    assert.matches("money: 0.15 of 9.00", text)
    watch:wait()
    assert.equal("", server:errors())
  end)

  it("shows nothing as HTML that is none", function()
    local file = assert(io.open(folder .. "/status.json", "wb"))
    file:write('{"vault":"<script>alert(1)</script>","standstill":"<b>\\"x\\"","cap":null,"waiting":"x"}')
    file:close()
    local text, status = get "/"
    assert.equal(200, status)
    assert.is_nil(text:find("<script", 1, true))
    assert.is_nil(text:find("<b>", 1, true))
    assert.matches("of no limit", text)
  end)
end)
