local file = require "glacier.core.file"
local home = require "spec.support.home"
local lfs = require "lfs"

local function read(path)
  local opened = assert(io.open(path, "rb"))
  local text = opened:read "*a"
  opened:close()
  return text
end

local function names(folder)
  local list = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      list[#list + 1] = name
    end
  end
  table.sort(list)
  return list
end

describe("core.file.publish", function()
  local place, folder

  local function write(name, text)
    local opened = assert(io.open(folder .. "/" .. name, "wb"))
    opened:write(text)
    opened:close()
  end

  before_each(function()
    place = home.new()
    folder = place.path .. "/.aws"
    write("x.new", "new")
  end)

  after_each(function()
    place:remove()
  end)

  it("gives a file its name", function()
    assert.is_false(file.exists(folder .. "/x"))
    assert.is_true(file.publish(folder .. "/x.new", folder .. "/x", false))
    assert.is_true(file.exists(folder .. "/x"))
    assert.equal("new", read(folder .. "/x"))
    assert.same({ "x" }, names(folder))
  end)

  it("leaves what has that name, unless it is to be replaced", function()
    write("x", "old")
    local ok, failure = file.publish(folder .. "/x.new", folder .. "/x", false)
    assert.is_nil(ok)
    assert.equal("config", failure.kind)
    assert.truthy(failure.message:find("File exists", 1, true))
    assert.equal("old", read(folder .. "/x"))
    assert.same({ "x", "x.new" }, names(folder))
    assert.is_true(file.publish(folder .. "/x.new", folder .. "/x", true))
    assert.equal("new", read(folder .. "/x"))
    assert.same({ "x" }, names(folder))
  end)

  it("sees a link to nothing, and does not follow it", function()
    assert(lfs.link(folder .. "/nowhere", folder .. "/x", true))
    assert.is_true(file.exists(folder .. "/x"))
    assert.is_nil((file.publish(folder .. "/x.new", folder .. "/x", false)))
    assert.is_true(file.publish(folder .. "/x.new", folder .. "/x", true))
    assert.same({ "x" }, names(folder))
  end)

  it("fails where there is no such file, folder or name", function()
    for _, pair in ipairs { { "none", "x" }, { "x.new", "none/x" }, { "x.new", "a\0b" }, { "", "x" },
      { "x.new", ("x"):rep(5000) } } do
      local ok, failure = file.publish(folder .. "/" .. pair[1], folder .. "/" .. pair[2], true)
      assert.is_nil(ok)
      assert.equal("config", failure.kind)
    end
    assert.is_false(file.exists("a\0b"))
    assert.is_false(file.exists(""))
    assert.same({ "x.new" }, names(folder))
  end)
end)

describe("core.file.replace", function()
  local place, folder

  before_each(function()
    place = home.new()
    folder = place.path .. "/.aws"
  end)

  after_each(function()
    place:remove()
  end)

  it("makes a file that its owner alone may read", function()
    local path = folder .. "/token.json"
    assert.is_true(file.replace(path, "content"))
    assert.equal("content", read(path))
    assert.equal("rw-------", lfs.attributes(path, "permissions"))
    assert.same({ "token.json" }, names(folder))
  end)

  it("takes the place of a file that others may read, which stays whole", function()
    local path = folder .. "/token.json"
    local opened = assert(io.open(path, "wb"))
    opened:write "old content, longer than the new one"
    opened:close()
    os.execute("chmod 644 '" .. path .. "'")
    local reader = assert(io.open(path, "rb"))
    assert.is_true(file.replace(path, "new"))
    assert.equal("old content, longer than the new one", reader:read "*a")
    reader:close()
    assert.equal("new", read(path))
    assert.equal("rw-------", lfs.attributes(path, "permissions"))
    assert.same({ "token.json" }, names(folder))
  end)

  it("is private whatever the umask is", function()
    for _, mask in ipairs { "000", "277" } do
      local path = folder .. "/token." .. mask
      local code = ('print(require("glacier.core.file").replace("%s", "x"))'):format(path)
      local lua = _VERSION:match "[%d.]+$"
      local pipe = assert(io.popen(("umask %s; LUA_CPATH='%s' lua%s -e '%s'"):format(
        mask, package.cpath, lua, code)))
      assert.equal("true\n", pipe:read "*a")
      pipe:close()
      assert.equal("rw-------", lfs.attributes(path, "permissions"))
    end
  end)

  it("writes any bytes, none, and many", function()
    local all = {}
    for byte = 0, 255 do
      all[#all + 1] = string.char(byte)
    end
    for _, data in ipairs { table.concat(all), "", ("x"):rep(3000000) } do
      assert.is_true(file.replace(folder .. "/data", data))
      assert.is_true(read(folder .. "/data") == data)
    end
  end)

  it("takes the place of what a link leads to, not of the link", function()
    assert.is_true(file.replace(folder .. "/target", "old"))
    assert(lfs.link("target", folder .. "/link", true))
    assert.is_true(file.replace(folder .. "/link", "new"))
    assert.equal("new", read(folder .. "/target"))
    assert.equal("link", lfs.symlinkattributes(folder .. "/link", "mode"))
    assert.same({ "link", "target" }, names(folder))
  end)

  it("fails and leaves nothing where the folder is missing", function()
    local path = folder .. "/none/token.json"
    local ok, failure = file.replace(path, "s3cr3t")
    assert.is_nil(ok)
    assert.equal("config", failure.kind)
    assert.truthy(failure.message:find(path, 1, true))
    assert.truthy(failure.message:find("No such file or directory", 1, true))
    assert.is_nil(failure.message:find("s3cr3t", 1, true))
    assert.same({}, names(folder))
  end)

  it("fails and leaves no temporary file where the path is a folder", function()
    assert(lfs.mkdir(folder .. "/taken"))
    local ok, failure = file.replace(folder .. "/taken", "x")
    assert.is_nil(ok)
    assert.truthy(failure.message:find("cannot replace", 1, true))
    assert.same({ "taken" }, names(folder))
    assert.same({}, names(folder .. "/taken"))
  end)

  -- A limit on the size of files stands in for a full disk.
  it("fails and leaves nothing where not all of it can be written", function()
    local code = ('print(require("glacier.core.file").replace("%s", ("x"):rep(1000000)))')
      :format(folder .. "/data")
    local pipe = assert(io.popen(("trap '' XFSZ; ulimit -f 100; LUA_CPATH='%s' lua%s -e '%s'")
      :format(package.cpath, _VERSION:match "[%d.]+$", code)))
    assert.truthy(pipe:read("*a"):find "^nil\t")
    pipe:close()
    assert.same({}, names(folder))
  end)

  it("refuses paths that cannot name a file", function()
    for _, path in ipairs { "", folder .. "/a\0b", folder .. "/" .. ("x"):rep(5000) } do
      local ok, failure = file.replace(path, "x")
      assert.is_nil(ok)
      assert.equal("config", failure.kind)
    end
    assert.same({}, names(folder))
  end)

  it("raises for what is no string", function()
    assert.has_error(function() file.replace(5, "x") end)
    assert.has_error(function() file.replace(folder .. "/x") end)
    assert.same({}, names(folder))
  end)
end)

describe("core.file.is_special", function()
  local place

  before_each(function() place = home.new { config = "x" } end)
  after_each(function() place:remove() end)

  it("tells pipes and devices from files and folders", function()
    place:run "mkfifo pipe && ln -s pipe link && ln -s .aws/config good && ln -s none bad"
    for name, special in pairs {
      pipe = true, link = true, good = false, bad = false, none = false, [".aws"] = false,
      [".aws/config"] = false, [".aws/config/x"] = false, ["../../dev/null"] = true,
    } do
      assert.are.equal(special, file.is_special(place.path .. "/" .. name), name)
    end
    assert.is_false(file.is_special(""))
    assert.is_false(file.is_special("/dev/null\0"))
    assert.is_false(file.is_special(("/"):rep(5000)))
    assert.has_error(function() file.is_special() end)
  end)
end)

describe("core.file.terminal", function()
  it("tells none where there is none", function()
    local opened = assert(io.open("/dev/null", "rb"))
    for _, descriptor in ipairs { -1, 1e6, 2 ^ 31, 2 ^ 40, -2 ^ 40, 0 / 0, 1 / 0 } do
      assert.is_nil(file.terminal(descriptor))
    end
    opened:close()
    assert.has_error(function() file.terminal() end)
    assert.has_error(function() file.terminal "x" end)
  end)

  it("tells how wide one is", function()
    local code = [[local t = require("glacier.core.file").terminal; print(t(1), t(0), (t(99)))]]
    local path = os.tmpname()
    local opened = assert(io.open(path, "wb"))
    opened:write(code)
    opened:close()
    local pipe = assert(io.popen(("LUA_CPATH='%s' script -qec 'stty cols 123; lua%s %s' /dev/null </dev/null")
      :format(package.cpath, _VERSION:match "[%d.]+$", path)))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(path)
    assert.equal("123", output:match "^(%d+)")
    assert.equal("nil", output:match "(%a+)%s*$")
  end)
end)
