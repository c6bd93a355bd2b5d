--- Where a download writes to: names, folders, what stands in the way, and disks
-- that are full.

local clients = require "spec.support.clients"
local downloads = require "spec.support.downloads"
local lfs = require "lfs"
local quote = require "spec.support.quote"

local MIB = downloads.MIB
local SIZE = 3 * MIB + 5

local scene, job

before_each(function()
  scene = downloads.start({ size = SIZE })
  job = scene.server:add_job { archive = "A" }
end)

after_each(function()
  scene:stop()
end)

-- $1, $2 and so on are the values, quoted.
local function shell(command, ...)
  local quoted = {}
  for index, value in ipairs { ... } do
    quoted[index] = quote(value)
  end
  os.execute((command:gsub("$(%d)", function(index)
    return quoted[tonumber(index)]
  end)))
end

-- Before anything is sent.
local function assert_refused(path, code, options)
  options = options or {}
  options.path = path
  scene.server:control { forget = true }
  local result, err = scene:download(job, options)
  assert.is_nil(result)
  assert.are.equal(code, err.code, tostring(err))
  assert.are.equal("config", err.kind)
  assert.are.equal(0, scene.server:count "GetJobOutput")
  return err
end

local function assert_unsent(path, options)
  local err = assert_refused(path, "FileError", options)
  assert.are.equal(0, scene.server:count())
  assert.is_false(err.sent)
  return err
end

