--- Processes that are killed amid a download, that share a target, or whose
-- client is closed.

local clients = require "spec.support.clients"
local lfs = require "lfs"
local downloads = require "spec.support.downloads"
local quote = require "spec.support.quote"
local socket = require "socket"

local MIB = downloads.MIB
local SIZE = 24 * MIB + 777
local LUA = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+$"
-- Bytes that lie between the server and a process that is gone: of each stream.
local ON_THEIR_WAY = 512 * 1024
local STREAMS = 4
-- More of them on demand.
local KILLS = tonumber(os.getenv "GLACIER_SPEC_KILLS") or 10

local scene, job

-- A command that downloads in a process of its own.
local function program(part_size, before)
  return ("%s LUA_CPATH=%s %s spec/support/download_program.lua %s %s %s %d"):format(
    before or "env", quote(package.cpath), LUA, quote(scene.server.url), quote(job),
    quote(scene.target), part_size)
end

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

before_each(function()
  scene = downloads.start({ size = SIZE }, { send_buffer = 65536 })
  job = scene.server:add_job { archive = "A" }
end)

after_each(function()
  scene:stop()
end)

describe("a process that is killed amid a download", function()
  for name, part_size in pairs { ["in small parts"] = 2 * MIB, ["in one part a stream"] = 8 * MIB } do
    it("goes on from there, " .. name, function()
      scene.server:control { faults = {
        { operation = "GetJobOutput", rate = 4 * MIB, times = "always" } } }
      local killed = 0
      for index = 1, KILLS do
        -- At random; the last so late that something is there.
        local seconds = index < KILLS and 0.05 + 0.85 * math.random() or 1.2
        local text = run(program(part_size, ("timeout -s KILL %.3f env"):format(seconds)))
        -- It may be killed when all is done and before it could say so.
        if text:find "tree_hash" or lfs.attributes(scene.target) then
          break
        end
        assert.is_nil(text:find "Error" or text:find "traceback", text)
        killed = index
      end
      assert.is_true(killed > 0)
      scene.server:control { faults = {} }
      local result = assert(scene:download(job, { part_size = part_size, overwrite = true }))
      assert.are.equal("tree_hash", result.verified)
      assert.is_true(result.resumed > 0)
      scene:assert_right()
      local bytes = scene:fetched()
      assert.is_true(bytes <= SIZE + killed * STREAMS * (MIB + ON_THEIR_WAY),
        ("%d bytes after %d kills"):format(bytes, killed))
    end)
  end
end)

describe("a target that another process has", function()
  it("is refused, and free again when that is killed", function()
    scene.server:control { faults = {
      { operation = "GetJobOutput", rate = MIB, times = "always" } } }
    local pipe = assert(io.popen(program(2 * MIB, "exec env")))
    local pid = pipe:read "*l"
    local deadline = socket.gettime() + 20
    while scene.server:bytes_sent() < 100000 do
      assert(socket.gettime() < deadline)
      socket.sleep(0.02)
    end
    local result, err = scene:download(job, { part_size = 2 * MIB })
    assert.is_nil(result)
    assert.are.equal("Locked", err.code, tostring(err))
    assert.are.equal(tonumber(pid), err.pid)
    assert.truthy(err.message:find(pid, 1, true), err.message)
    os.execute("kill -9 " .. pid)
    pipe:close()
    scene.server:control { faults = {} }
    assert(scene:download(job, { part_size = 2 * MIB }))
    scene:assert_right()
  end)

  it("is refused within one process, too", function()
    local client = clients.new(scene.server)
    local outcomes = {}
    local function download()
      local result, err = client:download_job_output({ vaultName = downloads.VAULT, jobId = job },
        { path = scene.target, part_size = MIB })
      outcomes[#outcomes + 1] = result and result.verified or err.code
    end
    client:run_together({ download, download })
    table.sort(outcomes)
    assert.are.same({ "Locked", "tree_hash" }, outcomes)
    scene:assert_right()
  end)
end)

describe("a download whose client is closed amid it", function()
  it("ends, and can be gone on with", function()
    local client = clients.new(scene.server)
    scene.server:control { faults = {
      { operation = "GetJobOutput", rate = 2 * MIB, times = "always" } } }
    local result, err = client:download_job_output({ vaultName = downloads.VAULT, jobId = job }, {
      path = scene.target, part_size = 8 * MIB, on_progress = function(event)
        if (event.bytes or 0) > 5 * MIB then
          client:close()
        end
      end,
    })
    assert.is_nil(result)
    assert.are.equal("cancelled", err.kind, tostring(err))
    scene:assert_none()
    scene.server:control { faults = {} }
    result = assert(scene:download(job, { part_size = 8 * MIB }))
    assert.is_true(result.resumed >= MIB, result.resumed)
    scene:assert_right()
  end)

  it("or whose on_progress raises", function()
    local client = clients.new(scene.server)
    scene.server:control { faults = {
      { operation = "GetJobOutput", rate = 2 * MIB, times = "always" } } }
    local ok, raised = pcall(client.download_job_output, client,
      { vaultName = downloads.VAULT, jobId = job }, {
        path = scene.target, part_size = 8 * MIB, on_progress = function(event)
          if (event.bytes or 0) > 5 * MIB then
            error("enough", 0)
          end
        end,
      })
    assert.is_false(ok)
    assert.are.equal("enough", raised)
    scene:assert_none()
    scene.server:control { faults = {} }
    local result = assert(scene:download(job, { part_size = 8 * MIB }))
    assert.is_true(result.resumed >= MIB, result.resumed)
    scene:assert_right()
  end)
end)
