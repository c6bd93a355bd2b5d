-- An output that is far larger than the disk: begun, killed, gone on with, in
-- little memory; and one that no file can hold.

local downloads = require "spec.support.downloads"
local quote = require "spec.support.quote"

local GIB = 2 ^ 30
local LUA = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+$"

-- AddressSanitizer's own memory is some 24 MiB of it.
local MOST_KIBIBYTES = (os.getenv "SANITIZE" and 64 or 32) * 1024

local scene

after_each(function()
  scene:stop()
end)

-- The output of a command that is killed after some seconds. Before it is, the
-- peak of its memory is read.
local function run_for(seconds, job)
  local pipe = assert(io.popen(("LUA_CPATH=%s %s spec/support/download_program.lua %s %s %s %d & " ..
    "pid=$!; sleep %g; grep -E 'VmHWM' /proc/$pid/status; kill -9 $pid 2>/dev/null; " ..
    "wait $pid 2>/dev/null"):format(quote(package.cpath), LUA, quote(scene.server.url), quote(job),
    quote(scene.target), 32 * 2 ^ 20, seconds)))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

-- A file system with less than that cannot say what a larger one would.
local function holds(size)
  local file = io.open(scene.folder .. "/probe", "wb")
  local ok = file and file:seek("set", size - 1) and file:write "x" and file:flush()
  if file then
    file:close()
  end
  os.remove(scene.folder .. "/probe")
  return ok
end

describe("a download of thousands of GiB", function()
  it("begins at once, goes on after a kill, and takes little memory", function()
    scene = downloads.start({ size = 15 * 1024 * GIB, kind = "zeros" })
    if not holds(15 * 1024 * GIB) then
      return pending "no file can be as long here"
    end
    local job = scene.server:add_job { archive = "A" }
    for _ = 1, 2 do
      local peak = tonumber(run_for(2, job):match "VmHWM:%s+(%d+)")
      assert.is_true(peak and peak < MOST_KIBIBYTES, tostring(peak))
    end
    assert.is_true(scene.server:bytes_sent() > 0)
    assert.are.equal(2, #scene:names())
  end)

  it("is refused at once where no file can be as long", function()
    scene = downloads.start({ size = 40000 * GIB, kind = "zeros" })
    if holds(40000 * GIB) then
      return pending "a file can be as long here"
    end
    local result, err = scene:download({ archive = "A" }, { part_size = 32 * 2 ^ 20 })
    assert.is_nil(result)
    assert.are.equal("FileError", err.code)
    assert.truthy(err.message:find("cannot hold", 1, true), err.message)
    assert.are.equal(0, scene.server:count "GetJobOutput")
    assert.are.same({}, scene:names())
  end)
end)
