-- Downloads in a real nginx, both ways.
-- Runs on one Lua: what it tests runs in programs of its own.
-- Begins early: it takes long.

local assert = require "luassert"
local clients = require "spec.support.clients"
local download_programs = require "spec.support.download_programs"
local nginx = require "spec.support.nginx"
local programs = require "spec.support.programs"
local socket = require "socket"

local reason = nginx.missing()
if reason and not os.getenv "CI" then
  pending("downloads in nginx: " .. reason)
  return
end

-- Bytes a second, so that a download is amid its way for two seconds.
local SLOW = 32 * 2 ^ 20

for _, host in ipairs { "openresty", "openresty-cosocket" } do
  describe("downloads in nginx, host " .. host, function()
    local scene, server

    before_each(function()
      scene = download_programs.scene()
      server = nginx.start { app = {
        client = clients.options(scene.server, { host = host }),
        vault = { url = scene.server.url, folder = scene.folder },
      } }
    end)

    after_each(function()
      server:stop()
      download_programs.stop(scene)
    end)

    for _, place in ipairs { "request", "timer" } do
      it("are right in a " .. place .. ", and hold up nobody", function()
        download_programs.check(scene, download_programs.measure(host .. ", " .. place, function()
          os.execute("rm -rf " .. scene.folder .. "/* " .. scene.folder .. "/.[!.]*")
          return server:ask("/app/downloads" .. (place == "timer" and "?timer=1" or ""))
        end))
        assert.are.equal("", server:errors())
      end)
    end

    it("answer others meanwhile", function()
      local worst = programs.measure_gap(function()
        os.execute("rm -f " .. scene.folder .. "/pinged")
        local link, longest = server:send "/app/fetch?name=pinged", 0
        repeat
          local asked = socket.gettime()
          assert.are.equal("content", server:ask("/app/ping").phase)
          longest = math.max(longest, socket.gettime() - asked)
        until #socket.select({ link.socket }, nil, 0) > 0
        assert.are.equal("tree_hash 17", server:receive(link).outcome)
        return longest
      end)
      assert.is_true(worst < 1, worst)
      programs.print_figures(host, "a ping while 64 MiB arrive: %.1f ms", worst * 1000)
    end)

    it("go on in the next worker after a kill", function()
      local link = server:send("/app/fetch?name=killed&rate=" .. SLOW)
      socket.sleep(1)
      os.execute("kill -9 " .. server:workers()[1])
      link:close()
      socket.sleep(0.5)
      local answer = server:ask "/app/fetch?name=killed"
      assert.are.equal("tree_hash 17", answer.outcome)
      assert.is_true(answer.resumed > 0)
      download_programs.check_file(scene, "killed")
    end)

    it("of a retrieval end with their request, and the next one goes on with its job", function()
      local archive = scene.server.archives.big.id
      local ask = "/app/retrieve?name=retrieved&archive=" .. archive
      scene.server:control { settings = { ready_after = 2 } }
      for _, pause in ipairs { 1, 3 } do -- amid the wait, amid the bytes
        local link = server:send(ask .. "&rate=" .. SLOW / 2)
        socket.sleep(pause)
        link:close()
      end
      local answer = server:ask(ask)
      assert.are.equal("tree_hash", answer.outcome)
      assert.is_true(answer.resumed > 0)
      assert.are.equal(1, scene.server:count "InitiateJob")
      download_programs.check_file(scene, "retrieved")
      assert.are.equal("", server:errors())
    end)

    it("end with their request, and the next one goes on", function()
      server:ask "/app/ping"
      local _, descriptors = server:usage()
      local link = server:send("/app/fetch?name=aborted&rate=" .. SLOW)
      socket.sleep(1)
      link:close()
      local answer = server:ask "/app/fetch?name=aborted"
      assert.are.equal("tree_hash 17", answer.outcome)
      assert.is_true(answer.resumed > 0)
      download_programs.check_file(scene, "aborted")
      local _, left = server:usage()
      assert.is_true(left <= descriptors + 6, left .. " descriptors, before " .. descriptors)
      assert.are.equal("", server:errors())
    end)
  end)
end
