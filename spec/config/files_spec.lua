local files = require "glacier.config.files"
local home = require "spec.support.home"

local MAX_BYTES = 16 * 1024 * 1024

describe("a path that begins with a tilde", function()
  -- A title, the environment, the path and what becomes of it.
  local CASES = {
    { "is in HOME", { HOME = "/home/me" }, "~/.aws/config", "/home/me/.aws/config" },
    { "is in HOME, whatever ends that", { HOME = "/home/me//" }, "~/x", "/home/me/x" },
    { "is in the root directory", { HOME = "/" }, "~/x", "/x" },
    { "is in USERPROFILE where there is no HOME", { USERPROFILE = "C:\\Users\\me" },
      "~/x", "C:\\Users\\me/x" },
    { "is in HOME rather than USERPROFILE", { HOME = "/a", USERPROFILE = "/b" }, "~/x", "/a/x" },
    { "may have a backslash", { USERPROFILE = "C:\\me" }, "~\\x", "C:\\me\\x" },
    { "may be the home directory", { HOME = "/home/me" }, "~", "/home/me" },
    { "stays where no home is known", {}, "~/x", "~/x" },
    { "stays alone where no home is known", {}, "~", "~" },
    { "stays another user's", { HOME = "/home/me" }, "~you/x", "~you/x" },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      assert.are.equal(case[4], (files.expand(case[3], case[2])))
    end)
  end

  it("is not one with a tilde elsewhere", function()
    assert.are.equal("/a/~/b", files.expand("/a/~/b", { HOME = "/home/me" }))
  end)

  it("takes a home directory with a percent sign as it is", function()
    assert.are.equal("/h%1%me/x", files.expand("~/x", { HOME = "/h%1%me" }))
  end)
end)

describe("a file that is read", function()
  local folder

  before_each(function() folder = home.new() end)
  after_each(function() folder:remove() end)

  local function refused(path)
    local text, message, reason = files.read(path)
    assert.is_nil(text)
    local first, last = message:find(path .. ": ", 1, true)
    assert.are.equal(1, first)
    assert.is_nil(message:find(path, last, true))
    return message, reason
  end

  it("keeps every byte", function()
    local bytes = {}
    for byte = 0, 255 do bytes[byte + 1] = string.char(byte) end
    local text = table.concat(bytes) .. "\r\n\n\r\26"
    assert.are.equal(text, (files.read(folder:write("all", text))))
  end)

  it("may be empty", function()
    assert.are.equal("", (files.read(folder:write("none", ""))))
  end)

  it("may be as large as the bound, and no larger", function()
    local path = folder:write("large", ("x"):rep(MAX_BYTES))
    assert.are.equal(MAX_BYTES, #files.read(path))
    folder:write("large", ("x"):rep(MAX_BYTES + 1))
    local message, reason = refused(path)
    assert.truthy(message:find("larger than 16777216 bytes", 1, true))
    assert.is_nil(reason)
  end)

  it("may have no end", function()
    assert.truthy(refused("/dev/zero"):find("larger than", 1, true))
  end)

  it("is absent where there is none", function()
    local _, reason = refused(folder.path .. "/none")
    assert.are.equal("absent", reason)
  end)

  it("is absent where its folder is a file", function()
    local _, reason = refused(folder:write("file", "") .. "/none")
    assert.are.equal("absent", reason)
  end)

  it("is no directory", function()
    local _, reason = refused(folder.path)
    assert.is_nil(reason)
  end)

  it("is not absent where its name leads nowhere", function()
    folder:run("ln -s loop loop")
    local _, reason = refused(folder.path .. "/loop")
    assert.is_nil(reason)
  end)

  -- Nothing is closed to the superuser.
  local function closed(path)
    local file = io.open(path, "rb")
    if file then
      file:close()
      pending("permissions do not hold for this user")
    end
    return file == nil
  end

  it("may be closed to us", function()
    local path = folder:write("closed", "secret")
    folder:run("chmod 000 closed")
    if closed(path) then
      local _, reason = refused(path)
      assert.is_nil(reason)
    end
  end)

  it("may be in a folder that is closed to us", function()
    local path = folder:write(".aws/config", "secret")
    folder:run("chmod 000 .aws")
    if closed(path) then
      local _, reason = refused(path)
      assert.are.equal("unreachable", reason)
    end
  end)
end)
