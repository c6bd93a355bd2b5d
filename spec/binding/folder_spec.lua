local folder = require "glacier.core.folder"
local lfs = require "lfs"
local shell = require "spec.support.shell"

describe("core.folder", function()
  local top

  before_each(function()
    top = shell.folder()
  end)

  after_each(function()
    shell.remove(top)
  end)

  local function mode(name)
    return lfs.symlinkattributes(top .. "/" .. name, "mode")
  end

  it("makes folders, and those above them", function()
    assert.is_true(folder.make(top .. "/a/b"))
    assert.is_true(folder.make(top .. "/a/b"))
    assert.is_true(folder.make_below(top, "c/d//e"))
    assert.equal("directory", mode "a/b")
    assert.equal("directory", mode "c/d/e")
  end)

  it("says why not", function()
    assert.is_true(folder.make(top .. "/a"))
    shell.check(("touch %s/file; ln -s a %s/link"):format(top, top))
    for _, path in ipairs { "file", "file/x", "link", "link/x", "a/../../x", "..", "a\0b", "" } do
      local made, failure = folder.make_below(top, path)
      assert.is_nil(made)
      assert.equal("FileError", failure.code, path)
      assert.equal("config", failure.kind, path)
    end
    assert.is_nil(mode "a/x")
    assert.matches("^cannot make the folder link/x: Not a directory$",
      select(2, folder.make_below(top, "link/x")).message)
    assert.matches("^cannot make the folder " .. top:gsub("%p", "%%%0") .. "/file/x: Not a directory$",
      select(2, folder.make(top .. "/file/x")).message)
  end)

  it("finds a link among the parts of a path", function()
    folder.make(top .. "/a/b")
    shell.check(("ln -s b %s/a/link; ln -s nothing %s/a/dangling"):format(top, top))
    assert.is_nil(folder.find_link(top, "a/b/c"))
    assert.equal("a/link", folder.find_link(top, "a/link/x"))
    assert.equal("a/dangling", folder.find_link(top, "a/dangling"))
    -- What the root's own path is made of is its owner's to choose.
    assert.is_nil(folder.find_link(top .. "/a/link", "x"))
    assert.is_nil(folder.find_link(top .. "/nothing", "x"))
  end)

  it("reads the names of a folder", function()
    shell.check(("cd %s; touch a .b 'c d'"):format(top))
    local handle = assert(folder.open(top))
    local names = {}
    for name in function() return handle:next() end do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.same({ ".b", "a", "c d" }, names)
    assert.is_nil((handle:next()))
    handle:close()
    handle:close()
    assert.has_error(function() handle:next() end)
    local none, failure = folder.open(top .. "/nothing")
    assert.is_nil(none)
    assert.matches("^cannot read the folder .*: No such file or directory$", failure.message)
  end)

  it("says where relative paths begin", function()
    assert.equal(lfs.currentdir(), folder.current())
  end)

  it("takes strings alone", function()
    for _, name in ipairs { "make", "make_below", "find_link", "open" } do
      assert.has_error(function() folder[name](1, 2) end)
      assert.has_error(function() folder[name]() end)
    end
  end)
end)