describe("a target", function()
  it("that is a folder, a pipe or a link to nothing is refused before anything is sent", function()
    shell("mkdir $1", scene.folder .. "/folder")
    shell("mkfifo $1", scene.folder .. "/pipe")
    shell("ln -s /nowhere/at/all $1", scene.folder .. "/dangling")
    shell("ln -s $1 $2", scene.folder .. "/folder", scene.folder .. "/link")
    shell("ln -s loop $1", scene.folder .. "/loop")
    for _, name in ipairs { "folder", "folder/", "pipe", "dangling", "link", "loop", ".", "..", "",
      "nowhere/x", "pipe/x" } do
      for _, overwrite in ipairs { false, true } do
        assert_unsent(scene.folder .. "/" .. name, { overwrite = overwrite })
      end
    end
    assert_unsent("/dev/null", { overwrite = true })
  end)

  it("in a folder that cannot be written to is refused before anything is sent", function()
    local folder = scene.folder .. "/closed"
    shell("mkdir $1; chmod 555 $1", folder)
    local is_root = io.open(folder .. "/probe", "w")
    if is_root then
      is_root:close()
      os.remove(folder .. "/probe")
      folder = "/proc/self"
    end
    assert_unsent(folder .. "/x")
  end)

  it("that is there is refused, unless it is to be replaced", function()
    downloads.write(scene.target, "old")
    local err = assert_refused(scene.target, "FileExists")
    assert.truthy(err.message:find("overwrite", 1, true))
    assert.are.equal("old", downloads.read(scene.target))
    assert.are.same({ "target" }, scene:names())
    local result = assert(scene:download(job, { overwrite = true }))
    assert.are.equal(0, result.resumed)
    scene:assert_right()
  end)

  it("of the right length and other bytes is refused", function()
    downloads.write(scene.target, ("\0"):rep(SIZE))
    assert_refused(scene.target, "FileExists")
  end)

  it("that is what is asked for costs nothing", function()
    assert(scene:download(job))
    scene:fetched()
    for _, overwrite in ipairs { false, true } do
      local result = assert(scene:download(job, { overwrite = overwrite }))
      assert.are.equal(SIZE, result.resumed)
      assert.are.equal("tree_hash", result.verified)
      assert.are.equal(scene.archive.tree_hash, result.tree_hash)
      assert.are.equal(0, scene.server:count "GetJobOutput")
    end
    scene:assert_right()
  end)

  it("that appears while its bytes come is not replaced", function()
    scene.server:control { faults = { { operation = "GetJobOutput", rate = MIB / 2, times = "always" } } }
    local result, err = scene:download(job, { on_progress = function(event)
      if (event.bytes or 0) > 0 and not lfs.attributes(scene.target) then
        downloads.write(scene.target, "mine")
      end
    end })
    assert.is_nil(result)
    assert.are.equal("FileExists", err.code, tostring(err))
    assert.are.equal("mine", downloads.read(scene.target))
    -- All that came is still there.
    os.remove(scene.target)
    scene:fetched()
    assert.are.equal(SIZE, assert(scene:download(job)).resumed)
    assert.are.equal(0, (scene:fetched()))
    scene:assert_right()
  end)

  for name, target in pairs {
    ["of 255 bytes"] = ("n"):rep(255), ["of 255 bytes of UTF-8"] = ("\195\164"):rep(127) .. "x",
    ["of 255 bytes that are no UTF-8"] = ("\255"):rep(255), ["of three-byte characters"] = ("\226\130\172"):rep(85),
    ["of one byte"] = "n", ["with blanks, quotes and signs"] = " a'b\"c\\%d%s ",
    ["with a dash first"] = "-rf", ["that begins with a dot"] = ".x.part", ["of 240 bytes"] = ("n"):rep(240),
  } do
    it("whose name is one " .. name, function()
      local path = scene.folder .. "/" .. target
      local short = scene:short_job(2 * MIB)
      local interrupted, err = scene:download(short, { path = path, concurrency = 1 })
      assert.is_nil(interrupted)
      assert.are.equal("ResourceNotFoundException", err.code, tostring(err))
      assert.are.equal(2, #scene:names())
      assert.is_true(#scene:hidden("part"):match "[^/]*$" <= 255)
      local result = assert(scene:download(job, { path = path }))
      assert.are.equal(2 * MIB, result.resumed)
      assert(scene.archive.content:check_file(path))
      assert.are.same({ target }, scene:names())
    end)
  end

  it("whose name is too long is refused before anything is sent", function()
    assert_unsent(scene.folder .. "/" .. ("n"):rep(256))
  end)

  it("by a relative path, and by a link to a file", function()
    local here = lfs.currentdir()
    assert(lfs.chdir(scene.folder))
    local result, err = scene:download(job, { path = "target" })
    lfs.chdir(here)
    assert(result, err)
    scene:assert_right()
    shell("mv $1 $2; ln -s real $1", scene.target, scene.folder .. "/real")
    assert.are.equal(SIZE, assert(scene:download(job)).resumed)
  end)

  it("two names that are cut alike in one folder do not share their parts", function()
    local names = { ("n"):rep(254) .. "a", ("n"):rep(254) .. "b" }
    assert.is_nil(scene:download(scene:short_job(2 * MIB), { path = scene.folder .. "/" .. names[1] }))
    for _, name in ipairs(names) do
      local path = scene.folder .. "/" .. name
      assert(scene:download(job, { path = path }))
      assert(scene.archive.content:check_file(path))
    end
    assert.are.same(names, scene:names())
  end)
end)

describe("a disk", function()
  local LUA = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+$"

  local function run(before, path)
    local pipe = assert(io.popen(("%s LUA_CPATH=%s %s spec/support/download_program.lua %s %s %s %d 2>&1")
      :format(before, quote(package.cpath), LUA, quote(scene.server.url), quote(job), quote(path), MIB)))
    local text = pipe:read "*a"
    pipe:close()
    return text
  end

  it("whose limit is below the size is an error before a byte is fetched", function()
    local text = run("ulimit -f 2048; env", scene.target)
    assert.truthy(text:find("FileError", 1, true), text)
    scene:assert_none()
    assert.are.equal(0, scene.server:count "GetJobOutput")
    assert.are.same({}, scene:names())
    assert(scene:download(job))
    scene:assert_right()
  end)

  it("that is full is an error, and can be gone on with", function()
    local mount = scene.folder .. "/disk"
    shell("mkdir $1; mount -t tmpfs -o size=3m none $1 2>/dev/null", mount)
    if lfs.attributes(mount).dev == lfs.attributes(scene.folder).dev then
      pending "no file system can be mounted here"
      return
    end
    finally(function()
      shell("umount $1", mount)
    end)
    local path = mount .. "/x"
    local result, err = scene:download(job, { path = path })
    assert.is_nil(result)
    assert.are.equal("FileError", err.code, tostring(err))
    assert.truthy(err.message:find("No space left", 1, true), err.message)
    assert.is_nil(lfs.attributes(path))
    assert.is_true(scene.server:count "GetJobOutput" <= 8)
    shell("mount -o remount,size=5m $1", mount)
    result = assert(scene:download(job, { path = path }))
    assert.is_true(result.resumed > 0)
    assert(scene.archive.content:check_file(path))
  end)

  it("that holds no file of the size is an error that says so", function()
    scene.server:control { archives = { huge = { size = 40000 * 1024 * MIB, kind = "zeros" } } }
    local huge = scene.server:add_job { archive = "huge" }
    local result, err = scene:download(huge, { part_size = false }, { read_timeout = 2 })
    assert.is_nil(result)
    assert.are.equal("FileError", err.code, tostring(err))
    assert.are.same({}, scene:names())
    clients.close_all()
  end)
end)
