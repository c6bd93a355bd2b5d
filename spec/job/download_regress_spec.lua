--- Faults that downloads once had: one case each.

local clients = require "spec.support.clients"
local downloads = require "spec.support.downloads"
local output_of = require "glacier.job.download.output"
local part_store = require "glacier.job.download.store"
local quote = require "spec.support.quote"
local socket = require "socket"

local MIB = downloads.MIB
local LUA = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+$"

local scene

after_each(function()
  scene:stop()
end)

local function faults(...)
  local rules = { ... }
  for _, rule in ipairs(rules) do
    rule.operation = "GetJobOutput"
  end
  scene.server:control { faults = rules, forget = true }
end

describe("a limit of the process on the size of files", function()
  -- In blocks of 512 bytes, or of 1024.
  for name, size in pairs { ["of what is there at all"] = 1, ["of a file of some MiB"] = 3 * MIB } do
    for _, limit in ipairs { 0, size == 1 and 0 or 1, size == 1 and 0 or 1024 } do
      it(("is an error, not the end of the process: %s, ulimit -f %d"):format(name, limit), function()
        scene = downloads.start({ size = size })
        local job = scene.server:add_job { archive = "A" }
        local pipe = assert(io.popen(
          ("(ulimit -f %d; LUA_CPATH=%s %s spec/support/download_program.lua %s %s %s %d) 2>&1 | cat")
          :format(limit, quote(package.cpath), LUA, quote(scene.server.url), quote(job),
            quote(scene.target), MIB)))
        local text = pipe:read "*a"
        pipe:close()
        assert.truthy(text:find("FileError", 1, true), text)
        scene:assert_none()
        assert(scene:download(job))
        scene:assert_right()
      end)
    end
  end
end)

describe("what on_progress raises while bytes are hashed again", function()
  it("leaves the files to whoever comes next in the same process", function()
    scene = downloads.start({ size = 48 * MIB, kind = "zeros" })
    local job = scene:short_job(40 * MIB)
    assert.is_nil((scene:download(job)))
    local client = clients.new(scene.server)
    local living = scene.server:add_job { archive = "A" }
    local params = { vaultName = downloads.VAULT, jobId = living }
    local output = assert(output_of.of(assert(client:describe_job(params)), params))
    collectgarbage "stop"
    local ok, raised = pcall(part_store.open, client, scene.target, output, nil, function()
      error({ "enough" }, 0)
    end)
    assert.is_false(ok)
    assert.are.same({ "enough" }, raised)
    local result = assert(scene:download(living))
    collectgarbage "restart"
    assert.is_true(result.resumed >= 30 * MIB, result.resumed)
    scene:assert_right()
  end)
end)

describe("a whole that is wrong", function()
  local SIZE = 5 * MIB + 99

  it("costs those parts anew that no header had proved, and no others", function()
    for _, bare in ipairs { { 2 }, { 0, 5 } } do
      scene = downloads.start({ size = SIZE })
      local rules, bytes = {}, 0
      for _, part in ipairs(bare) do
        rules[#rules + 1] = { covers = part * MIB + 7, hash = false, flip = part * MIB + 7 }
        bytes = bytes + math.min(MIB, SIZE - part * MIB)
      end
      faults((table.unpack or unpack)(rules)) -- luacheck: ignore
      local job = scene.server:add_job { archive = "A" }
      local result, err = scene:download(job)
      assert.is_nil(result)
      assert.are.equal("TreeHashMismatch", err.code, tostring(err))
      faults()
      result = assert(scene:download(job))
      assert.are.equal("tree_hash", result.verified)
      assert.are.equal(SIZE - bytes, result.resumed)
      assert.are.equal(bytes, (scene:fetched()))
      scene:assert_right()
      if bare[1] == 2 then
        scene:stop()
      end
    end
  end)
end)

describe("a header's hash that is none", function()
  it("is cut in the error", function()
    scene = downloads.start({ size = 2 * MIB })
    faults { hash = ("x"):rep(20000), times = "always" }
    local result, err = scene:download()
    assert.is_nil(result)
    assert.are.equal("PartHashMismatch", err.code)
    assert.is_true(#err.message < 1000, #err.message)
    assert.truthy(err.message:find(("x"):rep(50), 1, true), err.message)
  end)
end)

describe("an error that ends a download", function()
  it("does not wait for streams that pause", function()
    scene = downloads.start({ size = 4 * MIB })
    -- One is refused for good while the others wait for seconds after throttling.
    faults({ covers = 3 * MIB, status = 400, code = "ThrottlingException", times = "always" },
      { covers = MIB, status = 404, code = "ResourceNotFoundException", delay = 4 })
    local begun = socket.gettime()
    local result, err = scene:download(nil, { max_rate = 16384 })
    assert.is_nil(result)
    assert.are.equal("ResourceNotFoundException", err.code, tostring(err))
    assert.is_true(socket.gettime() - begun < 10)
  end)
end)
